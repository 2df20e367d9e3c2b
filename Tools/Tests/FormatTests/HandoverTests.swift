// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Bytes
import Handover
import Testing

@Suite("Handover block")
struct HandoverTests {
  private static let address: UInt64 = 0x8_0000_0000

  private static func sample(relative: Bool) -> [UInt8] {
    var writer = HandoverWriter(relative: relative)
    var image = virgil_image_record()
    image.address = relative ? 0 &- 0x10_0000 : 0x1234_5000
    image.size = 0x10_0000
    image.origin = VIRGIL_IMAGE_IN_PLACE.rawValue
    image.sha256.31 = 0x5a
    writer.append(RecordType.image, image)
    writer.append(0x7fff_0001, payload: [1, 2, 3])  // a type that nobody knows, of odd size
    writer.appendRange(RecordType.scratch, address: 0x2000, size: 0x1_0000)
    writer.appendMemory(start: 0x4000_0000, pages: 16, type: .conventional, attribute: 0xf)
    writer.appendTable(GUID(low: 1, high: 2), address: 0xfeed)
    writer.append(RecordType.randomSeed, payload: [9, 8, 7, 6, 5])
    return writer.finish()
  }

  private func error(_ bytes: [UInt8]) -> HandoverError? {
    bytes.withUnsafeBytes { buffer in
      do throws(HandoverError) {
        _ = try HandoverReader(ByteView(buffer), address: Self.address)
        return nil
      } catch { return error }
    }
  }

  /// The block after a change that its checksum knows of.
  private func resealed(_ bytes: [UInt8]) -> [UInt8] {
    var bytes = bytes.setting(24, UInt32(0))
    let size = min(bytes.integer(16, as: UInt64.self), UInt64(bytes.count))
    var crc: UInt32 = .max
    for byte in bytes.prefix(Int(size)) {
      crc ^= UInt32(byte)
      for _ in 0..<8 { crc = crc >> 1 ^ (crc & 1 == 0 ? 0 : 0xedb8_8320) }
    }
    bytes = bytes.setting(24, ~crc)
    return bytes
  }

  @Test func `CRC-32 is the standard's`() {
    // The check value that every catalogue of CRCs has for this one.
    Array("123456789".utf8).withUnsafeBytes { #expect(CRC32.checksum($0) == 0xcbf4_3926) }
    [UInt8]().withUnsafeBytes { #expect(CRC32.checksum($0) == 0) }
    #expect(resealed(Self.sample(relative: true)) == Self.sample(relative: true))
  }

  @Test func `What is written is read`() throws {
    try Self.sample(relative: false).withUnsafeBytes { buffer in
      let block = try HandoverReader(ByteView(buffer), address: Self.address)
      var types: [UInt32] = []
      block.forEachRecord { types.append($0.type) }
      #expect(types == [1, 0x7fff_0001, 8, 9, 10, 12])
      #expect(block.image?.address == 0x1234_5000)
      #expect(block.image?.size == 0x10_0000)
      #expect(block.image?.sha256.31 == 0x5a)
      #expect(try #require(block.range(RecordType.scratch)) == (0x2000, 0x1_0000))
      #expect(block.range(RecordType.initrd) == nil)
      #expect(block.console == nil)
      let memory = try #require(block.first(RecordType.memory)?.load(as: virgil_memory_record.self))
      #expect(memory.physical_start == 0x4000_0000)
      #expect(memory.number_of_pages == 16)
      #expect(memory.type == 7)
      #expect(Array(try #require(block.first(RecordType.randomSeed)).payload.buffer) == [9, 8, 7, 6, 5])
      #expect(Array(try #require(block.first(0x7fff_0001)).payload.buffer) == [1, 2, 3])
    }
  }

  @Test func `Relative addresses count from the block`() throws {
    try Self.sample(relative: true).withUnsafeBytes { buffer in
      let block = try HandoverReader(ByteView(buffer), address: Self.address)
      #expect(block.image?.address == Self.address - 0x10_0000)
      #expect(try #require(block.range(RecordType.scratch)) == (Self.address + 0x2000, 0x1_0000))
    }
  }

  @Test func `A record that is too short for its type is no such record`() throws {
    var writer = HandoverWriter()
    writer.append(RecordType.image, payload: [0, 0, 0, 0])
    writer.append(RecordType.scratch, payload: [])
    try writer.finish().withUnsafeBytes { buffer in
      let block = try HandoverReader(ByteView(buffer), address: 0)
      #expect(block.image == nil)
      #expect(block.range(RecordType.scratch) == nil)
    }
  }

  @Test func `Each defect of the header has its error`() {
    let block = Self.sample(relative: true)
    let size = UInt64(block.count)
    #expect(error(block) == nil)
    #expect(error(Array(block.prefix(31))) == .truncated)
    #expect(error(block.setting(0, UInt64(7))) == .wrongMagic(7))
    #expect(error(resealed(block.setting(8, UInt32(2)))) == .unsupportedVersion(2))
    #expect(error(resealed(block.setting(12, UInt32(24)))) == .wrongSize(size))
    #expect(error(resealed(block.setting(12, UInt32.max))) == .wrongSize(size))
    #expect(error(block.setting(16, size + 1)) == .wrongSize(size + 1))
    #expect(error(block.setting(16, UInt64.max)) == .wrongSize(.max))
    #expect(error(block.setting(16, UInt64(8))) == .wrongSize(8))
    for offset in stride(from: 28, to: block.count, by: 5) {
      guard case .wrongChecksum = error(block.setting(offset, block[offset] ^ 0x10)) else {
        Issue.record("byte \(offset) changed and nothing noticed")
        continue
      }
    }
    let record = 32
    #expect(error(resealed(block.setting(record + 4, UInt32(7)))) == .malformedRecord(type: 1, offset: 32))
    #expect(error(resealed(block.setting(record + 4, UInt32.max))) == .malformedRecord(type: 1, offset: 32))
  }

  @Test func `Every prefix and any change is survived`() {
    let block = Self.sample(relative: true)
    func use(_ view: ByteView) -> Bool {
      guard let block = try? HandoverReader(view, address: Self.address) else { return false }
      var sum = 0
      block.forEachRecord { sum += Int($0.bytes.buffer.last ?? 0) + $0.payload.count }
      _ = (block.image, block.console, block.range(RecordType.scratch), sum)
      return true
    }
    forEachTruncation(of: block) { view, length in #expect(!use(view), "\(length) bytes") }
    var accepted = 0
    let guarded = GuardedBytes(capacity: block.count)
    forEachMutation(of: block, count: 20000, seed: 7) { view in
      if use(view) { accepted += 1 }
      if view.count > 32, use(guarded.view(resealed(Array(view.buffer)))) { accepted += 1 }
    }
    #expect(accepted > 1000)
  }
}
