// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Bytes
import CHandover
import CPIO
import Foundation
import Handover
import PE
import Testing

@testable import CarriedImage

/// `virgil stand-alone`: the emulator's image, and what it gets as an initrd.
@Suite("stand-alone")
struct StandAloneTests {
  private static let machines: [(UInt16, String, String)] = [
    (0xaa64, "aarch64", "EFI/BOOT/BOOTAA64.EFI"), (0x8664, "x86_64", "EFI/BOOT/BOOTX64.EFI"),
  ]

  private func inFolder(_ body: (URL) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("virgil-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    func write(_ name: String, _ bytes: [UInt8]) throws {
      let file = folder.appendingPathComponent(name)
      try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(bytes).write(to: file)
    }
    for (machine, name, _) in Self.machines {
      try write("\(name).efi", Fixture.payload(machine).build())
      try write("virgil-\(name).blob", Fixture.blob(machine: machine))
    }
    try write("one", [1, 2, 3, 4, 5])
    try write("two", pattern(9001, 4))
    try write("text", Array("text".utf8))
    try write("esp/EFI/Boot/bootx64.efi", Fixture.payload(0x8664).build())
    try write("odd/!first", [1])
    try body(folder)
  }

  private func run(_ arguments: [String], in folder: URL) throws -> Command.Output {
    try Command.run(["stand-alone"] + arguments, in: folder, environment: ["VIRGIL_EMULATORS": folder.path])
  }

  private func read(_ name: String, in folder: URL) throws -> [UInt8] {
    Array(try Data(contentsOf: folder.appendingPathComponent(name)))
  }

  @Test(arguments: [0, 1])
  func `the image is a carried one whose block says that the initrd has the file`(_ index: Int) throws {
    let (machine, arch, _) = Self.machines[index]
    try inFolder { folder in
      let options = ["--console", "pl011,0x9000000", "--on-failure", "halt", "--image-path", "EFI/Linux/x.efi"]
      let output = try run(["image", "--arch", arch, "-o", "out.img"] + options, in: folder)
      #expect(output.status == 0, "\(output.standardError)")
      #expect(output.standardOutput.contains("kexec --load out.img --initrd=FILE.efi --command-line=' '"))
      let image = try read("out.img", in: folder)
      let file = image.withUnsafeBytes { ByteView($0) }
      defer { withExtendedLifetime(image) {} }
      let headers = try PEHeaders(file)
      #expect(headers.machine == machine && headers.fileEnd(in: file) == file.count)
      #expect(FileCoverage(headers, size: file.count).uncovered.isEmpty)
      // Nothing that signs finds a directory to put a signature into.
      #expect(headers.numberOfDataDirectories <= DataDirectory.certificateTable.rawValue)
      let section = try #require(headers.section(named: ".virgil"))
      let place = Int(section.pointerToRawData)
      let bytes = try #require(file.slice(place, count: Int(section.sizeInFile)))
      let block = try HandoverReader(bytes, address: UInt64(section.virtualAddress))
      #expect(block.image?.origin == VIRGIL_IMAGE_IN_INITRD.rawValue && block.image?.address == 0)
      #expect(block.console?.base == 0x900_0000)
      #expect(block.first(RecordType.imagePath)?.path.equals("EFI/Linux/x.efi") == true)
      #expect(try run(["image", "--arch", arch, "-o", "again.img"] + options, in: folder).status == 0)
      #expect(try read("again.img", in: folder) == image)
      let report = try Command.run(["inspect", "out.img"], in: folder)
      #expect(report.status == 0 && report.standardOutput.contains("placeholder"))
    }
  }

