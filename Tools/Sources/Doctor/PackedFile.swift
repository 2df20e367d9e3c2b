// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import CArchive

/// Unpacks what is compressed as a whole, such as /proc/config.gz.
enum PackedFile {
  struct Failure: Error {}

  static func unpack(_ bytes: [UInt8], limit: Int) throws(Failure) -> [UInt8] {
    guard let archive = archive_read_new() else { throw Failure() }
    defer { archive_read_free(archive) }
    archive_read_support_filter_gzip(archive)
    archive_read_support_format_raw(archive)
    var entry: OpaquePointer?
    guard archive_read_open_memory(archive, bytes, bytes.count) == 0, archive_read_next_header(archive, &entry) == 0
    else { throw Failure() }
    var unpacked: [UInt8] = []
    var block = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      let count = archive_read_data(archive, &block, block.count)
      guard count >= 0, unpacked.count + count <= limit else { throw Failure() }
      if count == 0 { return unpacked }
      unpacked += block[..<count]
    }
  }
}
