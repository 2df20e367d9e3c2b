// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import ArchiveWriter
import Foundation
import SystemPackage

/// Unpacks a source tarball into an empty folder. Links are made last, so that no file is written through one.
enum Unpacker {
  /// - Returns: the one top folder
  static func unpack(_ path: String, into folder: String) throws -> String {
    let reader = try ArchiveReader(FilePath(path))
    var links: [(place: String, target: String)] = []
    var tops: Set<Substring> = []
    while let member = try reader.next() {
      guard SafePath.isSafe(member.path) else { throw ReleaseError(path, "has an unsafe name: '\(member.path)'") }
      tops.insert(member.path.split(separator: "/")[0])
      let place = folder + "/" + member.path
      switch member.kind {
      case .folder:
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
      case .link: links.append((place, member.target ?? ""))
      case .file: try write(member, reader, to: place)
      case .other: throw ReleaseError(path, "\(member.path) is neither file, folder nor link")
      }
    }
    for link in links {
      try FileManager.default.createSymbolicLink(atPath: link.place, withDestinationPath: link.target)
    }
    guard tops.count == 1, let top = tops.first else { throw ReleaseError(path, "has not one top folder") }
    return folder + "/" + top
  }

  private static func write(_ member: ArchiveMember, _ reader: ArchiveReader, to place: String) throws {
    try FileManager.default.createDirectory(
      atPath: FilePath(place).removingLastComponent().string, withIntermediateDirectories: true)
    let mode: CInterop.Mode = member.permissions & 0o100 != 0 ? 0o755 : 0o644
    let file = try FileDescriptor.open(
      FilePath(place), .writeOnly, options: [.create, .exclusiveCreate, .noFollow], permissions: .init(rawValue: mode))
    try file.closeAfter { try reader.contents { _ = try file.writeAll($0) } }
    // Whatever the umask: an executable file is one.
    chmod(place, mode)
  }
}
