// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Foundation
import Testing

@testable import KernelBundle

@Suite("virgil kernel-bundle") struct BundleTests {
  private func virgil(
    _ fixture: SeriesFixture, _ arguments: [String], source: String = "project/kernel", shell: String = "exec \"$@\"",
    environment: [String: String] = [:]
  ) throws -> Program.Output {
    try Program.run(
      ["sh", "-c", shell, "sh", Program.virgil, "kernel-bundle", "--source", source, "--emulators", "blobs"]
        + arguments,
      in: fixture.folder, environment: environment)
  }

  @Test func `A bundle has all that its checksums name, and they hold`() throws {
    try SeriesFixture.with { fixture in
      try fixture.write("blobs/kexec-efi-load-aarch64", "program")
      try fixture.write("project/kernel/kexec-tools/0001-a.patch", "patch")
      let output = try virgil(fixture, ["--kernel", "6.12", "--output", "out"])
      #expect(output.status == 0)
      #expect(output.text.contains("there is no kexec-efi-load-x86_64"))
      let sums = try Program.run(["sha256sum", "--check", "SHA256SUMS"], in: fixture.folder.appending(path: "out"))
      #expect(sums.status == 0)
      let names = sums.text.split(separator: "\n").map { String($0.split(separator: ":")[0]) }
      #expect(
        names == [
          "0000-cover-letter.patch", "README.md", "apply", "firmware/virgil/aarch64.blob",
          "firmware/virgil/x86_64.blob",
          "kexec-tools/0001-a.patch", "loader/kexec-efi-load-aarch64", "patches/0001-new-Add-something-new.patch",
          "patches/0002-new-A-subject-so-long-that-it-has-to-be-folded-in-a.patch",
        ])
      #expect(try fixture.text("out/README.md") == "For 6.12 of linux-source-6.12: 2 patches.\n")
      for name in ["apply", "loader/kexec-efi-load-aarch64"] {
        #expect(FileManager.default.isExecutableFile(atPath: fixture.folder.appending(path: "out/" + name).path))
      }
    }
  }

  @Test func `Bytes depend on nothing but the series`() throws {
    try SeriesFixture.with { fixture in
      #expect(try virgil(fixture, ["--all", "--output", "one.tar"]).status == 0)
      try FileManager.default.copyItem(
        at: fixture.folder.appending(path: "project"), to: fixture.folder.appending(path: "elsewhere/again"))
      let again = try virgil(
        fixture, ["--all", "--output", "two.tar"], source: "elsewhere/again/kernel", shell: "umask 077; exec \"$@\"",
        environment: ["TZ": "Asia/Tokyo", "LANG": "tr_TR.UTF-8"])
      #expect(again.status == 0)
      #expect(try fixture.bytes("one.tar") == fixture.bytes("two.tar"))
      let dated = try virgil(
        fixture, ["--kernel", "6.12", "--output", "dated"], environment: ["SOURCE_DATE_EPOCH": "1700000000"])
      #expect(dated.status == 0)
      #expect(try fixture.text("dated/0000-cover-letter.patch").contains("\nDate: Tue, 14 Nov 2023 22:13:20 +0000\n"))
      let list = try Program.run(["tar", "-tf", "one.tar"], in: fixture.folder).text
      #expect(list.contains("virgil-kernel/7.2/patches/0003-later-For-the-later-line-only.patch\n"))
    }
  }

  @Test func `An output that is there stays, but for a bundle and by force`() throws {
    try SeriesFixture.with { fixture in
      try fixture.write("out/mine", "mine")
      let there = try virgil(fixture, ["--kernel", "6.12", "--output", "out"])
      #expect(there.status == 1)
      #expect(there.text.contains("out: is there already; --force replaces it"))
      let forced = try virgil(fixture, ["--kernel", "6.12", "--output", "out", "--force"])
      #expect(forced.status == 1)
      #expect(forced.text.contains("is no bundle of patches"))
      #expect(try fixture.text("out/mine") == "mine")
      #expect(try virgil(fixture, ["--kernel", "6.12"]).status == 0)
      #expect(try virgil(fixture, ["--kernel", "6.12", "--force"]).status == 0)
      #expect(fixture.exists("virgil-kernel-6.12/SHA256SUMS"))
      let names = try FileManager.default.contentsOfDirectory(atPath: fixture.folder.path)
      #expect(Set(names) == ["project", "blobs", "out", "virgil-kernel-6.12"])
    }
  }

  @Test func `A failure leaves nothing`() throws {
    try SeriesFixture.with { fixture in
      try fixture.write("blobs/virgil-x86_64.blob", "no blob")
      let output = try virgil(fixture, ["--kernel", "6.12", "--output", "out"])
      #expect(output.status == 1)
      #expect(output.text.contains("blobs/virgil-x86_64.blob: "))
      #expect(Set(try FileManager.default.contentsOfDirectory(atPath: fixture.folder.path)) == ["project", "blobs"])
      #expect(try virgil(fixture, ["--kernel", "5.10"]).text.contains("there are 6.12, 7.2"))
    }
  }

  @Test(arguments: [
    [], ["--kernel", "6.12", "--all"], ["--list", "--check", "tree"], ["--list", "--force"],
    ["--kernel", "6.12", "--json"],
    ["--kernel", "6.12", "--output", "a.tar.gz"], ["--check", "tree", "--output", "a"],
  ]) func `A wrong command line is said to be one`(arguments: [String]) throws {
    try SeriesFixture.with { fixture in
      let output = try virgil(fixture, arguments)
      #expect(output.status == 64)
    }
  }

  @Test func `The list has each line's patches`() throws {
    try SeriesFixture.with { fixture in
      let text = try virgil(fixture, ["--list"]).text
      #expect(
        text == """
          6.12  linux-source-6.12 (trixie)
            01  new: Add something new
            02  new: A subject so long that it has to be folded in a mail, by a lot
          7.2  linux-source-7.2 (sid, trixie-backports)
            01  new: Add something new
            02  new: A subject so long that it has to be folded in a mail, by a lot
            03  later: For the later line only

          """)
      let json = try virgil(fixture, ["--list", "--json", "--kernel", "7.2"]).text
      let object = try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: [[String: Any]]]
      #expect((object?["lines"]?.first?["patches"] as? [Any])?.count == 3)
    }
  }

  @Test func `apply changes a tree wholly or not at all`() throws {
    try SeriesFixture.with { fixture in
      try fixture.makeTree()
      try fixture.makeBundle()
      func apply(_ options: [String] = []) throws -> Program.Output {
        try Program.run(["bundle/apply"] + options + ["tree"], in: fixture.folder)
      }
      #expect(try apply(["--check"]).text.contains("all patches apply"))
      #expect(!fixture.exists("tree/kernel/new"))
      // A folder that is no repository, with a conflict in the first patch of two.
      try fixture.write("tree/kernel/Makefile", "other\n")
      #expect(try apply().status == 1)
      #expect(!fixture.exists("tree/kernel/new"))
      // The same as a repository.
      try fixture.commitTree()
      let failed = try apply()
      #expect(failed.status == 1 && failed.text.contains("git am failed"))
      #expect(!fixture.exists("tree/kernel/new") && !fixture.exists("tree/.git/rebase-apply"))
      // A change that is not committed.
      try fixture.makeTree()
      #expect(try apply().text.contains("changes that are not committed"))
      try FileManager.default.removeItem(at: fixture.folder.appending(path: "tree/.git"))
      #expect(try apply().status == 0)
      #expect(try fixture.bytes("tree/kernel/new/a.blob") == SeriesFixture.blob("aarch64"))
      // Another version, and a damaged bundle.
      try fixture.makeTree("7.2")
      #expect(try apply().text.contains("is Linux 7.2, these patches are for 6.12"))
      try fixture.write("bundle/README.md", "altered")
      #expect(try apply().text.contains("this bundle is damaged"))
    }
  }
}
