// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Bytes
import Foundation
import PE
import Testing
import UKI

@testable import CarriedImage

@Suite("Unified Kernel Image")
struct UKITests {
  private static let sbat = "sbat,1,SBAT Version,sbat,1,https://example.org\nstub,1,Stub\n"

  private static func stub(sbatRoom: Int = 0x400) -> PEBuilder {
    var builder = PEBuilder()
    builder.sections.append(
      .init(
        name: ".sbat", rva: 0x6000, memorySize: UInt32(sbat.utf8.count),
        data: Array(sbat.utf8) + [UInt8](repeating: 0, count: sbatRoom - sbat.utf8.count)))
    return builder
  }

  private static func kernel(nx: Bool = true) -> [UInt8] {
    var builder = PEBuilder(dllCharacteristics: nx ? 0x100 : 0)
    builder.sections.append(
      .init(name: ".sbat", rva: 0x6000, memorySize: 40, data: Array("sbat,1,x\nlinux,1,Linux\n".utf8)))
    return builder.build()
  }

  private func build(
    stub: [UInt8] = stub().build(), kernel: [UInt8] = kernel(), parts: [(StaticString, [UInt8])], sbat: [String] = [],
    keepsSBAT: Bool = false
  ) throws -> [UInt8] {
    try stub.withUnsafeBytes { stub in
      try kernel.withUnsafeBytes { kernel in
        let image = try UnifiedKernelImage(
          stub: ByteView(stub), kernel: ByteView(kernel),
          parts: parts.map { .init(SectionName(literal: $0.0), .bytes($0.1)) }
            + [.init(SectionName(literal: ".linux"), .view(ByteView(kernel)))],
          sbat: keepsSBAT ? .keep : .merge(sbat))
        var file: [UInt8] = []
        try image.contents.write { file += Array($0) }
        #expect(file.count == image.contents.count)
        return file
      }
    }
  }

  private func error(
    stub: [UInt8] = stub().build(), kernel: [UInt8] = kernel(), _ parts: [(StaticString, [UInt8])] = []
  )
    -> UKIError?
  {
    do {
      _ = try build(stub: stub, kernel: kernel, parts: parts)
      return nil
    } catch { return error as? UKIError }
  }

  @Test func `Parts become sections in their order behind the stub's`() throws {
    let parts: [(StaticString, [UInt8])] = [(".osrel", pattern(10, 1)), (".cmdline", pattern(0x1201, 2))]
    let file = try build(parts: parts)
    let image = IndependentPE(file)
    #expect(image.sections.map(\.name) == [".text", ".data", ".sbat", ".osrel", ".cmdline", ".linux"])
    for (name, bytes) in [(".osrel", parts[0].1), (".cmdline", parts[1].1), (".linux", Self.kernel())] {
      let section = try #require(image.sections.first { $0.name == name })
      #expect(section.virtualSize == bytes.count)
      #expect(section.rva % 0x1000 == 0)
      #expect(section.rawOffset % 0x200 == 0)
      #expect(Array(file[section.rawOffset..<section.rawOffset + bytes.count]) == bytes)
      #expect(section.characteristics == (name == ".linux" ? 0x4000_0020 : 0x4000_0040))
    }
    let stub = Self.stub().build()
    #expect(Array(file[0x400..<0x1000]) == Array(stub[0x400..<0x1000]))
    #expect(image.checkSum == 0)
    let last = image.sections.last!
    #expect(image.sizeOfImage == (last.rva + last.virtualSize + 0xfff) & ~0xfff)
  }

  @Test func `SBAT entries of stub, kernel and UKI are merged`() throws {
    func text(_ file: [UInt8]) -> String {
      let section = IndependentPE(file).sections.first { $0.name == ".sbat" }!
      return String(decoding: file[section.rawOffset..<section.rawOffset + section.virtualSize], as: UTF8.self)
    }
    let own = text(try build(parts: []))
    #expect(own.split(separator: "\n").map { $0.prefix { $0 != "," } } == ["sbat", "stub", "linux", "uki"])
    let given = text(try build(parts: [], sbat: ["sbat,1,x\nmine,3,Mine\n", "no SBAT"]))
    #expect(given.split(separator: "\n").map { $0.prefix { $0 != "," } } == ["sbat", "stub", "linux", "mine"])
    #expect(text(try build(parts: [], keepsSBAT: true)) == Self.sbat)
    // A stub without one gets it as a section of its own.
    let file = try build(stub: PEBuilder().build(), parts: [])
    #expect(IndependentPE(file).sections.last?.name == ".sbat")
  }

