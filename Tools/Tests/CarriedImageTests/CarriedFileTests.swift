// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Bytes
import Crypto
import Foundation
import Handover
import Testing
import UKI

@testable import CarriedImage

/// What somebody who is handed the file finds: firmware, kexec, a signer, the emulator.
enum CarriedFileCheck {
  /// The file's bytes that kexec puts into memory, and how many bytes of memory it gives them.
  static func kexec(_ file: [UInt8], _ machine: UInt16) throws -> (memory: ArraySlice<UInt8>, size: Int) {
    if machine == 0xaa64 {
      #expect(file.integer(56, as: UInt32.self) == 0x644d_5241)
      #expect(file.integer(8, as: UInt64.self) == 0)  // text_offset
      #expect(file.integer(24, as: UInt64.self) == 0xa)  // flags
      return (file[...], Int(file.integer(16, as: UInt64.self)))
    }
    #expect(file.integer(0x1fe, as: UInt16.self) == 0xaa55)
    #expect(file.integer(0x202, as: UInt32.self) == 0x5372_6448)
    #expect(file.integer(0x206, as: UInt16.self) == 0x020f)
    #expect(file[0x211] & 1 == 1)  // LOADED_HIGH
    #expect(file[0x234] == 1)  // relocatable
    #expect(file.integer(0x236, as: UInt16.self) == 0x33)  // xloadflags: 64-bit, above 4 GiB, EFI, five levels
    #expect(file.integer(0x230, as: UInt32.self) == 0x20_0000)
    #expect(file.integer(0x238, as: UInt32.self) >= 2047)
    #expect(file.integer(0x264, as: UInt32.self) == 0)  // handover_offset
    let start = (Int(file[0x1f1]) + 1) * 512
    #expect(Int(file.integer(0x1f4, as: UInt32.self)) * 16 == file.count - start)
    return (file[start...], Int(file.integer(0x260, as: UInt32.self)))
  }

  /// Where kexec enters the memory, followed to the first instruction that is no jump.
  static func entry(_ memory: ArraySlice<UInt8>, _ machine: UInt16) -> Int {
    let bytes = Array(memory.prefix(0x1_0000))
    if machine == 0xaa64 {
      #expect(bytes.integer(0, as: UInt32.self) == 0xfa40_5a4d)  // a ccmp, which the branch does not heed
      let word = bytes.integer(4, as: UInt32.self)
      #expect(word >> 26 == 0b000101)
      return 4 + Int(Int32(bitPattern: word << 6) >> 6) * 4
    }
    #expect(bytes[0x200] == 0xe9)
    return 0x205 + Int(bytes.integer(0x201, as: Int32.self))
  }

  /// - Parameters:
  ///   - payload: what was carried
  ///   - blob: the emulator
  static func all(_ file: [UInt8], payload: [UInt8], blob: [UInt8], machine: UInt16) throws {
    let host = IndependentPE(file)
    let guest = IndependentPE(payload)
    noGaps(file, host)
    firmware(file, host, payload, guest)

    let (loaded, size) = try kexec(file, machine)
    #expect(size >= loaded.count)
    #expect(size % (machine == 0xaa64 ? 0x1_0000 : 0x1000) == 0)
    var memory = Array(loaded) + [UInt8](repeating: 0, count: size - loaded.count)
    let start = entry(loaded, machine)
    #expect(start % 4096 == 0)

    // The emulator is whole, and finds its block.
    let offset = Int(Int64(bitPattern: memory.integer(start + 0x40, as: UInt64.self)))
    #expect(Array(memory[start..<start + blob.count]) == blob.setting(0x40, Int64(offset)))
    var imageSize = 0
    try memory.withUnsafeMutableBytes { buffer in
      let bytes = ByteView(UnsafeRawBufferPointer(buffer))
      let block = try HandoverReader(bytes.suffix(from: start + offset)!, address: UInt64(start + offset))
      let image = try #require(block.image)
      #expect(image.address == 0)
      #expect(image.origin == VIRGIL_IMAGE_IN_PLACE.rawValue)
      #expect(withUnsafeBytes(of: image.sha256) { Array($0) } == Array(SHA256.hash(data: payload)))
      let emulator = try #require(block.range(RecordType.emulator))
      #expect(emulator.address == UInt64(start))
      #expect(emulator.size >= UInt64(blob.count))
      let scratch = try #require(block.range(RecordType.scratch))
      #expect(scratch.address == emulator.address + emulator.size)
      #expect(scratch.size == 1 << 20)
      #expect(scratch.address + scratch.size <= UInt64(size))

      // With its headers laid over it the image is what a PE loader would have made of the payload.
      let headers = try #require(block.range(RecordType.headers))
      #expect(headers.size <= image.size)
      #expect(image.size >= UInt64(guest.sizeOfImage))
      imageSize = Int(image.size)
      memmove(buffer.baseAddress!, buffer.baseAddress! + Int(headers.address), Int(headers.size))
    }
    let expected = guest.load(payload) + [UInt8](repeating: 0, count: imageSize - guest.sizeOfImage)
    #expect(memory.agrees(with: expected, in: 0..<imageSize))
  }

