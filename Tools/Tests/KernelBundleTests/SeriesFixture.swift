// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Foundation
import Testing

@testable import KernelBundle

/// A project with a small made-up series, and kernel trees for it, in a temporary folder.
struct SeriesFixture {
  let folder: URL

  /// Calls `body` with a series of three patches for the lines 6.12 and 7.2; the third is for 7.2 alone.
  static func with(_ body: (SeriesFixture) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "virgil-series-\(UUID().uuidString)")
      .resolvingSymlinksInPath()
    defer { try? FileManager.default.removeItem(at: folder) }
    let fixture = SeriesFixture(folder: folder)
    for (path, text) in files { try fixture.write("project/" + path, text) }
    try fixture.permit("project/kernel/linux/tools/run.sh")
    try fixture.permit("project/kernel/bundle/apply")
    for target in EmulatorBlob.targets { try fixture.write("blobs/virgil-\(target).blob", blob(target)) }
    try body(fixture)
  }

  /// The project's own folder, which has the real series.
  static let checkout = (0..<4).reduce(URL(fileURLWithPath: #filePath)) { path, _ in path.deletingLastPathComponent() }

  static let signature = "Signed-off-by: Somebody <somebody@example.org>\n"

  private static let files = [
    "kernel/lines": "# lines\n6.12 linux-source-6.12 trixie\n7.2 linux-source-7.2 sid,trixie-backports\n",
    "kernel/series": "release 9.8.7\nauthor Some Bödy <somebody@example.org>\ndate 1000000000\n",
    "kernel/cover-letter.md": "a series\n\nWhat it is about.\n",
    "kernel/linux/kernel/new/new.c": "/* new */\nint new;\n",
    "kernel/linux/kernel/new/Makefile": "obj-y := new.o\nobj-y += more.o\n",
    "kernel/linux/kernel/new/more.c": "int more = 'ö';",
    "kernel/linux/kernel/new/empty.h": "",
    "kernel/linux/tools/run.sh": "#!/bin/sh\n",
    "Sources/CHandover/include/virgil_blob.h": "#define VIRGIL_BLOB_VERSION 2\n",
    "kernel/patches/01-new/message": "new: Add something new\n\nIt is new, and \"it\" is dïfferent.\n\n\(signature)",
    "kernel/patches/01-new/files":
      "kernel/new/new.c\nkernel/new/empty.h\ntools/run.sh\ninclude/linux/virgil_blob.h < Sources/CHandover/include/virgil_blob.h\n",
    "kernel/patches/01-new/edit.diff": """
    diff --git a/kernel/Makefile b/kernel/Makefile
    index 1111111..2222222 100644
    --- a/kernel/Makefile
    +++ b/kernel/Makefile
    @@ -1,3 +1,4 @@
     # first
     obj-y := one.o
    +obj-y += new/
     obj-y += two.o
    diff --git a/kernel/new/Makefile b/kernel/new/Makefile
    new file mode 100644
    index 0000000..3333333
    --- /dev/null
    +++ b/kernel/new/Makefile
    @@ -0,0 +1 @@
    +obj-y := new.o

    """,
    "kernel/patches/02-blob/message":
      "From: Another <another@example.org>\n\nnew: A subject so long that it has to be folded in a mail, by a lot\n\n\(signature)",
    "kernel/patches/02-blob/files":
      "kernel/new/a.blob < @blob:aarch64\nkernel/new/a.h < @digest:aarch64\nkernel/new/x.blob < @blob:x86_64\nkernel/new/x.h < @digest:x86_64\nkernel/new/more.c\n",
    "kernel/patches/02-blob/edit.diff": """
    diff --git a/kernel/new/Makefile b/kernel/new/Makefile
    index 3333333..4444444 100644
    --- a/kernel/new/Makefile
    +++ b/kernel/new/Makefile
    @@ -1 +1,2 @@
     obj-y := new.o
    +obj-y += more.o

    """,
    "kernel/patches/03-later/message": "later: For the later line only\n\n\(signature)",
    "kernel/patches/03-later/lines": "7.2\n",
    "kernel/patches/03-later/edit-7.2.diff": """
    diff --git a/MAINTAINERS b/MAINTAINERS
    index 1111111..2222222 100644
    --- a/MAINTAINERS
    +++ b/MAINTAINERS
    @@ -1,2 +1,2 @@
     first
    -second
    +third

    """,
    "kernel/bundle/README.md": "For @LINE@ of @PACKAGE@: @COUNT@ patches.\n",
    "kernel/bundle/apply": (try? String(contentsOf: checkout.appending(path: "kernel/bundle/apply"), encoding: .utf8))
      ?? "",
  ]

  /// A header of version 2, and bytes of no pattern; larger than a block of zlib's.
  static func blob(_ target: String, version: UInt8 = 2) -> [UInt8] {
    var state: UInt32 = target == "aarch64" ? 1 : 2
    var bytes = (0..<70_001).map { _ -> UInt8 in
      state = state &* 1_664_525 &+ 1_013_904_223
      return UInt8(state >> 24)
    }
    bytes.replaceSubrange(0..<0x88, with: repeatElement(0, count: 0x88))
    bytes.replaceSubrange(0x10..<0x20, with: Array("VRGLBLOB".utf8) + [version, 0, 0, 0, 0x88, 0, 0, 0])
    for (place, value) in [(0x20, 70_001), (0x28, 0x8_0000), (0x48, target == "aarch64" ? 0xaa64 : 0x8664)] {
      for byte in 0..<4 { bytes[place + byte] = UInt8(value >> (8 * byte) & 0xff) }
    }
    bytes.replaceSubrange(0x50..<0x64, with: (1...20).map { UInt8($0) })
    return bytes
  }

  func write(_ path: String, _ text: String) throws { try write(path, Array(text.utf8)) }

  func write(_ path: String, _ bytes: [UInt8]) throws {
    let place = folder.appending(path: path)
    try FileManager.default.createDirectory(at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: place)
  }

  func permit(_ path: String) throws {
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder.appending(path: path).path)
  }

  func text(_ path: String) throws -> String {
    try String(contentsOf: folder.appending(path: path), encoding: .utf8)
  }

  func bytes(_ path: String) throws -> [UInt8] { Array(try Data(contentsOf: folder.appending(path: path))) }

  func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: folder.appending(path: path).path) }

  func series() throws -> Series { try Series(SeriesFolder(folder.appending(path: "project/kernel").path)) }

  func blobs() throws -> [String: EmulatorBlob] {
    var blobs: [String: EmulatorBlob] = [:]
    for target in EmulatorBlob.targets {
      blobs[target] = try EmulatorBlob(bytes("blobs/virgil-\(target).blob"), target: target, path: target)
    }
    return blobs
  }

  /// A kernel tree that takes the series, in the folder `tree`.
  func makeTree(_ version: String = "6.12") throws {
    let parts = version.split(separator: ".")
    try write(
      "tree/Makefile", "# SPDX\nVERSION = \(parts[0])\nPATCHLEVEL = \(parts[1])\nSUBLEVEL = 3\nEXTRAVERSION =\n")
    try write("tree/kernel/Makefile", "# first\nobj-y := one.o\nobj-y += two.o\n")
    try write("tree/MAINTAINERS", "first\nsecond\n")
  }

  /// Makes the tree a git repository with one commit.
  func commitTree() throws {
    for arguments in [["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "the tree"]] {
      try #require(Program.run(["git"] + arguments, in: folder.appending(path: "tree")).status == 0)
    }
  }

  /// Writes a line's bundle into the folder `bundle`.
  func makeBundle(_ line: String = "6.12") throws {
    let series = try series()
    let bundle = try SeriesBundle(series, line: series.line(line), blobs: blobs())
    try BundleWriter.write(["": bundle], to: folder.appending(path: "bundle").path, replacing: false)
  }
}
