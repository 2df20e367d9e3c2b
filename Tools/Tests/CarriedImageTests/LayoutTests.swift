// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Bytes
import Foundation
import Testing

@testable import CarriedImage

#if canImport(FoundationXML)
  import FoundationXML
#endif

/// What `compose --dry-run` and `inspect` show of a layout.
@Suite("layouts")
struct LayoutTests {
  private static let snapshots = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("Snapshots")

  /// Compares with a file; VIRGIL_RECORD=1 writes it instead.
  private func snapshot(_ text: String, _ name: String) throws {
    let url = Self.snapshots.appendingPathComponent(name)
    if ProcessInfo.processInfo.environment["VIRGIL_RECORD"] == "1" {
      try Data(text.utf8).write(to: url)
      return
    }
    let expected = try String(contentsOf: url, encoding: .utf8)
    #expect(text == expected, "differs from Snapshots/\(name); VIRGIL_RECORD=1 writes it anew")
  }

  private func inFolder(_ body: (URL) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("virgil-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    for (machine, name) in [(0xaa64, "aarch64"), (0x8664, "x86_64")] as [(UInt16, String)] {
      try Data(Fixture.payload(machine).build()).write(to: folder.appendingPathComponent("\(name).efi"))
      try Data(Fixture.blob(machine: machine)).write(to: folder.appendingPathComponent("\(name).blob"))
    }
    try Data(pattern(3000, 1)).write(to: folder.appendingPathComponent("initrd"))
    try body(folder)
  }

  private static let architectures = ["aarch64", "x86_64"]

  private func compose(_ architecture: String, _ arguments: [String], in folder: URL) throws -> String {
    let output = try Command.run(
      [
        "compose", "\(architecture).efi", "--emulator", "\(architecture).blob", "--initrd", "initrd", "--sidecar",
        "initrd:x.cred",
      ] + arguments, in: folder)
    #expect(output.status == 0, "\(output.standardError)")
    return output.standardOutput
  }

  @Test(arguments: architectures)
  func `The plan is a table, the kexec commands, and the same as JSON`(architecture: String) throws {
    try inFolder { folder in
      try snapshot(compose(architecture, ["--dry-run"], in: folder), "plan-\(architecture).txt")
      let text = try compose(architecture, ["--dry-run", "--json", "-o", "a b.efi"], in: folder)
      try snapshot(text, "plan-\(architecture).json")
      let plan = try #require(JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
      let kexec = try #require(plan["kexec"] as? [String: String])
      #expect(kexec["load"] == "kexec --load 'a b.efi' --command-line=' '")
      #expect((kexec["fileLoad"] != nil) == (architecture == "x86_64"))
      // Nothing was written, and the file that would be is as long as the parts say.
      #expect(!FileManager.default.fileExists(atPath: folder.appendingPathComponent("a b.efi").path))
      let parts = try #require(plan["parts"] as? [[String: Any]])
      let end = try #require(parts.last.map { ($0["fileOffset"] as? Int ?? 0) + ($0["fileSize"] as? Int ?? 0) })
      _ = try compose(architecture, ["-o", "out.efi"], in: folder)
      #expect(try Data(contentsOf: folder.appendingPathComponent("out.efi")).count == end)
      #expect(plan["size"] as? Int == end)
    }
  }

  @Test(arguments: architectures)
  func `inspect draws the layout as text and as a picture`(architecture: String) throws {
    try inFolder { folder in
      _ = try compose(architecture, ["-o", "out.efi"], in: folder)
      let text = try Command.run(["inspect", "out.efi"], in: folder).standardOutput
      try snapshot(text, "inspect-\(architecture).txt")
      let picture = try Command.run(["inspect", "--svg", "-", "out.efi"], in: folder).standardOutput
      try snapshot(picture, "inspect-\(architecture).svg")
      #expect(try Command.run(["inspect", "--svg", "out.svg", "out.efi"], in: folder).status == 0)
      let data = try Data(contentsOf: folder.appendingPathComponent("out.svg"))
      #expect(String(decoding: data, as: UTF8.self) == picture)
      #expect(XMLParser(data: data).parse())
      // Nothing is fetched from elsewhere.
      #expect(!picture.contains("href") && picture.components(separatedBy: "http").count == 2)
      #expect(picture.contains("prefers-color-scheme:dark") && picture.contains("<g><title>"))
    }
  }