  /// Every byte belongs to the headers, a section, or the certificates, and to one of them only.
  static func noGaps(_ file: [UInt8], _ host: IndependentPE) {
    var end = host.sizeOfHeaders
    for section in host.sections.sorted(by: { $0.rawOffset < $1.rawOffset }) where section.rawSize > 0 {
      #expect(section.rawOffset == end, "\(section.name)")
      end = section.rawOffset + section.rawSize
    }
    if !host.certificates.isEmpty {
      #expect(host.certificates.lowerBound == (end + 7) & ~7)
      end = host.certificates.upperBound
    }
    #expect(end == file.count)
  }

  /// Firmware sees the payload's sections where they were, in ascending order, and ours behind them.
  static func firmware(_ file: [UInt8], _ host: IndependentPE, _ payload: [UInt8], _ guest: IndependentPE) {
    #expect(host.checkSum == 0)
    #expect(host.certificates.isEmpty)
    #expect(host.entryPoint == guest.entryPoint)
    if guest.sectionAlignment >= 0x1000 {
      #expect(host.sectionAlignment == guest.sectionAlignment && host.fileAlignment == 0x1000)
    } else {
      // Below a page both must be the same, and now they are true.
      #expect(host.sectionAlignment <= guest.sectionAlignment && host.fileAlignment == host.sectionAlignment)
      for section in host.sections where section.rawSize > 0 {
        #expect(section.rawOffset % host.fileAlignment == 0 && section.rawSize % host.fileAlignment == 0)
      }
    }
    #expect(
      host.sections.dropLast(host.sections.count - guest.sections.count).map(\.name) == guest.sections.map(\.name))
    #expect(host.sections[guest.sections.count].name == ".virgil")
    var end = host.sizeOfHeaders
    for section in host.sections where section.virtualSize > 0 {
      #expect(section.rva >= end)
      #expect(section.rva % host.sectionAlignment == 0)
      end = section.rva + section.virtualSize
    }
    #expect(host.sizeOfImage >= end)
    #expect(host.sizeOfImage % host.sectionAlignment == 0)
    let here = host.load(file)
    let there = guest.load(payload)
    for (mine, theirs) in zip(host.sections, guest.sections) {
      #expect(mine.rva == theirs.rva)
      #expect(mine.characteristics == theirs.characteristics)
      let range = theirs.rva..<theirs.rva + theirs.virtualSize
      #expect(here.agrees(with: there, in: range), "\(mine.name)")
    }
    // Firmware goes on reading the headers from memory while it copies sections.
    let headers = host.pe..<host.pe + 24 + 112 + 40 * host.sections.count
    #expect(host.sizeOfHeaders >= headers.upperBound && here.agrees(with: file, in: headers))
    for section in host.sections.dropFirst(guest.sections.count) {
      #expect(section.rva % 0x1000 == 0)
      #expect(section.characteristics == 0x4000_0040)  // data, for reading
    }
  }
}

@Suite("Carried image")
struct CarriedFileTests {
  @Test(arguments: [0xaa64, 0x8664] as [UInt16])
  func `One file is what firmware, kexec, a signer and the emulator expect`(machine: UInt16) throws {
    let payload = Fixture.payload(machine).build()
    let blob = Fixture.blob(machine: machine)
    try Fixture.carry(payload, blob) { plan, file in
      #expect(plan.fileSize == file.count)
      try CarriedFileCheck.all(file, payload: payload, blob: blob, machine: machine)
    }
  }

