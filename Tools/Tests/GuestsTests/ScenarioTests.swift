// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Foundation
import SystemPackage
import Testing

@testable import Guests

@Suite struct ScenarioTests {
  static func header(_ fields: (offset: Int, bytes: [UInt8])..., count: Int = 4096) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    for field in fields { bytes.replaceSubrange(field.offset..<field.offset + field.bytes.count, with: field.bytes) }
    return bytes
  }
  static let mz = (0, Array("MZ".utf8))
  static func pe(at offset: UInt8, machine: [UInt8]) -> [UInt8] {
    header(mz, (60, [offset, 0, 0, 0]), (Int(offset), Array("PE\0\0".utf8) + machine))
  }

  @Test func theHeaderSaysWhatMachineAnImageIsFor() {
    #expect(Architecture(header: Self.pe(at: 0x80, machine: [0x64, 0xaa])) == .aarch64)
    #expect(Architecture(header: Self.pe(at: 0x80, machine: [0x64, 0x86])) == .x86_64)
    #expect(Architecture(header: Self.pe(at: 0x80, machine: [0x4c, 0x01])) == nil)
    #expect(Architecture(header: Self.header((56, Array("ARMd".utf8)))) == .aarch64)
    #expect(Architecture(header: Self.header((0x202, Array("HdrS".utf8)))) == .x86_64)
  }

  @Test func aHeaderCutAnywhereNamesNoMachine() {
    let whole = Self.pe(at: 0x80, machine: [0x64, 0xaa])
    for count in 0..<0x86 { #expect(Architecture(header: Array(whole[..<count])) == nil) }
    #expect(Architecture(header: Self.header(Self.mz, (60, [0xff, 0xff, 0xff, 0xff]))) == nil)
  }

  static func withImage<Value: Sendable>(
    _ bytes: [UInt8], _ body: (BootImage) throws -> Value
  ) async throws -> Value {
    try await TemporaryFolder.with { folder in
      let path = folder.appending("image")
      try Data(bytes).write(to: URL(fileURLWithPath: path.string))
      return try body(try BootImage(path: path))
    }
  }

  @Test func anImageThatClaimsMoreMemoryThanTheGuestHasIsRefused() async throws {
    for claimed: UInt8 in [0x40, 0xff] {
      let bytes = Self.header((16, [0, 0, 0, claimed, 0, 0, 0, claimed & 0x80]), (56, Array("ARMd".utf8)))
      try await Self.withImage(bytes) { image in
        let scenario = try Scenario(image: image)
        let error = #expect(throws: BootImage.Failure.self) { try scenario.check(initrdSize: 0) }
        #expect(error?.description.contains("--memory") == true)
      }
    }
  }

  @Test func kexecFileIsRefusedWhereDebianHasNone() async throws {
    try await Self.withImage(Self.pe(at: 0x80, machine: [0x64, 0xaa])) { image in
      var scenario = try Scenario(image: image)
      scenario.road = .kexecFile
      #expect(throws: Scenario.Failure.self) { try scenario.check(initrdSize: 0) }
      scenario.firstKernel = "/boot/Image"
      try scenario.check(initrdSize: 0)
      #expect(throws: Scenario.Failure.self) { try Scenario(image: image, architecture: .x86_64) }
    }
  }

  @Test func aCrashKernelIsLoadedWhereRoomWasLeftForIt() async throws {
    try await Self.withImage(Self.pe(at: 0x80, machine: [0x64, 0xaa])) { image in
      var scenario = try Scenario(image: image)
      #expect(!scenario.firstCommandLine.contains("crashkernel="))
      scenario.road = .kexecCrash
      #expect(scenario.kexecCommand == ["-c", "--no-checks", "-p", "/image", "--command-line= "])
      #expect(scenario.firstCommandLine.contains(" crashkernel=256M"))
    }
  }

  @Test func kexecGetsWhatWasAskedForAndNoMore() async throws {
    try await Self.withImage(Self.pe(at: 0x80, machine: [0x64, 0x86])) { image in
      var scenario = try Scenario(image: image)
      #expect(scenario.kexecCommand == ["-c", "-l", "/image", "--command-line= "])
      scenario.road = .kexecFile
      scenario.initrd = "/tmp/i"
      scenario.commandLine = "a 'b'"
      #expect(
        Initramfs.kexecScript(scenario.kexecCommand)
          == "exec kexec -s -l /image --initrd=/initrd '--command-line=a '\\''b'\\'''\n")
    }
    try await Self.withImage(Self.pe(at: 0x80, machine: [0x64, 0xaa])) { image in
      var scenario = try Scenario(image: image)
      #expect(
        scenario.kexecCommand == ["-c", "--no-checks", "--mem-min=0x60000000", "-l", "/image", "--command-line= "])
      scenario.memory = Memory(mebibytes: 6144)
      #expect(scenario.kexecCommand.contains("--mem-min=0x100000000"))
      scenario.isHardware = true
      #expect(scenario.kexecCommand == ["-c", "-l", "/image", "--command-line= "])
    }
  }

  @Test func emptyAndMissingImagesAreNamed() async throws {
    await #expect(throws: BootImage.Failure.self) { try await Self.withImage([]) { _ in } }
    let error = #expect(throws: BootImage.Failure.self) { try BootImage(path: "/nonexistent/image") }
    #expect(error?.description.contains("/nonexistent/image") == true)
  }

  @Test func theMachineIsAskedForByQEMUsWords() {
    var machine = QEMU(architecture: .aarch64)
    machine.exceptionLevel = 2
    machine.disk = "/tmp/a,b"
    machine.firmware = QEMU.Firmware(code: "/c.fd", variables: "/v.fd")
    machine.hasEntropy = true
    machine.hasIdleDevice = true
    let line = machine.arguments.joined(separator: " ")
    #expect(line.contains("-device virtio-rng-pci"))
    #expect(line.contains("-device virtio-serial-pci"))
    #expect(line.contains("-M virt,virtualization=on -cpu cortex-a57 -m 1G -smp 1"))
    #expect(line.contains("file=fat:/tmp/a,,b"))
    #expect(line.contains("unit=0,format=raw,readonly=on,file=/c.fd"))
    #expect(line.contains("unit=1,format=raw,file=/v.fd"))
    #expect(QEMU(architecture: .x86_64).commandLine.hasPrefix("qemu-system-x86_64 -nodefaults"))
  }

  @Test func memoryIsWrittenAsQEMUWritesIt() {
    #expect(Memory("1G")?.mebibytes == 1024)
    #expect(Memory("1536M")?.description == "1536M")
    for wrong in ["", "G", "1", "0G", "-1G", "64M", "2048G", "99999999999999999999G", "9223372036854775807M"] {
      #expect(Memory(wrong) == nil)
    }
  }

  @Test func expectationsAreComparedWithTheLastMark() {
    let result = GuestResult(
      outcome: .reached, exit: .itself, phase: .end, marks: [("a", "1"), ("a", "x=2"), ("cmdline", "k v")], first: [],
      phases: [], duration: .zero, lastLines: [])
    for met in ["a=x=2", "cmdline~v", "cmdline~", "qemu-exit=self"] {
      #expect(Expectation(met)?.difference(in: result) == nil)
    }
    #expect(Expectation("a=1")?.difference(in: result) == "expected a=1, got a=x=2")
    #expect(Expectation("b~1")?.difference(in: result)?.contains("no mark 'b'") == true)
    for wrong in ["", "a", "=b", "~b"] { #expect(Expectation(wrong) == nil) }
  }

  @Test func missingMaterialSaysHowToGetIt() throws {
    let error = #expect(throws: Material.Failure.self) {
      try Material(environment: ["XDG_CACHE_HOME": "/nonexistent"]).kernel(.aarch64, line: "6.12")
    }
    #expect(error?.description.hasSuffix("run: scripts/material fetch aarch64/kernel/6.12") == true)
    #expect(throws: Material.Failure.self) { try Material(environment: ["XDG_CACHE_HOME": "relative"]) }
  }
}
