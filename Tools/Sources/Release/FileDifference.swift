// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import ArchiveWriter
import SystemPackage

/// Where two files of a release differ, in words.
enum FileDifference {
  /// The most lines for one file.
  private static let limit = 20

  static func lines(_ one: String, _ other: String) throws -> [String] {
    guard one.contains(".tar.") else {
      return [try place(WholeFile.bytes(one), WholeFile.bytes(other)) ?? "differs"]
    }
    let (first, second) = (try members(one), try members(other))
    var lines: [String] = []
    for name in Set(first.keys).union(second.keys).inOrder() {
      switch (first[name], second[name]) {
      case (let left?, let right?):
        if left.member != right.member { lines.append("\(name): \(header(left.member, right.member))") }
        if let place = place(left.bytes, right.bytes) { lines.append("\(name): \(place)") }
      case (.some, nil): lines.append("\(name): is not in the rebuilt one")
      case (nil, _): lines.append("\(name): is in the rebuilt one only")
      }
    }
    if lines.isEmpty { return ["all members are the same: it is packed by another version of the library"] }
    return Array(lines.prefix(limit)) + (lines.count > limit ? ["and \(lines.count - limit) more"] : [])
  }

  private static func members(_ path: String) throws -> [String: (member: ArchiveMember, bytes: [UInt8])] {
    let reader = try ArchiveReader(FilePath(path))
    var found: [String: (member: ArchiveMember, bytes: [UInt8])] = [:]
    while let member = try reader.next() {
      var bytes: [UInt8] = []
      try reader.contents { bytes += $0 }
      found[member.path] = (member, bytes)
    }
    return found
  }

  private static func header(_ left: ArchiveMember, _ right: ArchiveMember) -> String {
    if left.permissions != right.permissions {
      return "mode \(String(left.permissions, radix: 8)), rebuilt \(String(right.permissions, radix: 8))"
    }
    if left.time != right.time { return "time \(left.time), rebuilt \(right.time)" }
    if left.size != right.size { return "\(left.size) bytes, rebuilt \(right.size)" }
    return "kind, owner or target differ"
  }

  private static func place(_ left: [UInt8], _ right: [UInt8]) -> String? {
    if let offset = zip(left, right).enumerated().first(where: { $1.0 != $1.1 })?.offset {
      let count = zip(left, right).count { $0 != $1 } + abs(left.count - right.count)
      return "the first different byte is at 0x\(String(offset, radix: 16)); \(count) differ"
    }
    return left.count == right.count
      ? nil : "is the same up to its end at 0x\(String(min(left.count, right.count), radix: 16))"
  }
}
