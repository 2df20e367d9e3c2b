// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Foundation
import SystemPackage

extension Cpio {
  /// Adds everything below a folder at the same place below the archive's root: folders, files with their executable
  /// bits, and links as links. Throws `Failure.unreadable` where something cannot be read, and for devices and sockets.
  public mutating func add(tree root: FilePath) throws {
    let manager = FileManager.default
    guard let names = manager.subpaths(atPath: root.string) else {
      throw Failure.unreadable(root, .noSuchFileOrDirectory)
    }
    for name in names {
      let path = root.appending(name)
      let attributes = try manager.attributesOfItem(atPath: path.string)
      let permissions = (attributes[.posixPermissions] as? NSNumber)?.uint32Value ?? 0o644
      switch attributes[.type] as? FileAttributeType {
      case .typeDirectory: try add(name, .folder, permissions: permissions)
      case .typeRegular: try add(name, .file(path), permissions: permissions)
      case .typeSymbolicLink:
        try add(name, .link(to: manager.destinationOfSymbolicLink(atPath: path.string)), permissions: 0o777)
      default: throw Failure.unreadable(path, .notSupported)
      }
    }
  }
}
