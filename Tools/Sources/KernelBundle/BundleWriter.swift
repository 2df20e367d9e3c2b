// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Foundation
import SystemPackage

/// Writes a bundle, or several, as a folder that appears whole or not at all.
public enum BundleWriter {
  /// - Parameters:
  ///   - bundles: by the folder inside; one of an empty name is the folder itself
  ///   - path: must not exist, unless `replacing`
  public static func write(_ bundles: [String: SeriesBundle], to path: String, replacing: Bool) throws(SeriesError) {
    let target = URL(fileURLWithPath: path).standardizedFileURL
    let parent = target.deletingLastPathComponent()
    let mark = UInt32.random(in: 0...UInt32.max)
    let temporary = parent.appending(path: ".\(target.lastPathComponent).\(mark).tmp")
    let old = parent.appending(path: ".\(target.lastPathComponent).\(mark).old")
    let manager = FileManager.default
    if replacing, manager.fileExists(atPath: target.path), !isBundle(target) {
      throw SeriesError(path, "is no bundle of patches: it is left alone")
    }
    do {
      try manager.createDirectory(at: temporary, withIntermediateDirectories: true)
      for (folder, bundle) in bundles {
        for (name, file) in bundle.files { try write(file, to: temporary.appending(path: folder + "/" + name)) }
      }
      if replacing, manager.fileExists(atPath: target.path) { try move(target, old) }
      do {
        try move(temporary, target)
      } catch {
        try? move(old, target)
        throw error
      }
    } catch {
      try? manager.removeItem(at: temporary)
      throw SeriesError(path, "cannot be written: \((error as? Errno)?.description ?? "\(error)")", isIO: true)
    }
    try? manager.removeItem(at: old)
  }

  /// Whether a folder was made by `write`, so that it may be replaced.
  private static func isBundle(_ folder: URL) -> Bool {
    let inside = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return ([""] + inside.map { $0 + "/" }).contains {
      FileManager.default.fileExists(atPath: folder.appending(path: $0 + "SHA256SUMS").path)
    }
  }

  private static func write(_ file: SeriesBundle.File, to place: URL) throws {
    try FileManager.default.createDirectory(at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
    let descriptor = try FileDescriptor.open(
      FilePath(place.path), .writeOnly, options: [.create, .exclusiveCreate],
      permissions: FilePermissions(rawValue: file.isExecutable ? 0o755 : 0o644))
    try descriptor.closeAfter { _ = try descriptor.writeAll(file.bytes) }
  }

  /// Does not replace a folder that has something in it.
  private static func move(_ from: URL, _ to: URL) throws {
    guard rename(from.path, to.path) == 0 else { throw Errno(rawValue: errno) }
  }
}
