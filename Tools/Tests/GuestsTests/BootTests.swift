// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Foundation
import SystemPackage
import Testing

@testable import Guests

/// Boots of real kernels, without the emulator: what fails here is the first kernel, its initramfs, kexec, or QEMU.
@Suite(
  .enabled(if: BootFixture.obstacle == nil, "\(BootFixture.obstacle ?? "")"), .serialized, .timeLimit(.minutes(10)))
struct BootTests {
  struct Case: CustomTestStringConvertible, Sendable {
    var architecture: Architecture
    var road: Scenario.Road
    var cpus = 1
    var memory = Memory(mebibytes: 1024)
    var exceptionLevel = 1
    var firstFirmware = false
    var efi: Bool

    var testDescription: String {
      "\(architecture.rawValue) \(road.rawValue) cpus=\(cpus) memory=\(memory) el=\(exceptionLevel) "
        + "first-firmware=\(firstFirmware)"
    }
  }

  static let kernels = [
    Case(architecture: .aarch64, road: .kexec, efi: false),
    Case(architecture: .aarch64, road: .kexec, exceptionLevel: 2, efi: false),
    Case(architecture: .aarch64, road: .kexec, cpus: 4, memory: Memory(mebibytes: 6144), efi: false),
    Case(architecture: .aarch64, road: .kexec, firstFirmware: true, efi: true),
    Case(architecture: .aarch64, road: .firmware, efi: true),
    Case(architecture: .x86_64, road: .kexec, efi: false),
    Case(architecture: .x86_64, road: .kexecFile, efi: false),
    Case(architecture: .x86_64, road: .kexecFile, firstFirmware: true, efi: true),
    Case(architecture: .x86_64, road: .kexec, cpus: 4, memory: Memory(mebibytes: 6144), efi: false),
    Case(architecture: .x86_64, road: .firmware, efi: true),
  ]

  @Test(arguments: kernels)
  func aBareKernelGetsItsCommandLineAndInitrd(_ test: Case) async throws {
    let material = try #require(BootFixture.material)
    try await TemporaryFolder.with { folder in
      let marks = try BootFixture.Marks(test.architecture, in: folder, material)
      let kernel = try material.kernel(test.architecture, line: "6.12")
      var scenario = try Scenario(image: BootImage(path: kernel.image))
      scenario.road = test.road
      scenario.cpus = test.cpus
      scenario.memory = test.memory
      scenario.exceptionLevel = test.exceptionLevel
      scenario.firstFirmware = test.firstFirmware
      scenario.initrd = marks.initrd
      scenario.commandLine = marks.commandLine
      let result = try await run(scenario, in: folder, material)
      #expect(result.value(of: "release") == kernel.release)
      // EDK2's kernel loader adds an initrd= to it.
      let commandLine = marks.commandLine + (test.road == .firmware ? " initrd=initrd" : "")
      #expect(result.value(of: "cmdline") == commandLine)
      #expect(result.value(of: "initrd-sha256") == marks.sha256)
      #expect(result.value(of: "cpus") == String(test.cpus))
      #expect(result.value(of: "efi") == (test.efi ? "yes" : "no"))
      if test.architecture == .aarch64 { #expect(result.value(of: "el") == "EL\(test.exceptionLevel)") }
      if test.road != .firmware {
        #expect(result.phases.map(\.phase) == Array(GuestProgress.Phase.allCases.dropFirst()))
      }
    }
  }

  @Test(arguments: Architecture.allCases)
  func firmwareBootsAUKIFromADisk(_ architecture: Architecture) async throws {
    let material = try #require(BootFixture.material)
    try await TemporaryFolder.with { folder in
      let marks = try BootFixture.Marks(architecture, in: folder, material)
      let path = folder.appending("test.efi")
      try BootFixture.makeUKI(architecture, marks: marks, at: path, material)
      var scenario = try Scenario(image: BootImage(path: path))
      scenario.road = .firmware
      let result = try await run(scenario, in: folder, material)
      #expect(scenario.architecture == architecture)
      #expect(result.value(of: "cmdline") == marks.commandLine)
      #expect(result.value(of: "initrd-sha256") == marks.sha256)
      #expect(result.value(of: "efi-line")?.contains("EDK II") == true)
      #expect(result.value(of: "efivars-loader")?.contains("StubInfo") == true)
    }
  }

  private func run(_ scenario: Scenario, in folder: FilePath, _ material: Material) async throws -> GuestResult {
    let prepared = try await scenario.prepare(in: folder, material: material)
    let result = try await Guest(machine: prepared.machine, timeout: .seconds(120)).run { _ in }
    #expect(result.outcome == .reached, "\(result.lastLines.joined(separator: "\n"))")
    #expect(result.exit == .itself)
    return result
  }
}
