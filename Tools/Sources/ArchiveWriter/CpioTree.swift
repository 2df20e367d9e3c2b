// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Foundation
import SystemPackage

extension Cpio {
  /// What becomes of a tree's symbolic links.
  public enum Links: Sendable {
    /// They stay what they are; files keep their permissions.
    case kept
    /// The file that one leads to takes its place, and permissions are 0644 and 0755: for file systems without links.
    case followed
  }

  /// Adds everything below a folder at the same place below the archive's root: folders, files and links. Throws
  /// `Failure.unreadable` where something cannot be read, and for devices and sockets.
  public mutating func add(tree root: FilePath, links: Links = .kept) throws {
    let manager = FileManager.default
    guard let names = manager.subpaths(atPath: root.string) else {
      throw Failure.unreadable(root, .noSuchFileOrDirectory)
    }
    for name in names {
      let path = root.appending(name)
      let attributes = try manager.attributesOfItem(atPath: path.string)
      let permissions = links == .kept ? (attributes[.posixPermissions] as? NSNumber)?.uint32Value : nil
      switch attributes[.type] as? FileAttributeType {
      case .typeDirectory: try add(name, .folder, permissions: permissions ?? 0o755)
      case .typeRegular: try add(name, .file(path), permissions: permissions ?? 0o644)
      case .typeSymbolicLink where links == .kept:
        try add(name, .link(to: manager.destinationOfSymbolicLink(atPath: path.string)), permissions: 0o777)
      case .typeSymbolicLink:
        let target = FilePath(URL(fileURLWithPath: path.string).resolvingSymlinksInPath().path)
        guard try manager.attributesOfItem(atPath: target.string)[.type] as? FileAttributeType == .typeRegular else {
          throw Failure.unreadable(path, .notSupported)
        }
        try add(name, .file(target), permissions: 0o644)
      default: throw Failure.unreadable(path, .notSupported)
      }
    }
  }
}
