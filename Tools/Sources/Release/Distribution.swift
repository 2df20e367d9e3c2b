// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import ArchiveWriter
import Foundation
import SystemPackage

/// The source tarball alone: what `make dist` makes.
public enum Distribution {
  /// Writes the tarballs into a folder, over older ones of the same name.
  ///
  /// - Returns: their paths
  public static func write(
    _ tree: SourceTree, to folder: String, progress: @escaping (String, Int, Int) -> Void
  ) throws -> [String] {
    let part = try Part.source(of: tree)
    let manager = FileManager.default
    let temporary = "\(folder)/.virgil-dist.\(UInt32.random(in: 0...UInt32.max)).tmp"
    do {
      try manager.createDirectory(atPath: temporary, withIntermediateDirectories: true)
    } catch {
      throw ReleaseError(folder, "cannot be written: \(error.localizedDescription)", isIO: true)
    }
    defer { try? manager.removeItem(atPath: temporary) }
    let packer = Packer(version: tree.fullVersion, date: tree.date, progress: progress)
    return try packer.pack(part, into: temporary).files.map { packed in
      let path = folder + "/" + packed.file
      guard rename(temporary + "/" + packed.file, path) == 0 else {
        throw ReleaseError(path, "cannot be put in place: \(Errno(rawValue: errno))", isIO: true)
      }
      return path
    }
  }
}
