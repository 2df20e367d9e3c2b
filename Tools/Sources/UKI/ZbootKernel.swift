// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Bytes
import CArchive

/// An EFI zboot kernel: a compressed kernel inside an EFI application that unpacks it (Linux,
/// drivers/firmware/efi/libstub/zboot-header.S).
public struct ZbootKernel {
  enum Fields {
    static let payloadOffset = Field<UInt32>(8)
    static let payloadSize = Field<UInt32>(12)
  }

  /// The kernel as it was compressed.
  let payload: ByteView

  /// - Parameters:
  ///   - header: the start of the kernel as it was built, when `file` begins otherwise now
  ///   - file: the kernel
  /// - Returns: nil when it is none, or says that its payload lies where the file has no bytes
  public init?(header: ByteView? = nil, of file: ByteView) {
    let header = header ?? file
    guard Self.isThere(header), let offset = header[Fields.payloadOffset], let size = header[Fields.payloadSize],
      let payload = file.slice(Int(offset), count: Int(size)), size > 0
    else { return nil }
    self.payload = payload
  }

  /// Whether a file begins like one.
  static func isThere(_ file: ByteView) -> Bool { file.matches("MZ", at: 0) && file.matches("zimg", at: 4) }

  /// Unpacks the kernel from its start and hands it over in parts, each with the last `overlap` bytes of the one before
  /// in front, until `body` returns something or there is no more.
  ///
  /// - Parameter limit: bytes to unpack at most: a file may hold more zeros than a disk has room for
  /// - Returns: nil as well when it cannot be unpacked: the methods are those of Linux 6.12 and later, gzip and zstd
  func unpack<Result>(overlap: Int, limit: Int = 512 << 20, _ body: (ByteView) -> Result?) -> Result? {
    guard let archive = archive_read_new() else { return nil }
    defer { archive_read_free(archive) }
    archive_read_support_filter_gzip(archive)
    archive_read_support_filter_zstd(archive)
    archive_read_support_format_raw(archive)
    var entry: OpaquePointer?
    guard archive_read_open_memory(archive, payload.base, payload.count) == 0,
      archive_read_next_header(archive, &entry) == 0
    else { return nil }
    let window = UnsafeMutableRawBufferPointer.allocate(byteCount: overlap + (1 << 20), alignment: 16)
    defer { window.deallocate() }
    var kept = 0
    var total = 0
    while total < limit {
      let count = archive_read_data(archive, window.baseAddress! + kept, window.count - kept)
      guard count > 0 else { return nil }
      total += count
      let end = kept + count
      if let result = body(ByteView(UnsafeRawPointer(window.baseAddress!), count: end)) { return result }
      kept = min(overlap, end)
      window.baseAddress!.copyMemory(from: window.baseAddress! + end - kept, byteCount: kept)
    }
    return nil
  }
}
