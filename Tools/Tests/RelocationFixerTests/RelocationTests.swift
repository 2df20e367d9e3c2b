// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Bytes
import ELF
import Foundation
import RelocationFixer
import Testing

@Suite("Relocating the blob")
struct RelocationTests {
  /// The decoder of the specification's text, written apart from the one under test.
  private static func relocate(_ bytes: inout [UInt8], table: Range<Int>, by base: UInt64) {
    func word(_ offset: Int) -> UInt64 { (0..<8).reduce(0) { $0 | UInt64(bytes[offset + $1]) << UInt64(8 * $1) } }
    func add(_ offset: Int) {
      let value = word(offset) &+ base
      for index in 0..<8 { bytes[offset + index] = UInt8(truncatingIfNeeded: value >> UInt64(8 * index)) }
    }
    var next = 0
    for offset in stride(from: table.lowerBound, to: table.upperBound, by: 8) {
      let entry = word(offset)
      if entry & 1 == 0 {
        add(Int(entry))
        next = Int(entry) + 8
      } else {
        for bit in 1..<64 where entry >> UInt64(bit) & 1 == 1 { add(next + (bit - 1) * 8) }
        next += 63 * 8
      }
    }
  }

  /// A data section with pointers at random distances, and numbers between them.
  private static func randomData(_ generator: inout SeededGenerator) -> String {
    var text = ""
    for (section, flags) in [(".data", "aw"), (".data.rel.ro", "aw")] {
      text += ".section \(section), \"\(flags)\", %progbits\n.balign 8\n.globl random_\(flags)\(section.count)\n"
      text += ".hidden random_\(flags)\(section.count)\nrandom_\(flags)\(section.count):\n"
      for _ in 0..<Int.random(in: 1...400, using: &generator) {
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: text += ".quad \(generator.next())\n"
        case 1: text += ".quad image_main\n"
        case 2: text += ".quad counter + \(Int.random(in: 0...4, using: &generator))\n"
        default: text += ".skip \(8 * Int.random(in: 1...80, using: &generator))\n"
        }
      }
    }
    return text
  }

  @Test(arguments: Fixture.machines, [1, 2, 3, 4, 5, 6])
  func `Applying the table at any base gives what linking at that base gives`(machine: Machine, seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    // Below 2^47, so that every address form of either machine can be linked; above 4 GiB with some of the seeds.
    let base = UInt64.random(in: 1..<(1 << (seed % 2 == 0 ? 35 : 19)), using: &generator) * 4096
    let toolchain = try Toolchain()
    defer { toolchain.remove() }
    let objects = [
      try toolchain.compile(toolchain.write(Sources.head, "head.S"), machine),
      try toolchain.compile(toolchain.write(Sources.emulator, "emulator.c"), machine),
      try toolchain.compile(toolchain.write(Self.randomData(&generator), "random.S"), machine),
    ]
    let flags = ["-pie", "--pack-dyn-relocs=relr", "--build-id=0x01020304", "--no-gc-sections"]
    let script = try Toolchain.script("emulator")
    let moved = script.replacingOccurrences(of: ". = 0;", with: ". = \(base);")
    try #require(moved != script)
    try toolchain.linkRaw(objects, script: script, flags, to: "at0")
    try toolchain.linkRaw(objects, script: moved, flags, to: "atBase")

    let image = try prove(toolchain.read("at0"))
    #expect(image.relocationCount > 17)
    var bytes = image.bytes
    let sections = try withFile(toolchain.read("at0")) { $0.sections }
    let relr = try #require(sections.first { $0.name == ".relr.dyn" })
    Self.relocate(&bytes, table: Int(relr.address)..<Int(relr.address + relr.size), by: base)

    try withFile(toolchain.read("atBase")) { file in
      var compared = 0
      for section in file.sections where section.flags.contains(.alloc) && section.type != Section.SHT_NOBITS {
        // These hold virtual addresses for loaders and debuggers, and are not relocated.
        if [".relr.dyn", ".dynamic", ".dynsym", ".gnu.hash", ".hash"].contains(section.name) { continue }
        let start = Int(section.address - base)
        let linked = Array(try file.contents(of: section).buffer)
        #expect(Array(bytes[start..<start + linked.count]) == linked, "section \(section.name), base \(base)")
        compared += linked.count
      }
      #expect(compared > 0x200)
    }
  }

  @Test func `Packed places are those of the specification's example`() throws {
    // 0x1000; a bitmap with bits 1, 2 and 63; an empty bitmap, which skips 63 words; bit 1 of the one after it.
    let words: [UInt64] = [0x1000, 1 | 1 << 1 | 1 << 2 | 1 << 63, 1, 3, 0x9000]
    let places = try words.withUnsafeBytes { buffer in
      var walk = try PackedRelocations(ByteView(buffer))
      var places: [UInt64] = []
      while let place = try walk.next() { places.append(place) }
      return places
    }
    let expected: [UInt64] = [0x1000, 0x1008, 0x1010, 0x11f8, 0x13f8, 0x9000]
    #expect(places == expected)
  }

  @Test func `Hostile packed tables end in an error`() throws {
    func walk(_ words: [UInt64]) throws {
      try words.withUnsafeBytes { buffer in
        var walk = try PackedRelocations(ByteView(buffer))
        while try walk.next() != nil {}
      }
    }
    #expect(throws: ELFError.self) { try walk([3]) }
    #expect(throws: ELFError.self) { try walk([.max - 1, 3]) }
    #expect(throws: ELFError.self) { try walk([.max - 0xff, .max]) }
    #expect(throws: ELFError.self) { try walk([.max - 0x1ff, 1, 1, 3]) }
    #expect(throws: ELFError.self) {
      try [UInt8](repeating: 0, count: 9).withUnsafeBytes { _ = try PackedRelocations(ByteView($0)) }
    }
  }
}
