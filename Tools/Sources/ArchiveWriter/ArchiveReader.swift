// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import CArchive
import SystemPackage

/// What a tar archive says of one entry.
public struct ArchiveMember: Equatable, Sendable {
  public enum Kind: String, Sendable { case file, folder, link, other }

  /// As it is written, but for a slash at the end.
  public let path: String
  public let kind: Kind
  /// Without the bits of the type.
  public let permissions: UInt32
  /// In bytes.
  public let size: Int64
  public let owner: Int64
  public let group: Int64
  public let ownerName: String
  public let groupName: String
  /// In seconds since 1970-01-01.
  public let time: Int64
  /// Where a symbolic link leads to.
  public let target: String?
}

/// Reads a tar archive, packed or not, an entry after another. What is in it is not trusted.
public final class ArchiveReader {
  public struct Failure: Error, CustomStringConvertible {
    public let path: String
    public let reason: String
    public var description: String { "\(path): \(reason)" }
  }

  public enum Format: Sendable {
    case tar
    /// The stream that is packed, as if it were the archive's only file.
    case unpacked
  }

  private let archive: OpaquePointer
  private let path: String

  public init(_ path: FilePath, as format: Format = .tar) throws {
    guard let archive = archive_read_new() else { throw Failure(path: path.string, reason: "out of memory") }
    self.archive = archive
    self.path = path.string
    for status in [
      archive_read_support_filter_xz(archive), archive_read_support_filter_zstd(archive),
      format == .tar ? archive_read_support_format_tar(archive) : archive_read_support_format_raw(archive),
      archive_read_open_filename(archive, path.string, 1 << 20),
    ] where status != 0 { throw failure() }
  }

  deinit { archive_read_free(archive) }

  /// The next entry; nil at the end.
  public func next() throws -> ArchiveMember? {
    var entry: OpaquePointer?
    let status = archive_read_next_header(archive, &entry)
    // ARCHIVE_EOF
    if status == 1 { return nil }
    guard status == 0, let entry else { throw failure() }
    func text(_ pointer: UnsafePointer<CChar>?) -> String? { pointer.map { String(cString: $0) } }
    guard var name = text(archive_entry_pathname(entry)), !name.isEmpty else {
      throw Failure(path: path, reason: "has an entry without a name")
    }
    while name.count > 1, name.hasSuffix("/") { name.removeLast() }
    let kind: ArchiveMember.Kind =
      if archive_entry_hardlink(entry) != nil { .other } else {
        switch archive_entry_filetype(entry) {
        case 0o100000: .file
        case 0o040000: .folder
        case 0o120000: .link
        default: .other
        }
      }
    return ArchiveMember(
      path: name, kind: kind, permissions: UInt32(archive_entry_perm(entry)), size: archive_entry_size(entry),
      owner: archive_entry_uid(entry), group: archive_entry_gid(entry),
      ownerName: text(archive_entry_uname(entry)) ?? "",
      groupName: text(archive_entry_gname(entry)) ?? "", time: Int64(archive_entry_mtime(entry)),
      target: kind == .link ? text(archive_entry_symlink(entry)) : nil)
  }

  /// Hands the entry's bytes to `body`, a block after another.
  public func contents(_ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
    defer { buffer.deallocate() }
    while true {
      let count = archive_read_data(archive, buffer.baseAddress, buffer.count)
      guard count >= 0 else { throw failure() }
      if count == 0 { return }
      try body(UnsafeRawBufferPointer(rebasing: buffer.prefix(Int(count))))
    }
  }

  private func failure() -> Failure {
    Failure(
      path: path,
      reason: archive_error_string(archive).map { "cannot be unpacked: " + String(cString: $0) } ?? "is no archive")
  }
}
