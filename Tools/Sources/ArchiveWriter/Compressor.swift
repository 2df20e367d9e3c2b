// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import CArchive
import SystemPackage

/// How a whole file is packed. Level and number of threads are fixed, so that the bytes are the same whatever the machine;
/// they change with the version of the packing library alone.
public enum Compression: String, CaseIterable, Codable, Sendable {
  case xz, zstd

  /// What a packed file's name ends with.
  public var suffix: String {
    switch self {
    case .xz: "xz"
    case .zstd: "zst"
    }
  }

  /// xz's own default; and zstd's highest that needs no more memory to unpack than 8 MiB.
  var level: String {
    switch self {
    case .xz: "6"
    case .zstd: "19"
    }
  }
}

/// Packs files by libarchive.
public enum Compressor {
  /// - Parameters:
  ///   - source: read from its beginning to its end
  ///   - progress: is told how many of its bytes are done
  public static func compress(
    _ source: FileDescriptor, to file: FileDescriptor, as compression: Compression, progress: (Int) -> Void = { _ in }
  ) throws {
    guard let archive = archive_write_new(), let header = archive_entry_new() else {
      throw Cpio.Failure.archive(name: "", reason: "out of memory")
    }
    defer {
      archive_entry_free(header)
      archive_write_free(archive)
    }
    // A stream without any archive's frame around it.
    try check(archive_write_set_format_raw(archive), archive)
    switch compression {
    case .xz:
      try check(archive_write_add_filter_xz(archive), archive)
      try check(archive_write_set_filter_option(archive, nil, "threads", "1"), archive)
    case .zstd:
      // One thread unless told otherwise.
      try check(archive_write_add_filter_zstd(archive), archive)
    }
    try check(archive_write_set_filter_option(archive, nil, "compression-level", compression.level), archive)
    // Nothing behind the stream's end.
    archive_write_set_bytes_in_last_block(archive, 1)
    try check(archive_write_open_fd(archive, file.rawValue), archive)
    archive_entry_set_pathname(header, "data")
    archive_entry_set_mode(header, 0o100644)
    try check(archive_write_header(archive, header), archive)
    try copy(source, to: archive, progress)
    try check(archive_write_close(archive), archive)
  }

  private static func copy(_ source: FileDescriptor, to archive: OpaquePointer, _ progress: (Int) -> Void) throws {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
    defer { buffer.deallocate() }
    try source.seek(offset: 0, from: .start)
    var done = 0
    while true {
      let count = try source.read(into: buffer)
      guard count > 0 else { return }
      guard archive_write_data(archive, buffer.baseAddress, count) == count else { throw failure(archive) }
      done += count
      progress(done)
    }
  }

  private static func check(_ status: CInt, _ archive: OpaquePointer) throws {
    guard status == 0 else { throw failure(archive) }
  }

  private static func failure(_ archive: OpaquePointer) -> Cpio.Failure {
    .archive(name: "", reason: archive_error_string(archive).map { String(cString: $0) } ?? "packing failed")
  }
}
