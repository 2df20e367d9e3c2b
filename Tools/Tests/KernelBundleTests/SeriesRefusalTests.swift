// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Foundation
import Testing

@testable import KernelBundle

/// A mistake in the source of the series: a file's new text (nil: it is gone), and what the error says.
struct Mistake: CustomTestStringConvertible, Sendable {
  let path: String
  let text: String?
  let error: String

  init(_ path: String, _ text: String?, _ error: String) {
    self.path = path
    self.text = text
    self.error = error
  }

  var testDescription: String { error }
}

@Suite("Mistakes in the series") struct SeriesRefusalTests {
  private static let sign = SeriesFixture.signature
  private static let edit =
    "diff --git a/kernel/Makefile b/kernel/Makefile\n--- a/kernel/Makefile\n+++ b/kernel/Makefile\n"
  private static let mistakes = [
    Mistake("kernel/lines", nil, "there is no kernel series"),
    Mistake("kernel/lines", "", "has no kernel line"),
    Mistake("kernel/lines", "6.12 linux-source-6.12\n", "is not LINE PACKAGE SUITE"),
    Mistake("kernel/lines", "six a b\n", "is not LINE PACKAGE SUITE"),
    Mistake("kernel/lines", "6.12 a b\n6.12 a b\n7.2 a b\n", "is there twice"),
    Mistake("kernel/series", nil, "no such file"),
    Mistake("kernel/series", "author A <a@b>\ndate 1\n", "has no release"),
    Mistake("kernel/series", "release 1\nauthor nobody\ndate 1\n", "has no author"),
    Mistake("kernel/series", "release 1\nauthor A <a@b>\ndate soon\n", "has no date"),
    Mistake("kernel/series", "release 1\nrelease 2\n", "each of them once"),
    Mistake("kernel/cover-letter.md", nil, "no such file"),
    Mistake("kernel/cover-letter.md", "a\n\nFrom here on\n", "does not survive a mail"),
    Mistake("kernel/patches/01-new/message", nil, "no such file"),
    Mistake("kernel/patches/01-new/message", "subject\n\nbody\n", "its last line is no Signed-off-by"),
    Mistake(
      "kernel/patches/01-new/message", "subject\n\nbody\n\nSigned-off-by: me\n", "its last line is no Signed-off-by"),
    Mistake("kernel/patches/01-new/message", "subject\nbody\n\n" + sign, "the line after the subject is not empty"),
    Mistake("kernel/patches/01-new/message", String(repeating: "s", count: 76) + "\n\n" + sign, "has 76 columns"),
    Mistake("kernel/patches/01-new/message", "[PATCH] a\n\n" + sign, "begins with a bracket"),
    Mistake("kernel/patches/01-new/message", "ä\n\n" + sign, "printable ASCII"),
    Mistake("kernel/patches/01-new/message", "a\n\n---\n" + sign, "would end the message"),
    Mistake("kernel/patches/01-new/message", "a\n\nFrom here\n" + sign, "would end the message"),
    Mistake("kernel/patches/01-new/message", "a\n\ndiff --git a/b b/b\n" + sign, "would end the message"),
    Mistake("kernel/patches/01-new/message", "From: nobody\n\na\n\n" + sign, "is not From: Name"),
    Mistake("kernel/patches/01-new/files", "", "no patch adds this file"),
    Mistake("kernel/patches/01-new/files", "../new.c\n", "inside the kernel's tree"),
    Mistake("kernel/patches/01-new/files", "/new.c\n", "inside the kernel's tree"),
    Mistake("kernel/patches/01-new/files", "a < ../../b\n", "is not a path of the project"),
    Mistake("kernel/patches/01-new/files", "a < @blob:mips\n", "is not a path of the project"),
    Mistake("kernel/patches/01-new/files", "kernel/new/not-there.c\n", "no such file"),
    Mistake("kernel/patches/01-new/edit-5.10.diff", edit + "@@ -1 +1 @@\n-a\n+b\n", "5.10 is no line"),
    Mistake("kernel/patches/01-new/edit.patch", "", "is none of message"),
    Mistake("kernel/patches/01-new/edit.diff", "nothing\n", "has no line diff --git"),
    Mistake("kernel/patches/01-new/edit.diff", edit, "changes nothing"),
    Mistake("kernel/patches/01-new/edit.diff", edit + "@@ -1,2 +1,2 @@\n-a\n+b\n", "does not have the lines"),
    Mistake("kernel/patches/01-new/edit.diff", edit + "@@ -1 +1 @@\n-a\n+b\n+c\n", "is neither a hunk's line"),
    Mistake("kernel/patches/01-new/edit.diff", edit + "@@ -a +b @@\n-a\n+b\n", "is no hunk's header"),
    Mistake("kernel/patches/01-new/edit.diff", edit + "Binary files differ\n", "is not expected here"),
    Mistake("kernel/patches/01-new/edit.diff", "diff --git a/../x b/../x\n", "inside the tree"),
    Mistake("kernel/patches/02-blob/edit.diff", nil, "is not what the edits of 6.12 make of it"),
    Mistake(
      "kernel/patches/02-blob/edit.diff",
      edit.replacing("kernel/Makefile", with: "kernel/new/Makefile") + "@@ -1 +1,2 @@\n other\n+more\n", "does not fit"),
    Mistake(
      "kernel/patches/02-blob/files", "kernel/new/new.c\nkernel/new/more.c\n", "adds kernel/new/new.c, as 01-new does"),
    Mistake("kernel/patches/03-later/lines", "5.10\n", "5.10 is no line"),
    Mistake("kernel/patches/03-later/lines", nil, "does nothing for 6.12"),
    Mistake("kernel/patches/02-other/message", "a\n\n" + sign, "does nothing"),
    Mistake("kernel/patches/2-other/message", "a\n\n" + sign, "is not called NN-name"),
    Mistake("kernel/linux/kernel/new/forgotten.c", "int a;\n", "no patch adds this file"),
    Mistake("kernel/linux/kernel/new/new.c", "int a;\r\n", "carriage returns"),
    Mistake("kernel/linux/kernel/new/new.c", "int \0;\n", "is no text"),
    Mistake("kernel/linux/kernel/new/Makefile", "obj-y := else.o\n", "is not what the edits of"),
  ]

