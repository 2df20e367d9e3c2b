// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import ArchiveWriter
import Foundation
import SystemPackage
import Testing

@testable import Guests

@Suite struct CpioTests {
  /// One entry of a newc archive, read by the format's own description (Documentation/driver-api/early-userspace).
  struct Record: Equatable {
    var name: String
    var mode: UInt32
    var data: [UInt8]
    var device: [UInt32]
  }

  static func bytes(of archive: Cpio) async throws -> [UInt8] {
    try await TemporaryFolder.with { folder in
      let path = folder.appending("archive.cpio")
      let file = try FileDescriptor.open(path, .writeOnly, options: [.create], permissions: .ownerReadWrite)
      try file.closeAfter { try archive.write(to: file) }
      return Array(try Data(contentsOf: URL(fileURLWithPath: path.string)))
    }
  }

  static func records(of bytes: [UInt8]) throws -> [Record] {
    var records: [Record] = []
    var offset = 0
    while true {
      try #require(String(decoding: bytes[offset..<offset + 6], as: UTF8.self) == "070701")
      let fields = try (0..<13).map { number in
        let start = offset + 6 + 8 * number
        return try #require(UInt32(String(decoding: bytes[start..<start + 8], as: UTF8.self), radix: 16))
      }
      let (mode, uid, gid, mtime, size) = (fields[1], fields[2], fields[3], fields[5], Int(fields[6]))
      #expect((uid, gid, mtime) == (0, 0, 0))
      let nameSize = Int(fields[11])
      let name = String(decoding: bytes[offset + 110..<offset + 110 + nameSize - 1], as: UTF8.self)
      let data = (offset + 110 + nameSize + 3) / 4 * 4
      if name == "TRAILER!!!" { return records }
      records.append(
        Record(name: name, mode: mode, data: Array(bytes[data..<data + size]), device: Array(fields[9...10])))
      offset = (data + size + 3) / 4 * 4
    }
  }

  @Test func entriesAreSortedOwnedByRootAndWithoutTime() async throws {
    var archive = Cpio()
    try archive.add("init", .bytes(Array("#!".utf8)))
    try archive.add("/dev/console", .characterDevice(major: 5, minor: 1), permissions: 0o600)
    try archive.add("bin/sh", .link(to: "busybox"))
    try archive.add("bin/busybox", .bytes([1, 2, 3]))
    let records = try Self.records(of: try await Self.bytes(of: archive))
    #expect(records.map(\.name) == ["bin", "bin/busybox", "bin/sh", "dev", "dev/console", "init"])
    #expect(records.map { $0.mode >> 12 } == [0o4, 0o10, 0o12, 0o4, 0o2, 0o10])
    #expect(records[1].data == [1, 2, 3])
    #expect(records[2].data == Array("busybox".utf8))
    #expect(records[4].device == [5, 1])
    #expect(records[4].mode & 0o777 == 0o600)
  }

  @Test func sameEntriesInAnotherOrderGiveTheSameBytes() async throws {
    var one = Cpio()
    var other = Cpio()
    for number in 0..<20 { try one.add("f/\(number)", .bytes([UInt8(number)])) }
    for number in (0..<20).reversed() { try other.add("f/\(number)", .bytes([UInt8(number)])) }
    let bytes = try await Self.bytes(of: one)
    #expect(bytes == (try await Self.bytes(of: other)))
    #expect(bytes.count % 512 == 0)
  }

  @Test func aTreeKeepsItsLinksAndExecutableBits() async throws {
    let records = try await TemporaryFolder.with { folder in
      let manager = FileManager.default
      try manager.createDirectory(atPath: folder.appending("lib").string, withIntermediateDirectories: true)
      #expect(
        manager.createFile(
          atPath: folder.appending("lib/ld.so").string, contents: Data([7]),
          attributes: [.posixPermissions: 0o755]))
      try manager.createSymbolicLink(atPath: folder.appending("lib/ld.so.1").string, withDestinationPath: "ld.so")
      var archive = Cpio()
      try archive.add(tree: folder)
      return try Self.records(of: try await Self.bytes(of: archive))
    }
    #expect(records.map(\.name) == ["lib", "lib/ld.so", "lib/ld.so.1"])
    #expect(records[1].mode == 0o100755)
    #expect(records[2].data == Array("ld.so".utf8))
  }

  @Test(arguments: ["", "/", "a/../b", "./a", "a\0b"])
  func namesThatLeadElsewhereAreRefused(name: String) {
    #expect(throws: Cpio.Failure.self) {
      var archive = Cpio()
      try archive.add(name, .folder)
    }
  }

  @Test func aMissingFileIsNamed() async throws {
    let error = await #expect(throws: Cpio.Failure.self) {
      var archive = Cpio()
      try archive.add("a", .file("/nonexistent/file"))
      _ = try await Self.bytes(of: archive)
    }
    #expect(error?.description.contains("/nonexistent/file") == true)
  }
}
