// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Foundation
import Testing

@testable import KernelBundle

@Suite("What git makes of the patches") struct GitTests {
  @Test func `git am takes them, in order, and the tree has what the series says`() throws {
    try SeriesFixture.with { fixture in
      try fixture.makeTree("7.2")
      try fixture.commitTree()
      try fixture.makeBundle("7.2")
      let tree = fixture.folder.appending(path: "tree")
      let output = try Program.run(["sh", "-c", "git am ../bundle/patches/*.patch"], in: tree)
      #expect(output.status == 0, "\(output.text)")
      #expect(try fixture.bytes("tree/kernel/new/a.blob") == SeriesFixture.blob("aarch64"))
      #expect(try fixture.bytes("tree/kernel/new/x.blob") == SeriesFixture.blob("x86_64"))
      for name in [
        "kernel/new/new.c", "kernel/new/Makefile", "kernel/new/more.c", "kernel/new/empty.h", "tools/run.sh",
      ] {
        #expect(try fixture.bytes("tree/" + name) == fixture.bytes("project/kernel/linux/" + name), "\(name)")
      }
      #expect(try fixture.text("tree/include/linux/virgil_blob.h") == "#define VIRGIL_BLOB_VERSION 2\n")
      #expect(try fixture.text("tree/MAINTAINERS") == "first\nthird\n")
      let modes = try Program.run(["git", "ls-tree", "-r", "HEAD", "tools", "kernel/new/new.c"], in: tree).text
      #expect(modes.contains("100755 blob") && modes.contains("100644 blob"))
      let log = try Program.run(
        ["git", "log", "-3", "--reverse", "--format=%an|%ae|%ad|%s|%b", "--date=raw"], in: tree
      ).text
      let sign = "Signed-off-by: Somebody <somebody@example.org>"
      let long = "new: A subject so long that it has to be folded in a mail, by a lot"
      #expect(
        log.split(separator: "\n") == [
          "Some Bödy|somebody@example.org|1000000000 +0000|new: Add something new|It is new, and \"it\" is dïfferent.",
          "\(sign)", "Another|another@example.org|1000000000 +0000|\(long)|\(sign)",
          "Some Bödy|somebody@example.org|1000000000 +0000|later: For the later line only|\(sign)",
        ])
      // The header for the kernel.
      let header = try fixture.text("tree/kernel/new/a.h")
      #expect(header.contains("#ifndef NEW_A_H\n#define NEW_A_H\n"))
      #expect(header.contains("#define KEXEC_EFI_BLOB_RELEASE \"9.8.7\"\n"))
      #expect(
        header.contains("#define KEXEC_EFI_BLOB_BUILD_ID \"0102030405060708090a0b0c0d0e0f1011121314\"\n"))
      let sum = try Program.run(["sha256sum", "tree/kernel/new/a.blob"], in: fixture.folder).text.prefix(64)
      #expect(header.contains("#define KEXEC_EFI_BLOB_SHA256 \"\(sum)\"\n"))
    }
  }

  @Test(arguments: [0, 1, 25, 26, 41, 52, 53, 0xfffe, 0xffff, 0x10000, 0x2_0000])
  func `Binary files of every size arrive`(size: Int) throws {
    try SeriesFixture.with { fixture in
      let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 151 ^ $0 >> 8) }
      let file = NewFile(path: "a/file", bytes: bytes, isExecutable: false, isBinary: true)
      try fixture.write("patch", file.diff)
      let output = try Program.run(["git", "apply", "patch"], in: fixture.folder, environment: outside(fixture))
      #expect(output.status == 0, "\(output.text)")
      #expect(try fixture.bytes("a/file") == bytes)
      let name = try Program.run(["git", "hash-object", "a/file"], in: fixture.folder).text
      #expect(name == file.blobID + "\n")
    }
  }

  /// git's own reading of every patch against the table in it, without a kernel tree.
  @Test func `The real series is well-formed for every line`() throws {
    let series = try Series(SeriesFolder(SeriesFixture.checkout.appending(path: "kernel").path))
    try SeriesFixture.with { fixture in
      let blobs = try fixture.blobs()
      for line in series.lines {
        let patches = try series.render(line, blobs: blobs)
        for patch in patches {
          try fixture.write("mail", patch.bytes)
          let output = try Program.run(
            ["git", "apply", "--numstat", "mail"], in: fixture.folder, environment: outside(fixture))
          #expect(output.status == 0, "\(patch.fileName): \(output.text)")
          let names = output.text.split(separator: "\n").map { String($0.split(separator: "\t")[2]) }
          #expect(names == patch.paths)
          let counts = output.text.split(separator: "\n").map { Int($0.split(separator: "\t")[0]) ?? 0 }
          let total = counts.reduce(0, +)
          let text = String(decoding: patch.bytes, as: UTF8.self)
          #expect(text.contains("\(total) insertion") || total == 0, "\(patch.fileName)")
        }
        #expect(patches.count == series.patches(for: line).count)
      }
    }
  }

  private func outside(_ fixture: SeriesFixture) -> [String: String] {
    ["GIT_CEILING_DIRECTORIES": fixture.folder.deletingLastPathComponent().path]
  }
}
