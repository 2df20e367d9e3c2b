// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Bytes
import CArchive

/// A kernel file that is compressed as a whole, as some distributions ship vmlinuz: firmware could not load it.
public enum CompressedKernel {
  public enum Failure: Error, CustomStringConvertible {
    case damaged(String)
    case tooLarge

    public var description: String {
      switch self {
      case .damaged(let reason): "it is compressed, and cannot be unpacked: \(reason)"
      case .tooLarge: "it unpacks to more than \(limit >> 20) MiB: that is no kernel"
      }
    }
  }

  /// No kernel is larger; a compressed file of zeros may be.
  private static let limit = 1 << 30
  private static let magics: [[UInt8]] = [
    [0x1f, 0x8b], [0x28, 0xb5, 0x2f, 0xfd], [0x04, 0x22, 0x4d, 0x18], Array("BZh".utf8), [0x5d, 0, 0],
    [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0],
  ]

  /// Whether a file begins as a compressed one does.
  public static func isThere(_ file: ByteView) -> Bool {
    magics.contains { magic in file.slice(0, count: magic.count)?.buffer.elementsEqual(magic) == true }
  }

  /// Unpacks gzip, zstd, lz4, bzip2, lzma and xz.
  public static func unpack(_ file: ByteView) throws(Failure) -> [UInt8] {
    guard let archive = archive_read_new() else { throw .damaged("out of memory") }
    defer { archive_read_free(archive) }
    for filter in [
      archive_read_support_filter_gzip, archive_read_support_filter_zstd, archive_read_support_filter_lz4,
      archive_read_support_filter_bzip2, archive_read_support_filter_lzma, archive_read_support_filter_xz,
    ] { _ = filter(archive) }
    archive_read_support_format_raw(archive)
    var entry: OpaquePointer?
    func reason() -> String { archive_error_string(archive).map { String(cString: $0) } ?? "no reason given" }
    guard archive_read_open_memory(archive, file.base, file.count) == 0,
      archive_read_next_header(archive, &entry) == 0
    else { throw .damaged(reason()) }
    var bytes: [UInt8] = []
    var block = [UInt8](repeating: 0, count: 1 << 20)
    while true {
      let count = archive_read_data(archive, &block, block.count)
      guard count >= 0 else { throw .damaged(reason()) }
      if count == 0 { return bytes }
      guard bytes.count + count <= limit else { throw .tooLarge }
      bytes += block[..<count]
    }
  }
}
