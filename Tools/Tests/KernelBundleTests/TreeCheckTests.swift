// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Foundation
import Testing

@testable import KernelBundle

@Suite("virgil kernel-bundle --check") struct TreeCheckTests {
  private func check(_ fixture: SeriesFixture, _ more: [String] = []) throws -> Program.Output {
    try Program.run(
      [Program.virgil, "kernel-bundle", "--check", "tree", "--source", "project/kernel", "--emulators", "blobs"] + more,
      in: fixture.folder)
  }

  private func snapshot(_ fixture: SeriesFixture) throws -> String {
    try Program.run(
      ["sh", "-c", "find tree | sort; find tree -type f -exec sha256sum {} + | sort"], in: fixture.folder
    ).text
  }

  @Test func `A fresh tree takes the patches, and is left as it is`() throws {
    try SeriesFixture.with { fixture in
      try fixture.makeTree()
      try fixture.write("tree/.config", "CONFIG_EFI=y\n# CONFIG_KEXEC_FILE is not set\n")
      let before = try snapshot(fixture)
      let output = try check(fixture)
      #expect(output.status == 0, "\(output.text)")
      #expect(output.text.contains("Linux 6.12.3, patches for 6.12"))
      #expect(output.text.contains(" 2  applies  new: A subject so long"))
      #expect(output.text.contains("(binary: needs git)"))
      #expect(output.text.contains("note: .config has CONFIG_KEXEC_FILE=n"))
      #expect(!output.text.contains("CONFIG_EFI="))
      #expect(output.text.hasSuffix("the patches apply\n"))
      #expect(try snapshot(fixture) == before)
    }
  }

  @Test func `A conflict is named by file and line, and the others are judged by themselves`() throws {
    try SeriesFixture.with { fixture in
      try fixture.makeTree()
      try fixture.write("tree/kernel/Makefile", "# first\nobj-y := other.o\nobj-y += two.o\n")
      let output = try check(fixture)
      #expect(output.status == 1)
      #expect(output.text.contains(" 1  conflicts  new: Add something new\n      kernel/Makefile near line 1: "))
      #expect(output.text.contains(" 2  applies  "))
      #expect(output.text.contains("1 of 2 patches do not apply"))
    }
  }

  @Test func `Files that are missing, or in the way, are obstacles`() throws {
    try SeriesFixture.with { fixture in
      try fixture.makeTree()
      try fixture.write("tree/kernel/new/a.blob", "older")
      let older = try check(fixture)
      #expect(older.status == 1)
      #expect(older.text.contains("kernel/new/a.blob: is in the tree already"))
      try fixture.makeTree("7.2")
      try FileManager.default.removeItem(at: fixture.folder.appending(path: "tree/MAINTAINERS"))
      #expect(try check(fixture).text.contains("MAINTAINERS: is not in the tree"))
    }
  }

  @Test func `Patches that are there already are seen, all or some`() throws {
    try SeriesFixture.with { fixture in
      try fixture.makeTree()
      try fixture.commitTree()
      try fixture.makeBundle()
      #expect(try Program.run(["bundle/apply", "tree"], in: fixture.folder).status == 0)
      let all = try check(fixture)
      #expect(all.status == 0)
      #expect(all.text.hasSuffix("the patches are applied already\n"))
      let back = try Program.run(
        ["git", "reset", "-q", "--hard", "HEAD~1"], in: fixture.folder.appending(path: "tree"))
      #expect(back.status == 0)
      let some = try check(fixture)
      #expect(some.status == 1)
      #expect(some.text.contains("some patches are applied already; missing: 0002-"))
    }
  }

  @Test func `A tree of another version is tried with the nearest line`() throws {
    try SeriesFixture.with { fixture in
      for (version, line) in [("6.18", "6.12"), ("5.10", "6.12"), ("7.9", "7.2")] {
        try fixture.makeTree(version)
        let output = try check(fixture)
        #expect(output.status == 0)
        #expect(output.text.contains("those for \(line) were tried"), "\(output.text)")
      }
      #expect(try check(fixture, ["--kernel", "6.12"]).text.contains("patches for 6.12"))
    }
  }

  @Test func `JSON says the same`() throws {
    struct Report: Decodable {
      struct Patch: Decodable {
        struct Obstacle: Decodable {
          let file: String
          let line: Int?
        }
        let state: String
        let needsGit: Bool
        let obstacles: [Obstacle]
      }
      let line, release, state: String
      let lineMatches: Bool
      let patches: [Patch]
    }
    try SeriesFixture.with { fixture in
      try fixture.makeTree("7.2")
      try fixture.write("tree/MAINTAINERS", "first\nother\n")
      let output = try check(fixture, ["--json"])
      #expect(output.status == 1)
      let report = try JSONDecoder().decode(Report.self, from: Data(output.text.utf8))
      #expect(report.line == "7.2" && report.release == "7.2.3" && report.lineMatches && report.state == "conflicts")
      #expect(report.patches.map(\.state) == ["applies", "applies", "conflicts"])
      #expect(report.patches.map(\.needsGit) == [false, true, false])
      #expect(report.patches[2].obstacles.first?.file == "MAINTAINERS")
      #expect(report.patches[2].obstacles.first?.line == 1)
    }
  }

  @Test func `What is no kernel tree is said to be none`() throws {
    try SeriesFixture.with { fixture in
      let missing = try check(fixture)
      #expect(missing.status == 1)
      #expect(missing.text.contains("tree: is no kernel tree"))
      try fixture.write("tree/Makefile", "all:\n")
      try fixture.write("tree/kernel/Makefile", "all:\n")
      #expect(try check(fixture).text.contains("has no VERSION and PATCHLEVEL"))
    }
  }
}
