// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import ArchiveWriter
import SystemPackage

/// Bundles as a tar archive, always with the same bytes for the same content.
public enum BundleArchive {
  /// - Parameters:
  ///   - bundles: by the folder inside
  ///   - date: of every file, in seconds since 1970-01-01
  public static func write(_ bundles: [String: SeriesBundle], date: UInt64, to file: FileDescriptor) throws {
    var archive = Cpio()
    archive.time = UInt32(clamping: date)
    for (folder, bundle) in bundles {
      for (name, content) in bundle.files {
        try archive.add("\(folder)/\(name)", .bytes(content.bytes), permissions: content.isExecutable ? 0o755 : 0o644)
      }
    }
    try archive.write(to: file, as: .tar)
  }
}
