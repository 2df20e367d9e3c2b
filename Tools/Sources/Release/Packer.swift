// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import ArchiveWriter
import Foundation
import SystemPackage

/// Makes a part's tarballs.
struct Packer {
  /// In names of files.
  let version: String
  /// Of all entries, in seconds since 1970-01-01.
  let date: UInt64
  /// Is told what is being packed, how much of it is done and how much there is, in bytes.
  let progress: (String, Int, Int) -> Void

  /// Writes a part, packed in each way, into a folder.
  func pack(_ part: Part, into folder: String) throws -> Manifest.Tarball {
    let name = part.name(version: version)
    let place = FilePath(folder + "/.\(name).tar")
    let tar = try FileDescriptor.open(
      place, .readWrite, options: [.create, .exclusiveCreate], permissions: .ownerReadWrite)
    defer {
      try? tar.close()
      unlink(place.string)
    }
    try archive(part, name).write(to: tar, as: .pax)
    let (digest, size) = try Digests.sha256(ofFile: place.string)
    let files = try Compression.allCases.map { compression in
      try compress(tar, size: Int(size), as: compression, to: folder, "\(name).tar.\(compression.suffix)")
    }
    return Manifest.Tarball(
      name: name, part: part.kind.rawValue, summary: part.summary, licence: part.licence, size: size, sha256: digest,
      files: files, members: part.items.map(\.member))
  }

  private func archive(_ part: Part, _ top: String) throws -> Cpio {
    var archive = Cpio()
    archive.time = UInt32(clamping: date)
    for item in part.items {
      let path = top + "/" + item.path
      guard !archive.contains(path) else { throw ReleaseError(item.path, "is in \(top) twice") }
      switch item.content {
      case .file(let bytes, let executable):
        try archive.add(path, .bytes(bytes), permissions: executable ? 0o755 : 0o644)
      case .link(let target): try archive.add(path, .link(to: target), permissions: 0o777)
      }
    }
    return archive
  }

  private func compress(
    _ tar: FileDescriptor, size: Int, as compression: Compression, to folder: String, _ name: String
  ) throws -> Manifest.Packed {
    try NewFile.write(folder + "/" + name) { file in
      try Compressor.compress(tar, to: file, as: compression) { progress("packing \(name)", $0, size) }
    }
    let (digest, packed) = try Digests.sha256(ofFile: folder + "/" + name)
    return Manifest.Packed(file: name, compression: compression.rawValue, size: packed, sha256: digest)
  }
}

/// Files of a folder that is not in place yet; readable by all whatever the umask.
enum NewFile {
  static func write(_ path: String, _ body: (FileDescriptor) throws -> Void) throws {
    do {
      let file = try FileDescriptor.open(
        FilePath(path), .writeOnly, options: [.create, .exclusiveCreate], permissions: [.ownerReadWrite])
      try file.closeAfter { try body(file) }
      guard chmod(path, 0o644) == 0 else { throw Errno(rawValue: errno) }
    } catch let error as Errno {
      throw ReleaseError(path, "cannot be written: \(error)", isIO: true)
    }
  }

  /// Writes bytes, and says what they are.
  static func write(_ bytes: [UInt8], to path: String) throws {
    try write(path) { _ = try $0.writeAll(bytes) }
  }
}
