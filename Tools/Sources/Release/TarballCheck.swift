// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import ArchiveWriter
import Crypto
import SystemPackage

/// A tarball against what the manifest says of it.
struct TarballCheck {
  private(set) var reasons: [String] = []

  init(_ path: String, _ tarball: Manifest.Tarball, date: UInt64) {
    do {
      try checkStream(path, tarball)
      if reasons.isEmpty { try checkMembers(path, tarball, date) }
    } catch {
      reasons.append(
        (error as? ArchiveReader.Failure)?.reason ?? (error as? ReleaseError)?.reason ?? "\(error)")
    }
  }

  /// The tar archive as a whole: nothing more is unpacked than the manifest has announced.
  private mutating func checkStream(_ path: String, _ tarball: Manifest.Tarball) throws {
    let reader = try ArchiveReader(FilePath(path), as: .unpacked)
    guard try reader.next() != nil else { return reasons.append("is empty") }
    var hash = SHA256()
    var size: Int64 = 0
    try reader.contents { block in
      size += Int64(block.count)
      guard size <= tarball.size else {
        throw ReleaseError(path, "unpacks to more than the \(tarball.size) bytes of the manifest")
      }
      hash.update(bufferPointer: block)
    }
    if size != tarball.size || Digests.hexadecimal(hash.finalize()) != tarball.sha256 {
      reasons.append("holds another tar archive than the manifest says")
    }
  }

  private mutating func checkMembers(_ path: String, _ tarball: Manifest.Tarball, _ date: UInt64) throws {
    let reader = try ArchiveReader(FilePath(path))
    var expected = tarball.members[...]
    var last = ""
    while let member = try reader.next() {
      let problem = Self.owner(member, date)
      if let problem { reasons.append("\(member.path): \(problem)") }
      if !last.isEmpty, !last.utf8.lexicographicallyPrecedes(member.path.utf8) {
        reasons.append("\(member.path) comes after \(last): entries are not in the order of their bytes")
      }
      last = member.path
      guard member.path == tarball.name || member.path.hasPrefix(tarball.name + "/") else {
        reasons.append("\(member.path) lies outside of \(tarball.name)/")
        continue
      }
      if member.kind == .folder {
        if member.permissions != 0o755 { reasons.append("\(member.path): its mode is not 0755") }
        continue
      }
      guard let next = expected.popFirst(), tarball.name + "/" + next.path == member.path else {
        reasons.append("\(member.path) is not the entry that the manifest has there")
        return
      }
      if try Self.found(member, reader) != next {
        reasons.append("\(member.path) is not what the manifest says of it")
      }
    }
    for missing in expected { reasons.append("\(missing.path) is in the manifest, and not there") }
  }

  private static func owner(_ member: ArchiveMember, _ date: UInt64) -> String? {
    if member.owner != 0 || member.group != 0 || member.ownerName != "root" || member.groupName != "root" {
      return "its owner is not root"
    }
    return member.time == Int64(date) ? nil : "its time is not the release's"
  }

  /// An entry in the manifest's words.
  private static func found(_ member: ArchiveMember, _ reader: ArchiveReader) throws -> Manifest.Member? {
    let path = String(member.path.drop { $0 != "/" }.dropFirst())
    let octal = String(member.permissions, radix: 8)
    let mode = String(repeating: "0", count: max(0, 4 - octal.count)) + octal
    switch member.kind {
    case .link:
      return Manifest.Member(path: path, type: .link, mode: mode, size: 0, sha256: nil, target: member.target)
    case .file:
      var hash = SHA256()
      try reader.contents { hash.update(bufferPointer: $0) }
      return Manifest.Member(
        path: path, type: .file, mode: mode, size: Int(member.size), sha256: Digests.hexadecimal(hash.finalize()),
        target: nil)
    case .folder, .other: return nil
    }
  }
}
