// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Foundation
import Testing

@testable import Release

@Suite("virgil release") struct CommandTests {
  @Test func `A release is made, is what it says, and is the same the second time`() throws {
    try ReleaseFixture.withProject { fixture in
      let made = try fixture.release([])
      #expect(made.status == 0, "\(made.text)")
      #expect(made.text.contains("it is not signed: no --sign-key was given"))
      let again = try fixture.release(
        ["--output", "../again"], environment: ["TZ": "Asia/Tokyo", "LANG": "tr_TR.UTF-8"])
      #expect(again.status == 0)
      try fixture.shell("diff -r p/artefacts/release again && cd again && sha256sum --check --quiet SHA256SUMS")
      let manifest = try Manifest.read(fixture.path("again/manifest.json"))
      #expect(manifest.version == "1.2.3" && manifest.sourceDateEpoch == 1_700_000_000 && !manifest.source.dirty)
      #expect(
        manifest.tarballs.map(\.part)
          == ["source", "emulators", "emulators-debug", "kernel-bundle", "programs", "headers-docs"])
      #expect(manifest.tarballs[0].members.first { $0.path == "run" }?.mode == "0755")
      #expect(manifest.tarballs[0].members.first { $0.path == "link" }?.target == "README.md")
      let verified = try fixture.release(["--verify", "../again", "--no-rebuild"])
      #expect(verified.status == 0 && verified.text.contains("all as they should be"))
      let dated = try fixture.release(["--output", "../dated"], environment: ["SOURCE_DATE_EPOCH": "1600000000"])
      #expect(dated.status == 0)
      #expect(try Manifest.read(fixture.path("dated/manifest.json")).date == "2020-09-13T12:26:40Z")
    }
  }

  @Test func `What is not right is said, and nothing is written`() throws {
    try ReleaseFixture.withProject { fixture in
      func refused(_ change: String, _ reason: String, status: Int32 = 1) throws {
        try fixture.shell("rm -rf keep && cp -a p keep && cd p && \(change)")
        let output = try fixture.release([])
        #expect(output.status == status && output.text.contains(reason), "\(change): \(output.text)")
        #expect(!fixture.exists("p/artefacts/release"), "\(change)")
        try fixture.shell("rm -rf p && mv keep p")
      }
      try refused("echo >>README.md", "not as committed (README.md)")
      try refused("touch new", "not as committed (new)")
      try refused("rm artefacts/virgil", "artefacts/virgil: is not there; make tool makes it", status: 74)
      try refused("echo >>artefacts/virgil-aarch64.blob", "describes another blob")
      try refused("echo x >artefacts/virgil", "not an ELF file")
      try refused("rm -r artefacts/kernel-bundle", "make kernel-bundle makes it", status: 74)
      try refused(
        "mkdir -p artefacts/kernel-bundle/6.12/firmware/virgil; echo >artefacts/kernel-bundle/6.12/firmware/virgil/aarch64.blob",
        "has another emulator for aarch64")
      try refused("echo 1.2 >VERSION; git commit -qam x", "is no version such as 1.2.3")
      try refused("rm -r .git", "neither a git checkout nor an unpacked source tarball")
      try refused("ln -s /etc/passwd out; git add out; git commit -qm x", "which is outside of the source")
      try refused("touch 'a b'; git add -A; git commit -qm x", "is no name for a release")
    }
  }

  @Test func `A source with changes is taken when that is wanted, and marked`() throws {
    try ReleaseFixture.withProject { fixture in
      try fixture.write("p/new", "new")
      let output = try fixture.release(["--allow-dirty"])
      #expect(output.status == 0, "\(output.text)")
      let manifest = try Manifest.read(fixture.path("p/artefacts/release/manifest.json"))
      #expect(manifest.version == "1.2.3+dirty" && manifest.source.dirty)
      #expect(manifest.tarballs[0].members.contains { $0.path == "new" })
    }
  }

  @Test func `A folder that is there stays, but for a release and by force`() throws {
    try ReleaseFixture.withProject { fixture in
      try fixture.write("out/mine", "mine")
      #expect(try fixture.release(["--output", "../out"]).text.contains("is there already; --force replaces it"))
      #expect(try fixture.release(["--output", "../out", "--force"]).text.contains("is no release: it is left alone"))
      #expect(fixture.exists("out/mine"))
      let key = try fixture.release(["--output", "../new", "--sign-key", "none.pem"])
      #expect(key.status == 74 && key.text.contains("none.pem: no such key"))
      let names = try FileManager.default.contentsOfDirectory(atPath: fixture.folder.path)
      #expect(Set(names) == ["p", "out"])
    }
  }

  @Test func `A dry run prints the plan and writes nothing`() throws {
    try ReleaseFixture.withProject { fixture in
      let plan = try fixture.release(["--dry-run"])
      #expect(
        plan.status == 0 && plan.text.contains("virgil-1.2.3-headers-docs.tar.xz, virgil-1.2.3-headers-docs.tar.zst"))
      #expect(plan.text.contains("no signature"))
      let json = try fixture.release(["--dry-run", "--json"])
      let object = try JSONSerialization.jsonObject(with: Data(json.text.utf8)) as? [String: Any]
      #expect((object?["tarballs"] as? [Any])?.count == 6)
      #expect(!fixture.exists("p/artefacts/release"))
    }
  }

  @Test(arguments: [
    ["--verify", "x", "--force"], ["--verify", "x", "--no-rebuild", "--source", "y"], ["--key", "x"], ["--no-rebuild"],
    ["--dist", "--sign-key", "x"], ["--dist", "--dry-run"], ["more"],
  ]) func `A wrong command line is said to be one`(arguments: [String]) throws {
    try ReleaseFixture.withProject { fixture in
      let output = try fixture.release(arguments)
      #expect(output.status == 64)
    }
  }
}
