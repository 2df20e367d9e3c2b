// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// One entry of an archive. Its name and data are where the archive is.
public struct CPIOEntry {
  /// The entry's first byte, and the first one after it, in bytes from the archive's start.
  public internal(set) var offset: Int
  public internal(set) var end: Int
  /// `st_mode`.
  public let mode: UInt32
  /// In seconds since 1970-01-01.
  public let modificationTime: UInt32
  /// As written, without its NUL.
  public let name: ByteView
  public let data: ByteView

  /// Of `mode`: what kind of file it is.
  public enum Kind: UInt32, Sendable {
    case folder = 0o040000
    case file = 0o100000
  }

  /// nil for links, devices and the like.
  public var kind: Kind? { Kind(rawValue: mode & 0o170000) }

  /// The entry in an archive that starts `distance` bytes before its own.
  public func moved(by distance: Int) -> CPIOEntry {
    var moved = self
    moved.offset += distance
    moved.end += distance
    return moved
  }

  /// The name that ends an archive.
  public var isTrailer: Bool { name.equals("TRAILER!!!") }

  /// The name as a path from the archive's root: without `./` and slashes around it. Empty for the root itself.
  public var path: ByteView {
    var path = name
    while true {
      if path.byte(0) == 0x2f {
        path = path.suffix(from: 1) ?? path
      } else if path.equals(".") {
        return ByteView(path.base, count: 0)
      } else if path.matches("./") {
        path = path.suffix(from: 2) ?? path
      } else {
        break
      }
    }
    while path.byte(path.count - 1) == 0x2f { path = ByteView(path.base, count: path.count - 1) }
    return path
  }
}
