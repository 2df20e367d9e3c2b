// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Foundation
import SystemPackage

/// A file that appears under its name whole or not at all.
///
/// The bytes go to a temporary file beside the destination, which is renamed over it when `body` has returned.
/// When `body` throws, the temporary file is removed and an older file of that name is as it was.
public enum AtomicFile {
  public struct Failure: Error, CustomStringConvertible {
    public let path: String
    public let reason: String
    public var description: String { "cannot write \(path): \(reason)" }
  }

  /// Writes a file.
  ///
  /// - Parameters:
  ///   - path: where it appears
  ///   - permissions: its mode, before the process's umask is applied
  ///   - body: writes the bytes to the descriptor it is given
  public static func write(
    to path: FilePath, permissions: FilePermissions = [.ownerReadWrite, .groupRead, .otherRead],
    _ body: (FileDescriptor) throws -> Void
  ) throws {
    let name = path.lastComponent?.string ?? "output"
    let temporary = path.removingLastComponent().appending(".\(name).\(UInt32.random(in: 0...UInt32.max)).tmp")
    let file: FileDescriptor
    do {
      file = try FileDescriptor.open(
        temporary, .writeOnly, options: [.create, .exclusiveCreate], permissions: permissions)
    } catch let error as Errno {
      throw Failure(path: path.string, reason: error.description)
    }
    do {
      do {
        try body(file)
      } catch {
        try? file.close()
        throw error
      }
      try file.close()
      guard rename(temporary.string, path.string) == 0 else { throw Errno(rawValue: errno) }
    } catch {
      unlink(temporary.string)
      if let error = error as? Errno { throw Failure(path: path.string, reason: error.description) }
      throw error
    }
  }

  /// Writes a file that holds `bytes`.
  public static func write(_ bytes: UnsafeRawBufferPointer, to path: FilePath) throws {
    try write(to: path) { try $0.writeAll(bytes) }
  }
}