  @Test func `A merged SBAT that does not fit where the stub has it goes behind the others`() throws {
    // No room in the file; and as objcopy made systemd-stub 252, no room in memory.
    var short = Self.stub(sbatRoom: 0x80)
    short.fileAlignment = 0x20
    var close = Self.stub()
    close.sectionAlignment = 0x200
    close.sections.append(.init(name: ".sdmagic", rva: 0x6040, memorySize: 4, data: [1, 2, 3, 4]))
    for stub in [short, close] {
      let file = try build(stub: stub.build(), parts: [(".osrel", [1])])
      _ = try file.withUnsafeBytes { try PEHeaders(ByteView($0)) }
      let sections = IndependentPE(file).sections
      #expect(sections.map(\.name).suffix(3) == [".osrel", ".linux", ".sbat"])
      #expect(sections.filter { $0.name == ".sbat" }.count == 1)
      let last = sections.last!
      let text = String(decoding: file[last.rawOffset..<last.rawOffset + last.virtualSize], as: UTF8.self)
      #expect(text.contains("stub,1,Stub") && text.contains("linux,1,Linux") && text.contains("uki,1,UKI"))
      // The old place is its neighbour's, and empty.
      let neighbour = sections.first { $0.name == ".data" }!
      let old = neighbour.rawOffset + Int(0x321).roundedUp(to: Int(stub.fileAlignment))!
      #expect(
        neighbour.virtualSize == 0x2345 && file[old..<neighbour.rawOffset + neighbour.rawSize].allSatisfy { $0 == 0 })
      let report = try file.withUnsafeBytes { try ImageReport(file: "x", bytes: ByteView($0)) }
      #expect(report.uncovered.isEmpty)
    }
  }

  @Test func `NX_COMPAT stays only if the kernel has it`() throws {
    #expect(try build(parts: []).integer(0x80 + 94, as: UInt16.self) == 0x160)
    #expect(try build(kernel: Self.kernel(nx: false), parts: []).integer(0x80 + 94, as: UInt16.self) == 0x060)
  }

  @Test func `Symbols behind the stub's sections go`() throws {
    var builder = Self.stub()
    builder.tail = [UInt8](repeating: 9, count: 100)
    let stub = builder.build().setting(0x80 + 8 + 4, UInt32(0x1000)).setting(0x80 + 16, UInt32(5))
    let file = try build(stub: stub, parts: [])
    #expect(file == (try build(parts: [])))
  }

  @Test func `Parts that do not fit are refused`() {
    #expect(error([(".osrel", [1]), (".osrel", [2])]) == .duplicateSection(".osrel"))
    #expect(error([(".dtbauto", [1]), (".dtbauto", [2]), (".efifw", [1]), (".efifw", [2])]) == nil)
    // Each profile has sections of its own.
    #expect(error([(".osrel", [1]), (".profile", [1]), (".osrel", [2]), (".profile", [2]), (".osrel", [3])]) == nil)
    #expect(
      error([(".osrel", [1]), (".profile", [1]), (".osrel", [2]), (".osrel", [3])]) == .duplicateSection(".osrel"))
    #expect(error([(".text", [1])]) == .stubHasSection(".text"))
    #expect(error([(".osrel", [])]) == .emptySection(".osrel"))
    #expect(error(stub: [1, 2, 3]) == .stub(.noDOSHeader))
    #expect(error(kernel: PEBuilder(machine: 0x8664).build()) == .machines(stub: 0xaa64, kernel: 0x8664))
    // Nothing stands before it that could have its old place.
    var crowded = Self.stub(sbatRoom: 0x80)
    crowded.fileAlignment = 0x20
    crowded.sections.removeFirst(2)
    crowded.entryPoint = 0
    guard case .sbatTooLarge(_, 0x80) = error(stub: crowded.build()) else {
      Issue.record("the merged SBAT has more than 128 bytes")
      return
    }
    var signed = PEBuilder(tail: [UInt8](repeating: 0, count: 8))
    signed.directories = [(4, UInt32(PEBuilder().build().count), 8)]
    #expect(error(stub: signed.build()) == .stubIsSigned)
    var narrow = Self.stub()
    narrow.sizeOfHeaders = 0x80 + 24 + 240 + 3 * 40 + 8
    narrow.fileAlignment = 0x20
    guard case .noHeaderSpace(".linux", _, _) = error(stub: narrow.build()) else {
      Issue.record("there is no room for a section")
      return
    }
  }

  @Test func `A stub of any bytes is survived`() {
    let stub = Self.stub().build()
    var accepted = 0
    forEachMutation(of: stub, count: 5000, seed: 4) { view in
      guard
        let image = try? UnifiedKernelImage(
          stub: view, kernel: nil, parts: [.init(SectionName(literal: ".linux"), .bytes([1, 2, 3]))])
      else { return }
      accepted += 1
      var file: [UInt8] = []
      guard image.contents.count < 1 << 20 else { return }
      try? image.contents.write { file += Array($0) }
      // What is built is an image again.
      file.withUnsafeBytes { #expect((try? PEHeaders(ByteView($0))) != nil) }
    }
    #expect(accepted > 500)
  }

  @Test func `A kernel's release is found in both kinds of image`() throws {
    func release(_ bytes: [UInt8]) -> String? { bytes.withUnsafeBytes { KernelRelease.find(in: ByteView($0)) } }
    let banner = "Linux version %s (%s)\n\0Linux version 6.12.0-test (me@here) (gcc) #1\n\0"
    #expect(release(pattern(5000, 3) + Array(banner.utf8) + pattern(100, 4)) == "6.12.0-test")
    #expect(release(Array("Linux version 6.1".utf8)) == nil)
    #expect(release([]) == nil)
    let setup = [UInt8](repeating: 0, count: 0x400).setting(0x1fe, UInt16(0xaa55)).setting(0x200, UInt16(0x6aeb))
      .setting(0x202, UInt32(0x5372_6448)).setting(0x206, UInt16(0x20f)).setting(0x20e, UInt16(0x100))
    var named = setup
    named.replaceSubrange(0x300..<0x310, with: "7.2.1 (me@here)\0".utf8)
    #expect(release(named) == "7.2.1")
    #expect(release(setup) == nil)
    #expect(release(setup.setting(0x20e, UInt16.max)) == nil)
  }
}
