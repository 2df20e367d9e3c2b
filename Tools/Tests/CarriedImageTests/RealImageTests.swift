// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Bytes
import Crypto
import Foundation
import PE
import Testing
import UKI

@testable import CarriedImage

/// Debian's kernels and systemd's stubs, as scripts/material has fetched them.
enum Material {
  static let root: URL = {
    let environment = ProcessInfo.processInfo.environment
    let cache = environment["XDG_CACHE_HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil }
    let base = cache ?? (environment["HOME"] ?? "/nonexistent") + "/.cache"
    return URL(fileURLWithPath: base).appendingPathComponent("virgil/material")
  }()

  static func exists(_ path: String) -> Bool {
    FileManager.default.fileExists(atPath: root.appendingPathComponent(path).path)
  }

  static func read(_ path: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: root.appendingPathComponent(path)))
  }

  static let kernels = ["aarch64", "x86_64"].flatMap { machine in
    ["6.1", "6.12", "7.2"].map { "\(machine)/kernel/\($0)/vmlinuz" }
  }.filter(exists)

  /// arm64 EFI zboot kernels.
  static let zboots = ["6.1", "6.12", "7.2"].flatMap { line in
    ["gzip", "zstd"].map { "aarch64/zboot/\(line)-\($0)/vmlinuz" }
  }.filter(exists)

  /// The release of a kernel, as the material has it on record.
  static func release(_ kernel: String) throws -> String {
    let file = root.appendingPathComponent(kernel).deletingLastPathComponent().appendingPathComponent("release")
    return try String(contentsOf: file, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
  }

  static func machine(_ path: String) -> UInt16 { path.hasPrefix("aarch64") ? 0xaa64 : 0x8664 }

  static func stub(_ machine: UInt16, _ version: String = "257") -> String {
    machine == 0xaa64
      ? "aarch64/stub/\(version)/linuxaa64.efi.stub" : "x86_64/stub/\(version)/linuxx64.efi.stub"
  }

  /// A UKI of a kernel.
  static func uki(_ kernel: [UInt8], _ machine: UInt16) throws -> [UInt8] {
    try read(stub(machine)).withUnsafeBytes { stub in
      try kernel.withUnsafeBytes { kernel in
        let image = try UnifiedKernelImage(
          stub: ByteView(stub), kernel: ByteView(kernel),
          parts: [
            .init(SectionName(literal: ".cmdline"), .bytes(Array("console=ttyS0".utf8))),
            .init(SectionName(literal: ".linux"), .view(ByteView(kernel))),
            .init(SectionName(literal: ".initrd"), .bytes(pattern(100_000, 5))),
          ])
        var file = Data(capacity: image.contents.count)
        try image.contents.write { file.append(contentsOf: $0) }
        return [UInt8](file)
      }
    }
  }
}

@Suite(
  "Carried image, real kernels", .serialized,
  .enabled(if: !Material.kernels.isEmpty, "no kernels; run: scripts/material fetch"))
struct RealImageTests {
  @Test(arguments: Material.kernels)
  func `A bare kernel is carried`(path: String) throws {
    let kernel = try Material.read(path)
    let machine = Material.machine(path)
    let blob = Fixture.blob(machine: machine)
    try Fixture.carry(kernel, blob) { plan, file in
      #expect(plan.payloadKind == (machine == 0xaa64 ? .arm64Image : .bzImage))
      #expect(plan.notes.contains { $0.contains("signature") })
      try CarriedFileCheck.all(file, payload: kernel, blob: blob, machine: machine)
    }
  }

  @Test(
    .enabled(if: !Material.zboots.isEmpty, "no zboot kernels: scripts/material fetch aarch64/zboot"),
    arguments: Material.zboots)
  func `A zboot kernel is carried, and the report knows what it unpacks to`(path: String) throws {
    let kernel = try Material.read(path)
    let blob = Fixture.blob(machine: 0xaa64)
    let release = try Material.release(path)
    try Fixture.carry(kernel, blob) { plan, file in
      #expect(plan.payloadKind == .zboot)
      try CarriedFileCheck.all(file, payload: kernel, blob: blob, machine: 0xaa64)
      for (bytes, kind) in [(kernel, ImageKind.zboot), (file, .carriedImage)] {
        try bytes.withUnsafeBytes { buffer in
          let report = try ImageReport(file: "x", bytes: ByteView(buffer))
          #expect(report.kind == kind)
          #expect(report.kernelRelease == release)
        }
      }
      // kexec-tools unpacks what has "zimg" at 4, and would then leave the emulator out.
      #expect(Array(file[4..<8]) != Array("zimg".utf8))
    }
  }

  @Test(
    arguments: (Material.kernels + Material.zboots).filter { Material.exists(Material.stub(Material.machine($0))) })
  func `A UKI is carried, and the report knows it`(path: String) throws {
    let machine = Material.machine(path)
    let kernel = try Material.read(path)
    let uki = try Material.uki(kernel, machine)
    let blob = Fixture.blob(machine: machine)
    let release = try Material.release(path)
    try Fixture.carry(uki, blob) { _, file in
      try CarriedFileCheck.all(file, payload: uki, blob: blob, machine: machine)
      try file.withUnsafeBytes { buffer in
        let report = try ImageReport(file: "x", bytes: ByteView(buffer))
        #expect(report.problems == [])
        #expect(report.carried?.payloadKind == .uki)
        // The map of the file has no hole, and nothing twice.
        let regions = FileMap(report).regions
        let isWhole = zip(regions, regions.dropFirst()).allSatisfy { $0.end == $1.offset }
        #expect(isWhole && regions.last?.end == file.count)
        #expect(report.loaderInfo?.hasPrefix("systemd-stub 257") == true)
        #expect(report.kernelRelease == release)
        #expect(report.commandLine == "console=ttyS0")
      }
    }
  }
}