  @Test(arguments: [0xaa64, 0x8664] as [UInt16])
  func `Payloads of many shapes come out right`(machine: UInt16) throws {
    let blob = Fixture.blob(machine: machine)
    var shapes: [(String, PEBuilder)] = []
    func shape(_ name: String, _ change: (inout PEBuilder) -> Void) {
      var builder = Fixture.payload(machine)
      change(&builder)
      shapes.append((name, builder))
    }
    shape("signed, with bytes behind") {
      $0.tail = Array("leftover".utf8) + [UInt8](repeating: 7, count: 64)
      let end = UInt32($0.build().count - 64)
      $0.directories.append((4, end, 64))
    }
    shape("64 KiB alignment") {
      $0.sectionAlignment = 0x1_0000
      for index in $0.sections.indices { $0.sections[index].rva = UInt32(index + 1) << 16 }
      $0.entryPoint = 0x1_0010
      $0.directories = [(5, 0x3_0000, 12)]
    }
    shape("gaps between sections") { $0.sections[4].rva = 0x2_3000 }
    shape("an image larger than its sections") { $0.sizeOfImage = 0x2_0000 }
    shape("an unaligned SizeOfImage") { $0.sizeOfImage = 0xe432 }
    shape("an empty section") {
      $0.sections.insert(.init(name: ".none", rva: 0x2000, memorySize: 0, data: []), at: 1)
    }
    shape("memory only") {
      $0.sections[1].data = []
      $0.directories = []
    }
    shape("a PE header at 0x40") {
      $0.peOffset = 0x40
      $0.patches = []
    }
    shape("a PE header at 0x200") {
      $0.peOffset = 0x200
      $0.sizeOfHeaders = 0x600
    }
    shape("padding behind the section table") {
      if machine == 0xaa64 {
        $0.patches.append((0x280, (0..<64).flatMap { _ in [0x1f, 0x20, 0x03, 0xd5] as [UInt8] }))
      }
    }
    shape("data behind the section table") {
      // Not padding: the larger header moves out of its way.
      $0.peOffset = 0xf0
      $0.sizeOfHeaders = 0x600
      let end = 0xf0 + 24 + 240 + 5 * 40
      $0.patches.append((machine == 0xaa64 ? end : 0x2c0, [1, 2, 3, 4]))
    }
    shape("small headers") {
      $0.sizeOfHeaders = 0x260
      $0.fileAlignment = 0x20
    }
    for alignment: UInt32 in [0x20, 0x40, 0x200] {
      shapes.append(
        ("packed, 0x\(String(alignment, radix: 16))", Fixture.packed(machine, first: 0x400, alignment: alignment)))
      for first: UInt32 in [0x240, 0x280, 0xe00, 0x1000, 0x1200, 0x2e00] where first % alignment == 0 {
        shapes.append(
          ("packed from 0x\(String(first, radix: 16))", Fixture.packed(machine, first: first, alignment: alignment)))
      }
    }
    shape("small alignment, a section between two multiples of it") {
      // As objcopy adds them to systemd-stub 252.
      $0.sectionAlignment = 0x200
      $0.sections[3].rva = 0x8040
      $0.sections[3].characteristics = 0x4000_0040
    }
    for (name, builder) in shapes {
      let payload = builder.build()
      do {
        try Fixture.carry(payload, blob) { _, file in
          try CarriedFileCheck.all(file, payload: payload, blob: blob, machine: machine)
        }
      } catch {
        Issue.record("\(name): \(error)")
      }
    }
  }

  @Test func `What shares pages is counted and said`() throws {
    func mixed(_ file: [UInt8]) throws -> Int? {
      try file.withUnsafeBytes { try ImageReport(file: "x", bytes: ByteView($0)) }.mixedPages
    }
    // Code to 0x3020, data to 0x43a0, constants to 0x5760, data.
    var builder = Fixture.packed(0x8664, first: 0x1ce0, sections: 4, alignment: 0x20)
    builder.sizeOfHeaders = 0x400
    try Fixture.carry(builder.build(), Fixture.blob(machine: 0x8664)) { plan, file in
      let note = plan.notes.first { $0.contains("SectionAlignment 0x20") }
      #expect(note?.hasSuffix("; 1 page holds code and data") == true)
      let pages = try mixed(file)
      #expect(pages == 1)
    }
    let (code, constants): (UInt32, UInt32) = (0x6000_0020, 0x4000_0040)
    for (index, characteristics, pages) in [(1, constants, 0), (0, 0xe000_0020, 3), (3, code, 1), (2, code, 3)] {
      var changed = builder
      changed.sections[index].characteristics = characteristics
      #expect(try mixed(changed.build()) == pages)
    }
    #expect(try mixed(Fixture.payload(0x8664).build()) == nil)
  }