  @Test func `A map has every byte once, and parts inside of their regions`() throws {
    for machine in [0xaa64, 0x8664] as [UInt16] {
      try Fixture.carry(Fixture.payload(machine).build(), Fixture.blob(machine: machine)) { _, file in
        let report = try file.withUnsafeBytes { try ImageReport(file: "x", bytes: ByteView($0)) }
        let map = FileMap(report)
        var end = 0
        for region in map.regions {
          #expect(region.offset == end)
          end = region.end
          for part in region.parts { #expect(part.offset >= region.offset && part.end <= region.end, "\(part.name)") }
        }
        #expect(end == file.count)
        #expect(map.regions.first { $0.name == ".virgil" }?.parts.map(\.name) == ["block", "headers", "emulator"])
      }
    }
  }

  @Test func `A name that is markup stays text`() throws {
    try inFolder { folder in
      var builder = PEBuilder()
      builder.sections[1].name = "<g>&\"'"
      try Data(builder.build()).write(to: folder.appendingPathComponent("<b>\u{7}&.efi"))
      let output = try Command.run(["inspect", "--svg", "-", "<b>\u{7}&.efi"], in: folder)
      #expect(output.status == 0)
      #expect(XMLParser(data: Data(output.standardOutput.utf8)).parse())
      #expect(
        output.standardOutput.contains("&lt;g&gt;&amp;&quot;'") && output.standardOutput.contains("&lt;b&gt;?&amp;.efi")
      )
    }
  }

  @Test func `Pictures of any file are well-formed, and maps have their width`() {
    forEachMutation(of: Fixture.payload(0x8664).build(), count: 2000, seed: 21) { view in
      guard let report = try? ImageReport(file: "x", bytes: view) else { return }
      let map = FileMap(report)
      #expect(map.regions.allSatisfy { $0.offset >= 0 && $0.size >= 0 })
    }
  }

  @Test func `A signature that is left out is said`() throws {
    try inFolder { folder in
      let plain = Fixture.payload(0xaa64).build()
      var signed = Fixture.payload(0xaa64)
      signed.directories.append((4, UInt32(plain.count), 24))
      // A WIN_CERTIFICATE of 12 bytes, padded to 16, and the head of an empty one.
      signed.tail = [12, 0, 0, 0, 0, 2, 2, 0, 1, 2, 3, 4, 0, 0, 0, 0, 8, 0, 0, 0, 0, 2, 2, 0]
      try Data(signed.build()).write(to: folder.appendingPathComponent("signed.efi"))
      let note =
        "the payload's signature (24 bytes, by somebody whose certificate cannot be read) does not cover the new file and is "
        + "left out: sign the new file"
      let output = try Command.run(
        ["compose", "signed.efi", "--emulator", "aarch64.blob", "-o", "out.efi"], in: folder)
      #expect(output.status == 0)
      #expect(output.standardError == "virgil: note: \(note)\n")
      let plan = try Command.run(["compose", "signed.efi", "--emulator", "aarch64.blob", "--dry-run"], in: folder)
      #expect(plan.standardOutput.contains("note: \(note)\n"))
      let before = try Command.run(["inspect", "signed.efi"], in: folder).standardOutput
      #expect(before.contains("12 bytes at 0x\(String(plain.count, radix: 16)), DOES NOT HOLD"))
      #expect(before.contains("certificates"))
      let after = try Command.run(["inspect", "--json", "out.efi"], in: folder).standardOutput
      #expect(!after.contains("certificateTable"))
    }
  }
}
