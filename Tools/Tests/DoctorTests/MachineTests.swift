// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Foundation
import Testing

@testable import Doctor

/// Real machines' facts, judged.
@Suite("Recorded machines")
struct MachineTests {
  typealias Expected = (load: Ability.Answer, file: Ability.Answer, any: Ability.Answer)

  /// What was seen to work on them, by Tests/boot and Tests/kernel.
  static let roads: [String: Expected] = [
    "x86_64-bios": (.yes, .yes, .no),
    "x86_64-efi": (.yes, .yes, .no),
    // Signed by the key that the firmware trusts.
    "x86_64-secure-boot": (.no, .signed, .no),
    // Locked down without Secure Boot: no certificate but the one that the kernel's modules are signed by.
    "x86_64-lockdown": (.no, .no, .no),
    "x86_64-disabled": (.no, .no, .no),
    "x86_64-limited": (.yes, .yes, .no),
    "x86_64-series": (.yes, .yes, .yes),
    "aarch64-devicetree": (.yes, .no, .no),
    "aarch64-efi": (.yes, .no, .no),
    "aarch64-old": (.yes, .no, .no),
    "aarch64-series": (.yes, .yes, .yes),
  ]

  @Test func `Each recorded machine is expected to be something`() {
    #expect(Machine.names.sorted() == Self.roads.keys.sorted())
  }

  @Test(arguments: Machine.names) func `The roads are those that were seen`(_ name: String) throws {
    let facts = try Machine(name: name).facts()
    let expected = try #require(Self.roads[name])
    let roads = Ability(facts)
    #expect((roads.kexecLoad, roads.kexecFileLoad) == (expected.load, expected.file))
    #expect(roads.anyImage == (expected.any == .yes ? expected.file : expected.any))
    #expect(roads.canCarry == (expected.load != .no || expected.file != .no))
    #expect(facts.architecture == (name.hasPrefix("aarch64") ? "aarch64" : "x86_64"))
  }

  @Test(arguments: Machine.names, ["2.0.29", nil]) func `What blocks is said, and nothing else is called that`(
    _ name: String, _ kexecTools: String?
  ) throws {
    let facts = try Machine(name: name).facts(kexecTools: kexecTools)
    #expect(Ability(facts).canCarry == !facts.findings.contains { $0.verdict == .blocks })
    let ids = facts.findings.map(\.id)
    #expect(Set(ids).count == ids.count)
    for finding in facts.findings where finding.verdict == .blocks || finding.verdict == .limits {
      #expect(finding.why != nil || finding.action != nil, "\(finding.id)")
    }
  }

  @Test(arguments: Machine.names) func `The report is the one that is kept`(_ name: String) throws {
    let text = DoctorReport(try Machine(name: name).facts()).text + "\n"
    let file = Machine.folder.deletingLastPathComponent().appendingPathComponent("Reports/\(name).txt")
    if ProcessInfo.processInfo.environment["VIRGIL_MAKE_SNAPSHOTS"] != nil {
      try text.write(to: file, atomically: true, encoding: .utf8)
    }
    #expect(
      try String(contentsOf: file, encoding: .utf8) == text, "Reports/\(name).txt; if this is right: make snapshots")
    #expect(text.split(separator: "\n").allSatisfy { $0.count <= 80 })
  }

  @Test(arguments: Machine.names) func `JSON carries all facts`(_ name: String) throws {
    let report = DoctorReport(try Machine(name: name).facts())
    let read = try JSONDecoder().decode(DoctorReport.self, from: Data(report.json().utf8))
    #expect(read.facts == report.facts)
    #expect(try DoctorReport(read.facts).json() == report.json())
  }

  @Test func `What they say of Secure Boot, firmware and memory is read`() throws {
    let secure = try Machine(name: "x86_64-secure-boot").facts()
    #expect(secure.trust.secureBoot == true && secure.trust.setupMode == false)
    #expect(secure.trust.lockdown == "integrity")
    #expect(secure.signers == ["own"])
    #expect(secure.kexec.load != .permitted)
    let bios = try Machine(name: "x86_64-bios").facts()
    #expect(!bios.firmware.isEFI && bios.trust.secureBoot == nil)
    #expect(bios.kexec.crashMemory == 256 << 20)
    #expect(bios.signers == [] && bios.trust.keyrings?[".builtin_trusted_keys"] == 1)
    let arm = try Machine(name: "aarch64-efi").facts()
    #expect(arm.firmware.isEFI && arm.firmware.efiBits == 64 && arm.firmware.efivarsMounted && arm.firmware.hasACPI)
    #expect(arm.firmware.hasDeviceTree && !arm.firmware.deviceTreeHasMemory)
    #expect(arm.trust.secureBoot == false)
    let tree = try Machine(name: "aarch64-devicetree").facts()
    #expect(tree.firmware.deviceTreeHasMemory && tree.firmware.model == "linux,dummy-virt" && !tree.firmware.isEFI)
    #expect(tree.kexec.fileLoad == .absent)
    #expect(try Machine(name: "x86_64-disabled").facts().kexec.isDisabled == true)
    #expect(try Machine(name: "x86_64-limited").facts().kexec.rebootLimit == 1)
  }
}