  @Test(arguments: [0, 1])
  func `what is joined is an archive like an ESP, and the initrds behind it`(_ index: Int) throws {
    let (_, arch, name) = Self.machines[index]
    try inFolder { folder in
      let output = try run(
        [
          "initrd", "\(arch).efi", "--initrd", "one", "--initrd", "two", "--sidecar", "text:loader/text", "--sidecar",
          "text:a.cred", "-o", "out",
        ], in: folder)
      #expect(output.status == 0, "\(output.standardError)")
      let whole = try read("out", in: folder)
      defer { withExtendedLifetime(whole) {} }
      let parts = try #require(try InitrdSidecars.split(whole.withUnsafeBytes { ByteView($0) }))
      #expect((parts.initrd.base - parts.sidecars.base) % 4096 == 0)
      #expect(Array(parts.initrd.buffer) == [1, 2, 3, 4, 5, 0, 0, 0] + pattern(9001, 4))
      var found: [String: [UInt8]] = [:]
      var offset = 0
      while let entry = try CPIOArchive(parts.sidecars).entry(at: offset) {
        if entry.kind == .file { found[String(decoding: entry.path.buffer, as: UTF8.self)] = Array(entry.data.buffer) }
        offset = entry.end
      }
      let file = try read("\(arch).efi", in: folder)
      #expect(found.count == 3 && found[name] == file)
      #expect(found["loader/text"] == Array("text".utf8) && found["\(name).extra.d/a.cred"] == Array("text".utf8))
    }
  }

  @Test func `a folder with a boot file needs no other`() throws {
    try inFolder { folder in
      #expect(try run(["initrd", "--sidecars", "esp", "--sidecar", "text", "-o", "out"], in: folder).status == 0)
      let whole = try read("out", in: folder)
      #expect(String(decoding: whole, as: UTF8.self).contains("EFI/Boot/bootx64.efi.extra.d/text"))
    }
  }

  struct Wrong: CustomTestStringConvertible, Sendable {
    let arguments: [String]
    let status: Int32
    let message: String
    var testDescription: String { arguments.joined(separator: " ") }
    init(_ arguments: String, _ status: Int32, _ message: String) {
      self.arguments = arguments.split(separator: " ").map(String.init)
      (self.status, self.message) = (status, message)
    }
  }

  static let wrong = [
    Wrong("image --arch aarch64", 64, "--output FILE is missing"),
    Wrong("image -o out", 64, "--arch is missing"),
    Wrong("image --arch riscv64 -o out", 64, "riscv64"),
    Wrong("image --arch aarch64 --console tty0 -o out", 64, "names no console"),
    Wrong("image --arch aarch64 --image-path ../x -o out", 64, "must be a relative path"),
    Wrong("image --arch aarch64 --emulator virgil-x86_64.blob -o out", 1, "an emulator for x86_64"),
    Wrong("image --emulator text -o out", 1, "not an emulator"),
    Wrong("image --emulator missing -o out", 74, "missing"),
    Wrong("initrd -o out", 64, "give an EFI file"),
    Wrong("initrd text -o out", 1, "text: "),
    Wrong("initrd missing -o out", 74, "missing"),
    Wrong("initrd aarch64.efi --initrd missing -o out", 74, "missing"),
    Wrong("initrd x86_64.efi --sidecars esp -o out", 1, "has its place already"),
    Wrong("initrd --sidecars odd -o out", 1, "neither EFI/BOOT/BOOTAA64.EFI nor EFI/BOOT/BOOTX64.EFI"),
    Wrong("initrd x86_64.efi --sidecars odd -o out", 1, "!first: "),
    Wrong("initrd x86_64.efi --sidecar text --sidecar text -o out", 1, "another sidecar"),
    Wrong("initrd x86_64.efi -o missing/out", 74, "missing/out"),
  ]

  @Test(arguments: wrong) func `what is wrong is said in one line, and nothing is written`(_ wrong: Wrong) throws {
    try inFolder { folder in
      let output = try run(wrong.arguments, in: folder)
      #expect(output.status == wrong.status, "\(output.standardError)")
      #expect(output.standardError.contains(wrong.message), "\(output.standardError)")
      #expect(!FileManager.default.fileExists(atPath: folder.appendingPathComponent("out").path))
      if wrong.status != 64 { #expect(output.standardError.split(separator: "\n").count == 1) }
    }
  }
}
