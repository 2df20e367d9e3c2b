// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import CArchive
import SystemPackage

/// Reading files that may be compressed (gzip, xz, zstd), such as a kernel's modules.
enum Decompressed {
  enum Failure: Error, CustomStringConvertible {
    case unreadable(FilePath, String)
    case tooLarge(FilePath)

    var description: String {
      switch self {
      case .unreadable(let path, let reason): "cannot read \(path): \(reason)"
      case .tooLarge(let path): "\(path) holds more than \(limit >> 20) MiB: that is no kernel module"
      }
    }
  }

  static let limit = 64 << 20

  static func contents(of path: FilePath) throws(Failure) -> [UInt8] {
    guard let archive = archive_read_new() else { throw .unreadable(path, "out of memory") }
    defer { archive_read_free(archive) }
    archive_read_support_filter_all(archive)
    archive_read_support_format_raw(archive)
    var entry: OpaquePointer?
    guard archive_read_open_filename(archive, path.string, 64 << 10) == 0,
      archive_read_next_header(archive, &entry) == 0
    else { throw .unreadable(path, reason(archive)) }
    var bytes: [UInt8] = []
    var block = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      let count = archive_read_data(archive, &block, block.count)
      guard count >= 0 else { throw .unreadable(path, reason(archive)) }
      if count == 0 { return bytes }
      bytes += block[..<count]
      guard bytes.count <= limit else { throw .tooLarge(path) }
    }
  }

  private static func reason(_ archive: OpaquePointer) -> String {
    archive_error_string(archive).map { String(cString: $0) } ?? "no reason given"
  }
}
