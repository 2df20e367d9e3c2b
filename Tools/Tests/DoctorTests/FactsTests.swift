// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Foundation
import Testing

@testable import Doctor

/// What is known, what is not known, and files that are not what they should be.
@Suite("Facts")
struct FactsTests {
  /// Runs `body` with a changed copy of a recorded machine.
  private func copy(of name: String, _ body: (URL) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("virgil-\(UUID().uuidString)")
    try FileManager.default.copyItem(at: Machine.folder.appendingPathComponent(name), to: folder)
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder)
  }

  private func facts(_ folder: URL, isRoot: Bool = true) -> Facts {
    Facts(files: MachineFiles(root: folder.path), isRoot: isRoot, emulators: [:])
  }

  @Test func `A folder with nothing in it says nothing, and blocks nothing but the lack of a loader`() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("virgil-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let facts = facts(folder, isRoot: false)
    #expect(facts == Facts(isRoot: false))
    #expect(facts.findings.filter { $0.verdict == .blocks }.map(\.id) == ["kexec-tools"])
    let roads = Ability(facts)
    #expect(roads.kexecLoad == .unknown && roads.kexecFileLoad == .unknown && roads.anyImage == .unknown)
  }

  @Test func `The configuration may be packed, and in /proc`() throws {
    try copy(of: "x86_64-series") { (folder: URL) throws in
      let boot = folder.appendingPathComponent("boot")
      let name = try #require(try FileManager.default.contentsOfDirectory(atPath: boot.path).first)
      let before = facts(folder)
      #expect(before.configuration?["KEXEC_EFI"] == "y")
      let pack = Process()
      pack.executableURL = URL(fileURLWithPath: "/bin/sh")
      pack.arguments = ["-c", "gzip -c 'boot/\(name)' >proc/config.gz && rm -r boot"]
      pack.currentDirectoryURL = folder
      try pack.run()
      pack.waitUntilExit()
      let after = facts(folder)
      #expect(after.configurationFile == "/proc/config.gz")
      #expect(after.configuration == before.configuration)
      try Data([0x1f, 0x8b, 8, 0]).write(to: folder.appendingPathComponent("proc/config.gz"))
      #expect(facts(folder).configuration == nil)
    }
  }

  @Test func `Hostile files are no more than not known`() throws {
    let paths = [
      "proc/keys", "proc/mounts", "sys/kernel/security/lockdown", "sys/kernel/security/lsm",
      "sys/kernel/kexec_crash_size", "proc/sys/kernel/osrelease", "proc/sys/kernel/kexec_load_limit_reboot",
      "sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c",
    ]
    let contents: [[UInt8]] = [
      [], [0], Array("[".utf8), Array("]".utf8), Array(": : : : : : : : :".utf8),
      Array(repeating: 0xff, count: 5000), Array("a 1 1 1 1 1 1 keyring   .platform: 99999999999999999999\n".utf8),
      Array("../../etc/passwd".utf8), Array("99999999999999999999999".utf8),
    ]
    try copy(of: "x86_64-secure-boot") { (folder: URL) throws in
      for path in paths {
        let url = folder.appendingPathComponent(path)
        let old = try Data(contentsOf: url)
        for bytes in contents {
          try Data(bytes).write(to: url)
          let report = DoctorReport(facts(folder))
          #expect(!report.text.isEmpty)
          _ = try report.json()
        }
        // Neither a folder nor a pipe holds anything up.
        try FileManager.default.removeItem(at: url)
        #expect(mkfifo(url.path, 0o600) == 0)
        #expect(!DoctorReport(facts(folder)).text.isEmpty)
        try FileManager.default.removeItem(at: url)
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        #expect(!DoctorReport(facts(folder)).text.isEmpty)
        try FileManager.default.removeItem(at: url)
        try old.write(to: url)
      }
    }
  }

  @Test func `Without root's rights a refusal says nothing`() throws {
    var facts = try Machine(name: "x86_64-efi").facts()
    facts.isRoot = false
    facts.kexec.load = .notPermitted
    facts.kexec.fileLoad = .notPermitted
    #expect(Ability(facts).kexecLoad == .yes && Ability(facts).kexecFileLoad == .yes)
    facts.isRoot = true
    #expect(Ability(facts).kexecLoad == .no && !Ability(facts).canCarry)
    #expect(facts.findings.contains { $0.verdict == .blocks && $0.why?.contains("container") == true })
  }

  @Test func `kexec-efi-load alone does for kexec_file_load, and for that only`() throws {
    var facts = try Machine(name: "aarch64-efi").facts(kexecTools: nil)
    facts.programs.versions["kexec-efi-load"] = ""
    #expect(!Ability(facts).canCarry)
    #expect(facts.findings.first { $0.id == "kexec-tools" }?.verdict == .blocks)
    facts = try Machine(name: "x86_64-efi").facts(kexecTools: nil)
    facts.programs.versions["kexec-efi-load"] = ""
    #expect(Ability(facts).canCarry)
  }

  @Test func `Versions are read`() throws {
    #expect(ProgramFiles.version(in: "kexec-tools 2.0.25\n") == "2.0.25")
    #expect(ProgramFiles.version(in: "systemd 257 (257.9-1~deb13u1)\n+PAM") == "257")
    #expect(ProgramFiles.version(in: "osslsigncode 2.9, using:\n\tOpenSSL 3") == "2.9")
    #expect(ProgramFiles.version(in: "QEMU emulator version 7.2.22 (Debian 1:7.2)") == "7.2.22")
    #expect(ProgramFiles.version(in: "") == nil)
    #expect(ProgramFiles.version(in: "no number") == nil)
    let refusing = try #require(KexecToolsVersion("2.0.29"))
    #expect(refusing.makesOfUKIs.contains("refuses") == true)
    let between = try #require(KexecToolsVersion("2.0.31"))
    #expect(between.makesOfUKIs.contains("not measured"))
    let unpacking = try #require(KexecToolsVersion("2.0.32"))
    #expect(unpacking.makesOfUKIs.contains("loses"))
    #expect(KexecToolsVersion("git") == nil)
    let stub = Data("\0#### LoaderInfo: systemd-stub 257.9-1~deb13u1 ####\0".utf8)
    #expect(StubFiles.version(in: stub) == "257.9-1~deb13u1")
    #expect(StubFiles.version(in: Data("LoaderInfo: systemd-stub ".utf8)) == nil)
  }

  @Test func `The running kernel is asked, and has nothing loaded by it`() async throws {
    let before = try? String(contentsOfFile: "/sys/kernel/kexec_loaded", encoding: .utf8)
    let facts = await Facts.ofThisMachine(emulators: [:])
    let after = try? String(contentsOfFile: "/sys/kernel/kexec_loaded", encoding: .utf8)
    #expect(after == before)
    #expect(facts.kexec.load != .strange && facts.kexec.fileLoad != .strange)
    #expect(facts.architecture != nil && facts.kernelRelease != nil)
  }
}