  @Test(arguments: mistakes) func `A mistake is said`(mistake: Mistake) throws {
    try SeriesFixture.with { fixture in
      let path = "project/" + mistake.path
      if let text = mistake.text {
        try fixture.write(path, text)
      } else {
        try FileManager.default.removeItem(at: fixture.folder.appending(path: path))
      }
      let error = #expect(throws: SeriesError.self) { _ = try fixture.series() }
      #expect(error?.description.contains(mistake.error) == true, "\(error?.description ?? "none")")
    }
  }

  @Test func `An emulator that is not the series' is refused`() {
    func refusal(_ bytes: [UInt8], version: UInt32? = 2) -> String {
      do {
        _ = try EmulatorBlob(bytes, target: "aarch64", path: "blob", version: version)
        return ""
      } catch {
        return error.description
      }
    }
    let blob = SeriesFixture.blob("aarch64")
    #expect(refusal(blob) == "")
    #expect(refusal(blob, version: 3).contains("the series' header virgil_blob.h says 3"))
    #expect(refusal(SeriesFixture.blob("x86_64")).contains("is for machine 0x8664; aarch64 is expected"))
    #expect(refusal(SeriesFixture.blob("aarch64", version: 1)) != "")
    #expect(refusal(Array(blob.prefix(0x80))) != "")
    #expect(refusal(Array(blob.dropLast())) != "")
    #expect(refusal(Array(repeating: 0x41, count: 5000)) != "")
  }
}
