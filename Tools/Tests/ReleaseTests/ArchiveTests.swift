// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import ArchiveWriter
import Foundation
import SystemPackage
import Testing

@testable import Release

@Suite("Release: tar archives") struct ArchiveTests {
  /// A tar archive, packed, at the path.
  private func write(_ archive: Cpio, as compression: Compression, to path: String) throws {
    let tar = try FileDescriptor.open(
      FilePath(path + ".tar"), .readWrite, options: .create, permissions: .ownerReadWrite)
    defer { try? tar.close() }
    try archive.write(to: tar, as: .pax)
    let file = try FileDescriptor.open(FilePath(path), .writeOnly, options: .create, permissions: .ownerReadWrite)
    try file.closeAfter { try Compressor.compress(tar, to: file, as: compression) }
  }

  @Test(arguments: Compression.allCases) func `What is written is read again`(compression: Compression) throws {
    let long = "top/" + String(repeating: "long-", count: 40) + "name"
    var archive = Cpio()
    archive.time = 1_700_000_000
    try archive.add("top/b", .bytes([1, 2, 3]), permissions: 0o644)
    try archive.add(long, .bytes([4]), permissions: 0o755)
    try archive.add("top/a", .link(to: "b"), permissions: 0o777)
    try ReleaseFixture.with { fixture in
      try write(archive, as: compression, to: fixture.path("x"))
      let reader = try ArchiveReader(FilePath(fixture.path("x")))
      var found: [String: ArchiveMember] = [:]
      var contents: [String: [UInt8]] = [:]
      while let member = try reader.next() {
        found[member.path] = member
        var bytes: [UInt8] = []
        try reader.contents { bytes += $0 }
        contents[member.path] = bytes
      }
      #expect(Set(found.keys) == ["top", "top/a", "top/b", long])
      #expect(found["top/a"]?.target == "b" && found["top/a"]?.kind == .link)
      #expect(contents["top/b"] == [1, 2, 3] && found[long]?.permissions == 0o755)
      #expect(found.values.allSatisfy { $0.owner == 0 && $0.ownerName == "root" && $0.time == 1_700_000_000 })
    }
  }

  @Test func `A long name's extended header has the name and no times`() throws {
    var archive = Cpio()
    try archive.add("top/" + String(repeating: "long-", count: 40), .bytes([]), permissions: 0o644)
    try ReleaseFixture.with { fixture in
      try write(archive, as: .xz, to: fixture.path("x"))
      let text = String(decoding: try WholeFile.bytes(fixture.path("x.tar")), as: UTF8.self)
      #expect(text.contains(" path=top/long-"))
      #expect(!text.contains("atime=") && !text.contains("ctime=") && !text.contains("mtime="))
    }
  }

  @Test func `Damaged and hostile archives are refused, and write nothing outside`() throws {
    try ReleaseFixture.with { fixture in
      try fixture.write("text", "no archive")
      #expect(throws: ArchiveReader.Failure.self) {
        _ = try ArchiveReader(FilePath(fixture.path("text"))).next()
      }
      for (name, script) in [
        ("up.tar", "tar -cPf up.tar --transform 's,^x$,top/../../escaped,' x"),
        ("hard.tar", "ln x y; tar -cf hard.tar --transform 's,^,top/,' x y"),
        ("two.tar", "mkdir -p one two; touch one/x two/x; tar -cf two.tar one two"),
        (
          "through.tar",
          "mkdir -p t; ln -s .. t/l; tar -cf through.tar t/l; rm t/l; mkdir t/l; touch t/l/x; tar -rf through.tar t/l/x"
        ),
      ] {
        try fixture.write("x", "x")
        try fixture.shell(script)
        try fixture.make(folder: "out/" + name)
        #expect(throws: (any Error).self, "\(name)") {
          try Unpacker.unpack(fixture.path(name), into: fixture.path("out/" + name))
        }
        #expect(!fixture.exists("out/escaped") && !fixture.exists("escaped") && !fixture.exists("out/x"), "\(name)")
      }
    }
  }
}
