// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Bytes
import Foundation
import Testing

@testable import UKI
@testable import virgil

/// Parts that cannot be used, and what is said of them.
@Suite("parts of an image")
struct PartTests {
  private func inFolder(_ body: (URL) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("virgil-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    let files: [(String, [UInt8])] = [
      ("kernel", PEBuilder(machine: 0x8664).build()), ("stub", PEBuilder(machine: 0x8664).build()),
      ("broken.gz", [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 1, 2, 3]), ("text", Array("text".utf8)),
      ("ids/bad.json", Array("{}".utf8)),
      ("types/a.json", Array(#"{"type":"toaster","name":"a","compatible":"b","hwids":[]}"#.utf8)),
      ("both/a.json", Array(#"{"type":"uefi-fw","name":"a","compatible":"b","hwids":[]}"#.utf8)),
      ("uuid/a.json", Array(#"{"name":"a","compatible":"b","hwids":["0123"]}"#.utf8)),
      ("two/a", [1]), ("two/b", [2]), ("hollow/a", []),
    ]
    for (name, bytes) in files {
      let url = folder.appendingPathComponent(name)
      try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(bytes).write(to: url)
    }
    try body(folder)
  }

  private func compose(_ arguments: [String], in folder: URL) throws -> Command.Output {
    try Command.run(["compose", "--config", "/dev/null", "--stub", "stub"] + arguments, in: folder)
  }

  @Test func `What cannot be used is said, with where it is`() throws {
    let cases: [([String], Int32, String)] = [
      (["--linux", "broken.gz"], 1, "broken.gz: it is compressed, and cannot be unpacked"),
      (["--linux", "text"], 1, "text: not a PE file"),
      (["--linux", "kernel", "--efi-arch", "aa64"], 1, "kernel: the kernel is for x64, --efi-arch says aa64"),
      (["--linux", "kernel", "--hwids", "none"], 74, "none: no folder that can be read"),
      (["--linux", "kernel", "--hwids", "ids"], 1, "ids/bad.json: no description of hardware"),
      (["--linux", "kernel", "--hwids", "types"], 1, "types/a.json: type toaster is unknown"),
      (["--linux", "kernel", "--hwids", "both"], 1, "both/a.json: a description of type uefi-fw has fwid"),
      (["--linux", "kernel", "--hwids", "uuid"], 1, "uuid/a.json: 0123 is no hardware ID"),
      (["--linux", "kernel", "--efifw", "none"], 74, "none: no folder that can be read"),
      (["--linux", "kernel", "--efifw", "two"], 1, "two: it must hold exactly one file"),
      (["--linux", "kernel", "--efifw", "hollow"], 1, "hollow/a: a firmware image has 1 byte"),
      (["--linux", "kernel", "--join-profile", "text"], 1, "text: not a PE file"),
      (["--linux", "kernel", "--join-profile", "kernel"], 1, "kernel: it has no section that belongs to a profile"),
      (
        ["--linux", "kernel", "--section", ".osrel:x", "--section", ".osrel:y", "--os-release", ""], 1,
        ".osrel is given twice"
      ),
      (["--linux", "kernel", "--section", ".text:x"], 1, "stub: the stub has a section .text already"),
    ]
    try inFolder { folder in
      for (arguments, status, text) in cases {
        let output = try compose(arguments + ["--no-emulator", "-o", "out.efi"], in: folder)
        #expect(output.status == status, "\(arguments)")
        #expect(
          output.standardError.contains("virgil: error: \(text)") || output.standardError.contains(text),
          "\(output.standardError)")
        #expect(output.standardError.split(separator: "\n").count == 1)
        #expect(!FileManager.default.fileExists(atPath: folder.appendingPathComponent("out.efi").path))
      }
    }
  }

  @Test func `An empty text leaves a part out, and this machine's os-release is there by itself`() throws {
    try inFolder { folder in
      func names(_ arguments: [String]) throws -> [String] {
        let output = try compose(["--linux", "kernel", "--no-emulator", "-o", "out.efi"] + arguments, in: folder)
        #expect(output.status == 0, "\(output.standardError)")
        return IndependentPE([UInt8](try Data(contentsOf: folder.appendingPathComponent("out.efi")))).sections.map(
          \.name)
      }
      let least = try names(["--os-release", "", "--uname", "", "--cmdline", "", "--hwids", ""])
      #expect(least == [".text", ".data", ".linux", ".sbat"])
      let hasOwn = ["/etc/os-release", "/usr/lib/os-release"].contains(where: FileManager.default.fileExists)
      let usual = try names(["--hwids", ""])
      #expect(usual.contains(".osrel") == hasOwn)
    }
  }

  @Test func `A dry run of a plain UKI shows its layout`() throws {
    try inFolder { folder in
      let run = ["--linux", "kernel", "--os-release", "ID=x", "--no-emulator", "--dry-run"]
      let text = try compose(run, in: folder).standardOutput
      #expect(text.hasPrefix("UKI: ") && text.contains(".osrel") && text.contains("the kernel"))
      let json = try compose(run + ["--json"], in: folder).standardOutput
      let report = try #require(JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
      #expect(report["kind"] as? String == "uki")
      let addon = try compose(["--cmdline", "x", "--dry-run"], in: folder).standardOutput
      #expect(addon.hasPrefix("add-on: "))
      let profile = try compose(["--profile", "ID=x", "--cmdline", "x", "--dry-run"], in: folder).standardOutput
      #expect(profile.hasPrefix("profile: "))
      #expect(try compose(["--cmdline", "x", "-o", "y", "--json"], in: folder).status == 64)
    }
  }

  @Test func `Profiles and configurations of any bytes are survived`() throws {
    var builder = PEBuilder()
    builder.sections.append(.init(name: ".profile", rva: 0x6000, memorySize: 5, data: Array("ID=a\n".utf8)))
    builder.sections.append(.init(name: ".cmdline", rva: 0x7000, memorySize: 2, data: Array("ab".utf8)))
    var accepted = 0
    forEachMutation(of: builder.build(), count: 3000, seed: 8) { view in
      guard let parts = try? ProfileSections.parts(of: view, withRelease: true) else { return }
      accepted += 1
      // Every byte of them can be read.
      for part in parts { try? part.contents.write { bytes in _ = bytes.reduce(0) { $0 &+ Int($1) } } }
    }
    #expect(accepted > 100)
    var read = 0
    forEachMutation(of: Array("[UKI]\nLinux = a\n  b # c\n[PCRSignature:x]\nPhases=d\n".utf8), count: 3000, seed: 9) {
      view in
      if (try? INIFile(String(decoding: view.buffer, as: UTF8.self))) != nil { read += 1 }
    }
    #expect(read > 100)
  }

  @Test func `The first default configuration that is there counts`() throws {
    try inFolder { folder in
      #expect(ComposeConfiguration.defaultPath(root: folder.path) == nil)
      for path in ["/usr/lib/systemd", "/run/systemd", "/etc/systemd"] {
        let place = folder.path + path
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
        try Data().write(to: URL(fileURLWithPath: place + "/ukify.conf"))
        #expect(ComposeConfiguration.defaultPath(root: folder.path) == place + "/ukify.conf")
      }
    }
  }
}
