// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import ArchiveWriter
import Bytes
import Foundation
import SystemPackage
import Testing

@testable import CPIO

/// The reader on archives that libarchive wrote, and on damaged ones.
@Suite("cpio newc")
struct CPIOTests {
  struct Item: Equatable {
    var path: String
    var mode: UInt32
    var time: UInt32
    var data: [UInt8]
  }

  static func written(_ archive: Cpio) throws -> [UInt8] {
    let path = FilePath(FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID()).cpio").path)
    defer { try? FileManager.default.removeItem(atPath: path.string) }
    let file = try FileDescriptor.open(path, .writeOnly, options: [.create], permissions: .ownerReadWrite)
    try file.closeAfter { try archive.write(to: file) }
    return Array(try Data(contentsOf: URL(fileURLWithPath: path.string)))
  }

  /// An archive with everything that the writer can write.
  static func example() throws -> [UInt8] {
    var archive = Cpio()
    archive.time = 0x6543_21ff
    try archive.add("loader/credentials/größe.cred", .bytes(Array("secret".utf8)), permissions: 0o600)
    try archive.add("empty", .bytes([]))
    try archive.add("init", .link(to: "bin/sh"))
    try archive.add("dev/console", .characterDevice(major: 5, minor: 1))
    // Names and data of all lengths modulo 4.
    for count in 1...5 { try archive.add(String(repeating: "n", count: count), .bytes([UInt8](1...UInt8(count)))) }
    return try written(archive)
  }

  static func items(_ view: ByteView) throws(CPIOError) -> [Item] {
    var items: [Item] = []
    var offset = 0
    while let entry = try CPIOArchive(view).entry(at: offset) {
      #expect(entry.offset == offset && entry.end > offset)
      items.append(
        Item(
          path: String(decoding: entry.path.buffer, as: UTF8.self), mode: entry.mode, time: entry.modificationTime,
          data: Array(entry.data.buffer)))
      offset = entry.end
    }
    return items
  }

  @Test func `what libarchive writes is read`() throws {
    let bytes = try Self.example()
    let items = try bytes.withUnsafeBytes { try Self.items(ByteView($0)) }
    #expect(
      items.map(\.path) == [
        "dev", "dev/console", "empty", "init", "loader", "loader/credentials", "loader/credentials/größe.cred", "n",
        "nn", "nnn", "nnnn", "nnnnn",
      ])
    #expect(items.allSatisfy { $0.time == 0x6543_21ff })
    #expect(
      items[6]
        == Item(path: "loader/credentials/größe.cred", mode: 0o100600, time: 0x6543_21ff, data: Array("secret".utf8)))
    #expect(items[3].mode & 0o170000 == 0o120000 && items[3].data == Array("bin/sh".utf8))
    #expect(items[7...].map(\.data) == (1...5).map { [UInt8](1...UInt8($0)) })
    let end = try bytes.withUnsafeBytes { try CPIOArchive(ByteView($0)).check() }
    // libarchive fills up to 512 bytes.
    #expect(end <= bytes.count && bytes[end...].allSatisfy { $0 == 0 })
  }

  @Test(arguments: [
    ("a/b", "a/b"), ("./a", "a"), ("/a", "a"), (".//./a/", "a"), (".", ""), ("./", ""), ("/", ""), ("..", ".."),
    (".a", ".a"), ("a/.", "a/."),
  ])
  func `paths are from the root on`(_ name: String, _ path: String) {
    Array(name.utf8).withUnsafeBytes { name in
      let entry = CPIOEntry(
        offset: 0, end: 0, mode: 0o100644, modificationTime: 0, name: ByteView(name), data: ByteView(name))
      #expect(String(decoding: entry.path.buffer, as: UTF8.self) == path)
    }
  }

  @Test func `every truncation is found, with its place`() throws {
    let bytes = try Self.example()
    let end = try bytes.withUnsafeBytes { try CPIOArchive(ByteView($0)).check() }
    let padding = 3  // behind the trailer's name
    forEachTruncation(of: Array(bytes[..<end])) { view, length in
      do throws(CPIOError) {
        _ = try CPIOArchive(view).check()
        #expect(length >= end - padding)
      } catch {
        #expect(error.fault == .truncated || error.fault == .noTrailer)
        // An entry that ends in missing padding is whole; what is missing then is the next one.
        #expect(error.offset <= length + padding)
      }
    }
  }

  @Test(arguments: [
    (0, 0x31, CPIOError.Fault.noHeader),  // the magic
    (6 + 8, 0x67, .badNumber),  // mode
    (6 + 8 * 6, 0x66, .truncated),  // filesize
    (6 + 8 * 11, 0x30 + 1, .badName),  // namesize: 1 << 28
    (6 + 8 * 11 + 7, 0x30, .badName),  // namesize: 0
    (6 + 8 * 11 + 7, 0x31, .badName),  // namesize: 1
    (6 + 8 * 11 + 7, 0x35, .badName),  // a NUL before the name's end
    (6 + 8 * 11 + 7, 0x33, .badName),  // none at its end
  ])
  func `a damaged header is told by its fault`(_ place: Int, _ byte: UInt8, _ fault: CPIOError.Fault) throws {
    var archive = Cpio()
    try archive.add("abc", .bytes([1, 2, 3]))  // namesize 4
    var bytes = try Self.written(archive)
    bytes[place] = byte
    let error = #expect(throws: CPIOError.self) { try bytes.withUnsafeBytes { try CPIOArchive(ByteView($0)).check() } }
    #expect(error == CPIOError(fault, at: 0))
  }

  @Test func `mutations are refused or read within their bounds`() throws {
    let bytes = try Self.example()
    var refused = 0
    forEachMutation(of: bytes, count: 20_000, seed: 11) { view in
      do throws(CPIOError) {
        for item in try Self.items(view) { #expect(item.data.count <= view.count) }
      } catch { refused += 1 }
    }
    #expect(refused > 1000 && refused < 20_000)
  }
}
