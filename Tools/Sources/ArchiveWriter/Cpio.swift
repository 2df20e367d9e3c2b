// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import CArchive
import SystemPackage

#if canImport(Glibc)
  import Glibc
#else
  import Musl
#endif

/// An archive in the form that Linux takes as an initramfs (cpio "newc", uncompressed).
///
/// The same entries give the same bytes: they are written in the order of their names, with one time and owner 0.
/// Folders that an entry lies in need not be added.
public struct Cpio: Sendable {
  public enum Content: Sendable {
    case folder
    case bytes([UInt8])
    /// The content of a file, read when the archive is written.
    case file(FilePath)
    case link(to: String)
    case characterDevice(major: UInt32, minor: UInt32)
  }

  public enum Failure: Error, CustomStringConvertible {
    case badName(String)
    case unreadable(FilePath, Errno)
    case changed(FilePath)
    case archive(name: String, reason: String)

    /// Whether it is the input that is wrong, and not the machine.
    public var isRefusal: Bool { if case .badName = self { true } else { false } }

    public var description: String {
      switch self {
      case .badName(let name):
        "'\(name)' is no name for an archive's entry: it must be relative, without . and .. in it"
      case .unreadable(let path, let reason): "cannot read \(path) for the archive: \(reason)"
      case .changed(let path): "\(path) changed while it was put into the archive"
      case .archive(let name, let reason): "cannot write '\(name)' into the archive: \(reason)"
      }
    }
  }

  struct Entry {
    var content: Content
    var permissions: UInt32
  }

  var entries: [String: Entry] = [:]

  /// The modification time of every entry, in seconds since 1970-01-01.
  public var time: UInt32 = 0

  public init() {}

  /// Whether there is an entry of that name.
  public func contains(_ name: String) -> Bool { entries[name] != nil }

  /// The names of all entries, folders without an entry of their own included.
  public var names: [String] { entries.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) } }

  /// Adds an entry, or replaces the one of that name.
  ///
  /// - Parameters:
  ///   - name: its path, with or without a leading slash
  ///   - permissions: 0755 unless said otherwise; links have none of their own
  public mutating func add(_ name: String, _ content: Content, permissions: UInt32 = 0o755) throws(Failure) {
    let parts = name.split(separator: "/").map(String.init)
    guard !parts.isEmpty, !parts.contains("."), !parts.contains(".."), !name.contains("\0") else {
      throw .badName(name)
    }
    for depth in 1..<parts.count {
      let folder = parts[..<depth].joined(separator: "/")
      if entries[folder] == nil { entries[folder] = Entry(content: .folder, permissions: 0o755) }
    }
    entries[parts.joined(separator: "/")] = Entry(content: content, permissions: permissions)
  }

  public enum Format: Sendable {
    /// What Linux takes.
    case cpio
    /// For people (POSIX.1-1988, "ustar").
    case tar
    /// For releases (POSIX.1-2001, "pax"): owner and group are called root, and extended headers are there only for names
    /// that have no room otherwise. No time of access or change is written.
    case pax
  }

  /// Writes the archive. Throws `Failure`, and `Errno` where reading a file fails.
  public func write(to file: FileDescriptor, as format: Format = .cpio) throws {
    guard let archive = archive_write_new() else { throw Failure.archive(name: "", reason: "out of memory") }
    defer { archive_write_free(archive) }
    switch format {
    case .cpio: archive_write_set_format_cpio_newc(archive)
    case .tar: archive_write_set_format_ustar(archive)
    case .pax: archive_write_set_format_pax_restricted(archive)
    }
    // A multiple of 4 is what a following archive needs; 512 is what cpio itself pads to.
    archive_write_set_bytes_per_block(archive, 512)
    archive_write_set_bytes_in_last_block(archive, 512)
    try check(archive_write_open_fd(archive, file.rawValue), archive, "")
    // By bytes, not by the order of characters, which depends on Unicode's version.
    for (number, name) in names.enumerated() {
      guard let entry = entries[name] else { continue }
      try write(entry, name: name, number: number + 1, as: format, to: archive)
    }
    try check(archive_write_close(archive), archive, "")
  }

  private func write(
    _ entry: Entry, name: String, number: Int, as format: Format, to archive: OpaquePointer
  ) throws {
    guard let header = archive_entry_new() else { throw Failure.archive(name: name, reason: "out of memory") }
    defer { archive_entry_free(header) }
    archive_entry_set_pathname(header, name)
    archive_entry_set_mtime(header, time_t(time), 0)
    if format == .pax {
      archive_entry_set_uname(header, "root")
      archive_entry_set_gname(header, "root")
    } else {
      archive_entry_set_ino64(header, Int64(number))
      archive_entry_set_nlink(header, 1)
    }
    archive_entry_set_mode(header, entry.content.fileType | entry.permissions)
    archive_entry_set_size(header, 0)
    switch entry.content {
    case .folder: break
    case .link(let target): archive_entry_set_symlink(header, target)
    case .characterDevice(let major, let minor):
      archive_entry_set_rdevmajor(header, dev_t(major))
      archive_entry_set_rdevminor(header, dev_t(minor))
    case .bytes(let bytes):
      archive_entry_set_size(header, Int64(bytes.count))
      try check(archive_write_header(archive, header), archive, name)
      try bytes.withUnsafeBytes { try write($0, name: name, to: archive) }
      return
    case .file(let path):
      try copy(path, name: name, header: header, to: archive)
      return
    }
    try check(archive_write_header(archive, header), archive, name)
  }

  private func copy(_ path: FilePath, name: String, header: OpaquePointer, to archive: OpaquePointer) throws {
    do {
      let file = try FileDescriptor.open(path, .readOnly)
      defer { try? file.close() }
      let size = try file.seek(offset: 0, from: .end)
      try file.seek(offset: 0, from: .start)
      archive_entry_set_size(header, size)
      try check(archive_write_header(archive, header), archive, name)
      let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
      defer { buffer.deallocate() }
      var left = size
      while left > 0 {
        let count = try file.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer.prefix(Int(min(left, 1 << 20)))))
        guard count > 0 else { throw Failure.changed(path) }
        try write(UnsafeRawBufferPointer(rebasing: buffer.prefix(count)), name: name, to: archive)
        left -= Int64(count)
      }
    } catch let error as Errno {
      throw Failure.unreadable(path, error)
    }
  }

  private func write(_ bytes: UnsafeRawBufferPointer, name: String, to archive: OpaquePointer) throws {
    guard bytes.count > 0 else { return }
    guard archive_write_data(archive, bytes.baseAddress, bytes.count) == bytes.count else {
      throw Failure.archive(name: name, reason: Self.reason(archive))
    }
  }

  private func check(_ status: CInt, _ archive: OpaquePointer, _ name: String) throws {
    guard status == 0 else { throw Failure.archive(name: name, reason: Self.reason(archive)) }
  }

  private static func reason(_ archive: OpaquePointer) -> String {
    archive_error_string(archive).map { String(cString: $0) } ?? "no reason given"
  }
}

extension Cpio.Content {
  /// The file type bits of st_mode.
  fileprivate var fileType: UInt32 {
    switch self {
    case .folder: 0o040000
    case .bytes, .file: 0o100000
    case .link: 0o120000
    case .characterDevice: 0o020000
    }
  }
}
