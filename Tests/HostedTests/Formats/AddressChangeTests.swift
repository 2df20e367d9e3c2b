// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Testing

/// What moves when SetVirtualAddressMap is called (UEFI 2.10, 8.4).
struct AddressChangeTests {
  /// A map of regions: start, pages, where to, attribute.
  private func map(
    _ regions: [(UInt64, UInt64, UInt64, UInt64)], descriptorSize: Int = 56, _ body: (VirtualAddressMap) throws -> Void
  ) rethrows {
    var bytes: [UInt8] = []
    for (start, pages, target, attribute) in regions {
      var descriptor: [UInt8] = []
      descriptor.appendLittleEndian(UInt64(6))
      for value in [start, target, pages, attribute] { descriptor.appendLittleEndian(value) }
      bytes += descriptor + [UInt8](repeating: 0xff, count: descriptorSize - descriptor.count)
    }
    try bytes.withUnsafeBytes {
      try body(
        VirtualAddressMap(
          descriptors: $0.baseAddress!, size: UInt64($0.count), descriptorSize: UInt64(descriptorSize)))
    }
  }
  private let runtime = MemoryAttribute.runtime | MemoryAttribute.ram

  @Test func pointersMoveWithTheirRegions() {
    map([(0x1000, 2, 0xffff_8000_0000_1000, runtime), (0x10000, 1, 0x5000, runtime), (0x20000, 1, 0x9000, 0xf)]) {
      map in
      #expect(map.displacement(of: 0xfff) == nil && map.displacement(of: 0x3000) == nil)
      #expect(map.displacement(of: 0x2fff) == 0xffff_8000_0000_0000)
      #expect(map.displacement(of: 0x10010) == 0x5000 &- 0x10000)
      #expect(map.displacement(of: 0x20000) == nil)  // no runtime region
      #expect(map.displacement(of: 0x1000, size: 0x2000) != nil && map.displacement(of: 0x1000, size: 0x2001) == nil)
      #expect(map.displacement(of: 0x1000, size: .max) == nil && map.displacement(of: 0x1000, size: 0) == nil)
      var pointer: UInt64 = 0x1234
      #expect(map.convertPointer(0, &pointer) == .success && pointer == 0xffff_8000_0000_1234)
      #expect(map.convertPointer(0, &pointer) == .notFound && pointer == 0xffff_8000_0000_1234)
      pointer = 0
      #expect(map.convertPointer(0, &pointer) == .invalidParameter && map.convertPointer(0, nil) == .invalidParameter)
      #expect(map.convertPointer(1, &pointer) == .success && pointer == 0)
    }
  }

  @Test func driversAreRelocatedWhereTheyStillPointIntoThemselves() {
    let memory = UnsafeMutableRawPointer.allocate(byteCount: 0x2000, alignment: 4096)
    defer { memory.deallocate() }
    memory.initializeMemory(as: UInt8.self, repeating: 0, count: 0x2000)
    let base = UInt64(UInt(bitPattern: memory))
    let words: [UInt64] = [base + 0x10, base + 0x2000, base - 1, 0xffff_8000_0000_0000, 0, base + 0x20]
    for (index, word) in words.enumerated() {
      memory.storeBytes(of: word, toByteOffset: 0x100 + index * 8, as: UInt64.self)
    }
    // One block: places 0x100 to 0x120 as DIR64, padding, and one beyond the image; the last word has no relocation.
    var block: [UInt8] = []
    block.appendLittleEndian(UInt32(0))
    block.appendLittleEndian(UInt32(8 + 7 * 2))
    for place in [0xa100, 0xa108, 0xa110, 0xa118, 0xa120, 0x0000, 0xafff] { block.appendLittleEndian(UInt16(place)) }
    block.appendLittleEndian(UInt32(0x1000))
    block.appendLittleEndian(UInt32(10))
    block.appendLittleEndian(UInt16(0xafff))  // crosses the end of the image
    for (index, byte) in block.enumerated() {
      memory.storeBytes(of: byte, toByteOffset: 0x1000 + index, as: UInt8.self)
    }
    DriverImage(base: base, size: 0x2000, relocations: 0x1000, relocationsSize: UInt64(block.count))
      .relocate(by: 0x7000_0000)
    let moved = words.indices.map { memory.load(fromByteOffset: 0x100 + $0 * 8, as: UInt64.self) }
    #expect(moved == [base + 0x7000_0010, base + 0x7000_2000, base - 1, 0xffff_8000_0000_0000, 0, base + 0x20])
  }

  @Test func brokenRelocationsAreLeftAlone() {
    let memory = UnsafeMutableRawPointer.allocate(byteCount: 0x1000, alignment: 4096)
    defer { memory.deallocate() }
    let base = UInt64(UInt(bitPattern: memory))
    var random = SeededGenerator(seed: 7)
    for _ in 0..<10_000 {
      for index in 0..<512 {
        memory.storeBytes(of: UInt64(random.below(1 << 30)), toByteOffset: index * 8, as: UInt64.self)
      }
      memory.storeBytes(of: UInt32(random.below(32)), toByteOffset: 0x804, as: UInt32.self)
      let (start, size) = (random.below(2) == 0 ? 0x800 : UInt64(random.below(1 << 13)), UInt64(random.below(1 << 13)))
      DriverImage(base: base, size: 0x1000, relocations: start, relocationsSize: size).relocate(by: 0x1000)
    }
  }
}