/// Programs whose sections share pages, as linkers and objcopy made them.
@Suite("Carried image, sections that share pages")
struct SharedPagesTests {
  static let files = [
    "x86_64/stub/252/linuxx64.efi.stub", "x86_64/stub/252/systemd-bootx64.efi", "x86_64/shell/shell.efi",
  ].filter(Material.exists)

  @Test(.enabled(if: !files.isEmpty, "none of them; run: scripts/material fetch --all"), arguments: files)
  func `It is carried as it is`(path: String) throws {
    let payload = try Material.read(path)
    let blob = Fixture.blob(machine: 0x8664)
    try Fixture.carry(payload, blob) { plan, file in
      try CarriedFileCheck.all(file, payload: payload, blob: blob, machine: 0x8664)
      try file.withUnsafeBytes { buffer in
        let report = try ImageReport(file: "x", bytes: ByteView(buffer))
        #expect(report.problems == [] && report.uncovered.isEmpty)
        #expect(report.mixedPages == (path.contains("shell") ? 1 : 0))
      }
    }
  }
}

/// What other people's tools make of the files.
@Suite("Carried image, other tools", .serialized)
struct ForeignToolTests {
  private static let signers = ["sbsign", "sbverify", "openssl"].filter { findProgram($0) == nil }
  static let machines: [UInt16] = [0xaa64, 0x8664]

  /// A new folder for the time of `body`.
  private func inFolder(_ body: (URL) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("virgil-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder)
  }

  @discardableResult
  private func run(_ name: String, _ arguments: [String], in folder: URL) throws -> (status: Int32, output: String) {
    let process = Process()
    process.executableURL = try #require(findProgram(name))
    process.arguments = arguments
    process.currentDirectoryURL = folder
    let log = folder.appendingPathComponent("log")
    try Data().write(to: log)
    let handle = try FileHandle(forWritingTo: log)
    process.standardOutput = handle
    process.standardError = handle
    try process.run()
    process.waitUntilExit()
    try handle.close()
    return (process.terminationStatus, try String(contentsOf: log, encoding: .utf8))
  }

  /// The Authenticode digest as EDK2 and Linux compute it: sections in file order.
  private func authenticode(_ file: [UInt8]) -> [UInt8] {
    let image = IndependentPE(file)
    var hash = SHA256()
    hash.update(data: file[..<(image.pe + 88)])
    hash.update(data: file[(image.pe + 92)..<(image.pe + 168)])
    hash.update(data: file[(image.pe + 176)..<image.sizeOfHeaders])
    for section in image.sections.sorted(by: { $0.rawOffset < $1.rawOffset }) {
      hash.update(data: file[section.rawOffset..<section.rawOffset + section.rawSize])
    }
    return Array(hash.finalize())
  }

  @Test(.enabled(if: signers.isEmpty, "not installed: \(signers)"), arguments: machines, [false, true])
  func `sbsign signs what firmware and kernel will hash, and sbverify agrees`(machine: UInt16, isPacked: Bool) throws {
    let payload = isPacked ? Fixture.packed(machine, first: 0x240) : Fixture.payload(machine)
    let carried = try Fixture.carry(payload.build(), Fixture.blob(machine: machine)) { $1 }
    try inFolder { folder in
      try Data(carried).write(to: folder.appendingPathComponent("in.efi"))
      let key = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "key", "-out", "crt", "-subj", "/CN=test"]
      #expect(try run("openssl", key, in: folder).status == 0)
      let signing = try run("sbsign", ["--key", "key", "--cert", "crt", "--output", "out.efi", "in.efi"], in: folder)
      #expect(signing.status == 0, "\(signing.output)")
      #expect(try run("sbverify", ["--cert", "crt", "out.efi"], in: folder).status == 0)
      let signed = [UInt8](try Data(contentsOf: folder.appendingPathComponent("out.efi")))
      CarriedFileCheck.noGaps(signed, IndependentPE(signed))
      let certificates = IndependentPE(signed).certificates
      #expect(Data(signed[certificates]).range(of: Data(authenticode(signed))) != nil)
      // kexec must have memory for the certificates too: they lie where the emulator has its .bss.
      let (loaded, size) = try CarriedFileCheck.kexec(Array(signed[..<certificates.lowerBound]), machine)
      #expect(loaded.count + certificates.count <= size)
      // Made anew from a signed payload, it says whose signature goes.
      try Data(payload.build()).write(to: folder.appendingPathComponent("payload.efi"))
      try Data(Fixture.blob(machine: machine)).write(to: folder.appendingPathComponent("blob"))
      let payloadSigning = ["--key", "key", "--cert", "crt", "--output", "signed.efi", "payload.efi"]
      #expect(try run("sbsign", payloadSigning, in: folder).status == 0)
      let composing = try Command.run(["compose", "signed.efi", "--emulator", "blob", "-o", "new.efi"], in: folder)
      #expect(
        composing.status == 0 && composing.standardError.contains("bytes, by CN=test) does not cover the new file"))
      #expect(
        IndependentPE([UInt8](try Data(contentsOf: folder.appendingPathComponent("new.efi")))).certificates.isEmpty)
      // Any byte that kexec loads is signed.
      for place in [0x48, 0x300, 0x1010, carried.count - 1] {
        try Data(signed.setting(place, ~signed[place])).write(to: folder.appendingPathComponent("bad.efi"))
        #expect(try run("sbverify", ["--cert", "crt", "bad.efi"], in: folder).status != 0, "byte \(place)")
      }
    }
  }
}