  @Test func `A bzImage keeps its setup header's facts, and kexec goes by ours`() throws {
    var builder = Fixture.payload(0x8664)
    builder.peOffset = 0x40
    builder.sizeOfHeaders = 0x1000
    builder.patches = [(0x1f1, pattern(0xe0f, 0x21))]
    builder.sections = builder.sections.map { section in
      var section = section
      if section.name == ".linux" { section.name = ".blob" }
      return section
    }
    // One section less: the header must end before 0x1f1 as a kernel's does.
    builder.sections.remove(at: 3)
    let payload = builder.build()
      .setting(0x1f1, UInt8(0x27)).setting(0x1fe, UInt16(0xaa55)).setting(0x200, UInt16(0x6aeb))
      .setting(0x202, UInt32(0x5372_6448)).setting(0x206, UInt16(0x020f)).setting(0x238, UInt32(4095))
      .setting(0x258, UInt64(0x300_0000)).setting(0x260, UInt32(0x123_4000)).setting(0x235, UInt8(21))
    let blob = Fixture.blob(machine: 0x8664)
    try Fixture.carry(payload, blob) { plan, file in
      #expect(plan.payloadKind == .bzImage)
      try CarriedFileCheck.all(file, payload: payload, blob: blob, machine: 0x8664)
      #expect(file.integer(0x238, as: UInt32.self) == 4095)
      #expect(file.integer(0x258, as: UInt64.self) == 0x300_0000)
      #expect(file.integer(0x260, as: UInt32.self) == 0x123_4000)
      #expect(plan.notes.contains { $0.contains("BIOS") })
    }
  }

  @Test func `Beyond a branch's reach a veneer takes over`() throws {
    var builder = Fixture.payload(0xaa64)
    builder.sections[4].memorySize = 200 << 20
    let payload = builder.build()
    try payload.withUnsafeBytes { payload in
      try Fixture.blob().withUnsafeBytes { blob in
        let plan = try CarriedImage.plan(payload: ByteView(payload), emulator: ByteView(blob))
        var head: [UInt8] = []
        try plan.runs[0].contents.write { head += $0 }
        let place = CarriedFileCheck.entry(head[...], 0xaa64)
        #expect(place >= IndependentPE(head).pe + 24 + 240 + 6 * 40)
        #expect(place + 24 <= IndependentPE(head).sizeOfHeaders)
        // ldr x17, <16 bytes on>; adr x16, .; add x16, x16, x17; br x16
        #expect(head.integer(place, as: UInt32.self) == 0x5800_0091)
        #expect(head.integer(place + 4, as: UInt32.self) == 0x1000_0010)
        #expect(head.integer(place + 8, as: UInt32.self) == 0x8b11_0210)
        #expect(head.integer(place + 12, as: UInt32.self) == 0xd61f_0200)
        #expect(place % 8 == 0)
        #expect(place + 4 + Int(head.integer(place + 16, as: Int64.self)) == Int(plan.emulator))
        #expect(plan.emulator > 200 << 20)
      }
    }
  }

  @Test func `A console goes in, and everything is read back`() throws {
    let console = ConsoleDescription(
      base: 0x3f8, space: .port, width: 1, dataOffset: 0, statusOffset: 5, readyMask: 0x20, readyValue: 0x20,
      receiveMask: 1, receiveValue: 1)
    try Fixture.carry(Fixture.payload(0x8664).build(), Fixture.blob(machine: 0x8664), console: console) { plan, file in
      #expect(plan.notes.isEmpty)
      try file.withUnsafeBytes { buffer in
        let report = try ImageReport(file: "x", bytes: ByteView(buffer))
        #expect(report.kind == .carriedImage)
        #expect(report.problems == [])
        #expect(report.uncovered.isEmpty)
        #expect(report.commandLine == "console=ttyS0 quiet")
        let carried = try #require(report.carried)
        #expect(carried.payloadKind == .uki)
        #expect(carried.buildID == "0102030405060708090a0b0c0d0e0f1011121314")
        #expect(carried.emulatorRVA == UInt64(plan.emulator))
        #expect(carried.records.map(\.type) == ["image", "headers", "emulator", "scratch", "console", "policy"])
        #expect(carried.records.first { $0.type == "console" }?.console == "port 0x3f8, 8 bits")
        #expect(carried.records.last?.policy == "reset on failure, console notice, log debug")
        #expect(carried.records.first?.rva == 0)
      }
    }
  }

  @Test func `The same inputs give the same file`() throws {
    let payload = Fixture.payload(0xaa64).build()
    let first = try Fixture.carry(payload, Fixture.blob()) { $1 }
    #expect(try Fixture.carry(payload, Fixture.blob()) { $1 } == first)
  }

  @Test func `The layout prints as a table`() throws {
    try Fixture.carry(Fixture.payload(0xaa64).build(), Fixture.blob()) { plan, _ in
      let text = plan.description
      for run in plan.runs { #expect(text.contains("\n0x\(String(run.fileOffset, radix: 16)) ")) }
      #expect(text.contains("carried image for aarch64: \(plan.fileSize) bytes"))
      #expect(text.split(separator: "\n").allSatisfy { $0.last != " " })
    }
  }
}
