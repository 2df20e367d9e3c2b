// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Foundation
import SystemPackage
import Testing

@testable import Guests

@Suite(.enabled(if: BootFixture.obstacle == nil, "material is missing")) struct ExportTests {
  static func contents(of folder: FilePath) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.string).sorted()
  }

  /// An x86_64 PE header is all that preparing a boot looks at.
  static func scenario(in folder: FilePath) throws -> Scenario {
    let path = folder.appending("image")
    try Data(ScenarioTests.pe(at: 0x80, machine: [0x64, 0x86])).write(to: URL(fileURLWithPath: path.string))
    return try Scenario(image: try BootImage(path: path))
  }

  @Test func theFolderHasWhatItsDescriptionNames() async throws {
    let material = try #require(BootFixture.material)
    try await TemporaryFolder.with { folder in
      var scenario = try Self.scenario(in: folder)
      scenario.firstFirmware = true
      let exported = folder.appending("exported")
      try await scenario.export(to: exported, material: material)
      #expect(try Self.contents(of: exported) == ["boot.json", "code.fd", "initrd", "kernel", "vars.fd"])
      let json = try Data(contentsOf: URL(fileURLWithPath: exported.appending("boot.json").string))
      let boot = try #require(try JSONSerialization.jsonObject(with: json) as? [String: Any])
      #expect(boot["kernel"] as? String == "kernel")
      #expect(boot["initrd"] as? String == "initrd")
      #expect(boot["firmware"] as? [String] == ["code.fd", "vars.fd"])
      let qemu = try #require(boot["qemu"] as? [String])
      #expect(qemu.first == "qemu-system-x86_64")
      // Nothing outside of the folder is named.
      #expect(!qemu.contains { $0.contains(folder.string) || $0.contains(material.root.string) })
    }
  }

  @Test func aFolderThatIsThereIsLeftAlone() async throws {
    let material = try #require(BootFixture.material)
    try await TemporaryFolder.with { folder in
      let scenario = try Self.scenario(in: folder)
      await #expect(throws: Scenario.Failure.self) { try await scenario.export(to: folder, material: material) }
      await #expect(throws: Scenario.Failure.self) {
        try await scenario.export(to: folder.appending("missing").appending("exported"), material: material)
      }
      #expect(try Self.contents(of: folder) == ["image"])
    }
  }

  @Test func whatFailsLeavesNothing() async throws {
    let material = try #require(BootFixture.material)
    try await TemporaryFolder.with { folder in
      var scenario = try Self.scenario(in: folder)
      scenario.initrd = folder.appending("missing")
      await #expect(throws: (any Error).self) {
        try await scenario.export(to: folder.appending("exported"), material: material)
      }
      #expect(try Self.contents(of: folder) == ["image"])
    }
  }
}
