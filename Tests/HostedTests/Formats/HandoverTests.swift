// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Testing

/// What is written is read back, and what was changed on the way is refused.
struct HandoverTests {
  private static let console = ConsoleDescription(
    base: 0x900_0000, space: .mmio, width: 4, dataOffset: 0, statusOffset: 0x18, readyMask: 0x20, readyValue: 0,
    receiveMask: 0x10, receiveValue: 0)

  private static func block(relative: Bool = false) -> [UInt8] {
    var writer = HandoverWriter(relative: relative)
    writer.append(
      RecordType.image,
      virgil_image_record(
        record: virgil_record(), address: 0x1000, size: 0x8000, origin: UInt32(VIRGIL_IMAGE_IN_PLACE.rawValue),
        verified: 1,
        sha256: virgil_image_record().sha256))
    writer.appendRange(RecordType.commandLine, address: 0x2000, size: 5)
    writer.append(0x7777, payload: [1, 2, 3])  // a type that nobody knows, of an odd size
    writer.appendMemory(start: 0x10_0000, pages: 16, type: .conventional, attribute: MemoryAttribute.ram)
    writer.appendMemory(
      start: 0x20_0000, pages: 4, type: .runtimeServicesCode, attribute: 1 << 63 | 8,
      virtualStart: 0xffff_0000_0000_0000)
    writer.appendTable(.acpi20Table, address: 0xabcd)
    writer.append(RecordType.console, console.record)
    writer.append(RecordType.randomSeed, payload: [UInt8](1...32))
    let size = writer.size
    let block = writer.finish()
    precondition(block.count == size)
    return block
  }

  private func read<Result>(
    _ block: some Collection<UInt8>, at address: UInt64 = 0, _ body: (HandoverReader) throws -> Result
  ) throws -> Result {
    try GuardedFile(block).withView { view in try body(try HandoverReader(view, address: address)) }
  }

  @Test func everyRecordComesBack() throws {
    try read(Self.block()) { reader in
      var types: [UInt32] = []
      reader.forEachRecord { types.append($0.type) }
      #expect(
        types == [
          RecordType.image, RecordType.commandLine, 0x7777, RecordType.memory, RecordType.memory, RecordType.table,
          RecordType.console, RecordType.randomSeed,
        ])
      let image = try #require(reader.image)
      #expect(image.address == 0x1000 && image.size == 0x8000 && image.origin == 1 && image.verified == 1)
      let line = try #require(reader.range(RecordType.commandLine))
      #expect(line.address == 0x2000 && line.size == 5)
      #expect(reader.range(RecordType.initrd) == nil && reader.range(0x7777) == nil)
      #expect(reader.console == Self.console)
      #expect(reader.first(0x7777).map { Array($0.payload.buffer) } == [1, 2, 3])
      #expect(reader.first(RecordType.randomSeed).map { Array($0.payload.buffer) } == [UInt8](1...32))
      var regions: [virgil_memory_record] = []
      reader.forEachRecord { record in
        if record.type == RecordType.memory, let region = record.load(as: virgil_memory_record.self) {
          regions.append(region)
        }
      }
      #expect(regions.map(\.physical_start) == [0x10_0000, 0x20_0000] && regions.map(\.number_of_pages) == [16, 4])
      #expect(regions.map(\.type) == [7, 5] && regions[1].virtual_start == 0xffff_0000_0000_0000)
      let table = try #require(reader.first(RecordType.table)?.load(as: virgil_table_record.self))
      #expect(table.address == 0xabcd)
    }
  }

  @Test func relativeAddressesCountFromTheBlock() throws {
    try read(Self.block(relative: true), at: 0x4000_0000) { reader in
      #expect(reader.image?.address == 0x4000_1000)
      #expect(reader.range(RecordType.commandLine)?.address == 0x4000_2000)
      #expect(reader.absolute(.max) == 0x3fff_ffff)
    }
    try read(Self.block(), at: 0x4000_0000) { #expect($0.image?.address == 0x1000) }
  }

  @Test func aLongerRecordIsANewerOneAndAShorterOneIsNone() throws {
    var writer = HandoverWriter()
    writer.append(RecordType.commandLine, payload: [UInt8](repeating: 7, count: 24))
    writer.append(RecordType.initrd, payload: [UInt8](repeating: 7, count: 8))
    writer.append(RecordType.console, payload: [])
    try read(writer.finish()) { reader in
      #expect(reader.range(RecordType.commandLine)?.size == 0x0707_0707_0707_0707)
      #expect(reader.range(RecordType.initrd) == nil && reader.console == nil && reader.image == nil)
    }
  }

  @Test func everyChangedBitIsFound() {
    let block = Self.block()
    var accepted: [Int] = []
    for bit in 0..<block.count * 8 {
      var changed = block
      changed[bit / 8] ^= 1 << UInt8(bit % 8)
      do {
        try read(changed) { _ in }
        accepted.append(bit)
      } catch {
        #expect(error is HandoverError)
      }
    }
    #expect(accepted.isEmpty)
  }

  @Test func everyTruncationIsFound() {
    let block = Self.block()
    for count in 0..<block.count {
      #expect(throws: HandoverError.self, "\(count)") { try read(block[..<count]) { _ in } }
    }
    #expect(throws: Never.self) { try read(block + [1, 2, 3]) { _ in } }
  }

  /// Changes with a checksum that is right: only the structure can be wrong now.
  @Test func mutationsWithARightChecksumNeverLeadOutside() {
    let block = Self.block()
    var random = SeededGenerator(seed: 0x686f_766e)
    let extremes: [UInt32] = [0, 1, 7, 8, 9, 0x7fff_ffff, 0x8000_0000, 0xffff_fff8, 0xffff_ffff, UInt32(block.count)]
    var refused = 0
    for _ in 0..<20_000 {
      var changed = block
      for _ in 0...random.below(3) {
        let place = random.below(changed.count)
        if random.below(2) == 0 {
          changed[place] = UInt8(truncatingIfNeeded: random.next())
        } else {
          let word = extremes[random.below(extremes.count)]
          for index in 0..<4 where place & ~3 + index < changed.count {
            changed[place & ~3 + index] = UInt8(truncatingIfNeeded: word >> UInt32(8 * index))
          }
        }
      }
      for index in 24..<28 { changed[index] = 0 }
      // The checksum covers what total_size says, when that much is there.
      let total = changed.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: 16, as: UInt64.self) }
      let checksum = changed.withUnsafeBytes { bytes in
        CRC32.checksum(UnsafeRawBufferPointer(rebasing: bytes[..<Int(min(total, UInt64(changed.count)))]))
      }
      for index in 0..<4 { changed[24 + index] = UInt8(truncatingIfNeeded: checksum >> UInt32(8 * index)) }
      do {
        try read(changed) { reader in
          var size = 0
          reader.forEachRecord { size += $0.bytes.count + $0.payload.count }
          precondition(size <= 2 * changed.count)
          _ = (reader.image, reader.console, reader.range(RecordType.commandLine), reader.range(RecordType.log))
        }
      } catch { refused += 1 }
    }
    #expect(refused > 2000 && refused < 18_000)
  }
}
