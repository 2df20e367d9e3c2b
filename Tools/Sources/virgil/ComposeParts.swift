// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import ArgumentParser
import Bytes
import Foundation
import PE
import UKI

/// The parts of a Unified Kernel Image, under ukify's names.
struct PartOptions: ParsableArguments {
  @Option(help: "The kernel: section .linux.")
  var linux: String?

  @Option(
    help: ArgumentHelp(
      "An initrd: section .initrd. Given again, the archives are joined.",
      discussion:
        "With an image as INPUT, it is carried along: by kexec, its kernel gets it behind what kexec loads, and before "
        + "the image's own.", valueName: "initrd"))
  var initrd: [String] = []

  @Option(
    help: ArgumentHelp(
      "The kernel's command line, as text or @file: section .cmdline.",
      discussion:
        "With an image as INPUT, it is carried along: what the image is given by kexec where that has none of its "
        + "own. Profiles of a UKI are chosen by @1 and so on in front of it.", valueName: "cmdline"))
  var cmdline: String?

  @Option(help: "The text of os-release, or @file: section .osrel.")
  var osRelease: String?

  @Option(help: "The kernel's release: section .uname. By default what the kernel says.")
  var uname: String?

  @Option(name: [.customLong("devicetree"), .customLong("dtb")], help: "A device tree: section .dtb.")
  var devicetree: String?

  @Option(help: "A device tree to choose by hardware: section .dtbauto. Can be given again.")
  var devicetreeAuto: [String] = []

  @Option(help: "A boot picture: section .splash.")
  var splash: String?

  @Option(help: "The public key for PCR signatures: section .pcrpkey.")
  var pcrpkey: String?

  @Option(help: "Microcode: section .ucode.")
  var microcode: String?

  @Option(help: "SBAT entries, as text or @file. Can be given again.")
  var sbat: [String] = []

  @Option(help: ArgumentHelp("Another section, as text or @file. Can be given again.", valueName: "name:text"))
  var section: [String] = []

  @Option(help: "systemd-stub. By default the one of this machine's systemd for the kernel's architecture.")
  var stub: String?

  /// The first option that is there of those that need --linux, for messages.
  var firstGiven: String? {
    let given: [(String, Bool)] = [
      ("--linux", linux != nil), ("--os-release", osRelease != nil), ("--uname", uname != nil),
      ("--devicetree", devicetree != nil),
      ("--devicetree-auto", !devicetreeAuto.isEmpty), ("--splash", splash != nil), ("--pcrpkey", pcrpkey != nil),
      ("--microcode", microcode != nil), ("--sbat", !sbat.isEmpty), ("--section", !section.isEmpty),
      ("--stub", stub != nil),
    ]
    return given.first { $0.1 }?.0
  }

  /// Whether there are parts of what systemd-stub adds to a UKI: no kernel, and an add-on's stub to put them into.
  var makesAddon: Bool { linux == nil && stub != nil && [cmdline, devicetree, microcode].contains { $0 != nil } }

  func validate() throws {
    for text in section where parse(section: text) == nil {
      throw ValidationError("--section \(text): must be NAME:TEXT or NAME:@FILE, with a NAME of 1 to 8 characters")
    }
  }

  private func parse(section text: String) -> (name: SectionName, value: String)? {
    guard let colon = text.firstIndex(of: ":"), let name = SectionName(text[..<colon]) else { return nil }
    return (name, String(text[text.index(after: colon)...]))
  }

  /// Builds the image and calls `body` with it; it is good until that returns.
  func withImage(_ body: (UnifiedKernelImage) throws -> Void) throws {
    var files: [MappedFile] = []
    defer { withExtendedLifetime(files) {} }
    try body(
      build { path in
        let file = try MappedFile(path: path)
        files.append(file)
        return file.unsafeBytes
      })
  }

  /// - Parameter map: opens a file that lives as long as the image
  private func build(_ map: (String) throws -> ByteView) throws -> UnifiedKernelImage {
    /// Text, or a file's bytes for `@file`.
    func piece(_ value: String) throws -> FileContents.Piece {
      value.hasPrefix("@") ? .view(try map(String(value.dropFirst()))) : .bytes(Array(value.utf8))
    }
    let kernelPath = linux ?? ""
    let kernel = try linux.map(map)
    let headers = try kernel.map { try kernelHeaders($0, kernelPath) }
    let stubPath = try stub ?? headers.map { try Self.systemStub($0.machine, kernelPath) } ?? ""

    var parts: [UnifiedKernelImage.Part] = []
    func add(_ name: StaticString, _ piece: FileContents.Piece?) {
      if let piece { parts.append(.init(SectionName(literal: name), piece)) }
    }
    // ukify's order, which is also the order of measurement.
    add(".osrel", try osRelease.map(piece))
    add(".cmdline", try cmdline.map { try piece($0.hasPrefix("@") ? $0 : Self.singleSpaced($0)) })
    add(".dtb", try devicetree.map { .view(try map($0)) })
    for path in devicetreeAuto { add(".dtbauto", .view(try map(path))) }
    add(".uname", (uname ?? kernel.flatMap { KernelRelease.find(in: $0) }).map { .bytes(Array($0.utf8)) })
    add(".splash", try splash.map { .view(try map($0)) })
    add(".pcrpkey", try pcrpkey.map { .view(try map($0)) })
    add(".linux", kernel.map { .view($0) })
    if !initrd.isEmpty {
      parts.append(.init(SectionName(literal: ".initrd"), Self.joined(try initrd.map(map))))
    }
    add(".ucode", try microcode.map { .view(try map($0)) })
    for text in section {
      if let (name, value) = parse(section: text) { parts.append(.init(name, try piece(value))) }
    }
    let texts = try sbat.map { text in
      text.hasPrefix("@")
        ? String(decoding: try map(String(text.dropFirst())).buffer, as: UTF8.self) : text
    }
    let stubBytes = try map(stubPath)
    do {
      return try UnifiedKernelImage(stub: stubBytes, kernel: kernel, parts: parts, sbat: texts)
    } catch {
      throw Problem(path: error.concernsStub ? stubPath : linux ?? stubPath, reason: "\(error)")
    }
  }

  private func kernelHeaders(_ kernel: ByteView, _ path: String) throws -> PEHeaders {
    do {
      return try PEHeaders(kernel)
    } catch {
      throw Problem(path: path, reason: "\(error)")
    }
  }

  /// The archives one after the other, each starting at a multiple of 4.
  static func joined(_ archives: [ByteView]) -> FileContents {
    var contents = FileContents()
    for archive in archives {
      contents.pad(to: (contents.count + 3) & ~3)
      contents.append(.view(archive))
    }
    if archives.count > 1 { contents.pad(to: (contents.count + 3) & ~3) }
    return contents
  }

  /// A command line given as text may be folded and indented; in a file it is meant as it is.
  private static func singleSpaced(_ text: String) -> String {
    text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }

  private static func systemStub(_ machine: UInt16, _ kernel: String) throws -> String {
    let names: [UInt16: String] = [
      PEMachine.arm64: "linuxaa64.efi.stub", PEMachine.x86_64: "linuxx64.efi.stub", 0x5064: "linuxriscv64.efi.stub",
    ]
    guard let name = names[machine] else {
      throw Problem(path: kernel, reason: "no stub is known for \(Machine.name(machine)); give --stub")
    }
    let path = "/usr/lib/systemd/boot/efi/\(name)"
    guard FileManager.default.fileExists(atPath: path) else {
      throw Problem(path: path, reason: "this machine has no stub for \(Machine.name(machine)); give --stub")
    }
    return path
  }
}
