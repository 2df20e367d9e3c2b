// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Foundation
import SystemPackage

/// A folder that appears whole or not at all.
enum NewFolder {
  /// - Parameters:
  ///   - replacing: whether one that is there goes, if `isOurs` says that it may
  ///   - body: fills the folder that it is given
  static func make<Value>(
    _ path: String, replacing: Bool, isOurs: (String) -> Bool, _ body: (String) throws -> Value
  ) throws -> Value {
    let target = URL(fileURLWithPath: path).standardizedFileURL
    let manager = FileManager.default
    if manager.fileExists(atPath: target.path) {
      guard replacing else { throw ReleaseError(path, "is there already; --force replaces it") }
      guard isOurs(target.path) else { throw ReleaseError(path, "is no release: it is left alone") }
    }
    let mark = UInt32.random(in: 0...UInt32.max)
    let parent = target.deletingLastPathComponent()
    let temporary = parent.appending(path: ".\(target.lastPathComponent).\(mark).tmp")
    let old = parent.appending(path: ".\(target.lastPathComponent).\(mark).old")
    do {
      try manager.createDirectory(at: temporary, withIntermediateDirectories: true)
    } catch {
      throw ReleaseError(path, "cannot be made: \(error.localizedDescription)", isIO: true)
    }
    do {
      chmod(temporary.path, 0o755)
      let value = try body(temporary.path)
      if manager.fileExists(atPath: target.path) { try move(target, old) }
      do {
        try move(temporary, target)
      } catch {
        try? move(old, target)
        throw error
      }
      try? manager.removeItem(at: old)
      return value
    } catch {
      try? manager.removeItem(at: temporary)
      throw error
    }
  }

  private static func move(_ from: URL, _ to: URL) throws {
    guard rename(from.path, to.path) == 0 else {
      throw ReleaseError(to.path, "cannot be put in place: \(Errno(rawValue: errno))", isIO: true)
    }
  }
}
