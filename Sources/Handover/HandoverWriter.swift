// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// Builds a handover block: records one after the other, then the header over them.
public struct HandoverWriter {
  private var records: [UInt8] = []
  private let flags: UInt32

  /// - Parameter relative: the addresses of range and image records are relative to the block's first byte.
  public init(relative: Bool = false) { flags = relative ? UInt32(VIRGIL_HANDOVER_RELATIVE) : 0 }

  /// Appends a record: `type`, and what follows its header.
  public mutating func append(_ type: UInt32, payload: UnsafeRawBufferPointer) {
    records.appendLittleEndian(type)
    records.appendLittleEndian(UInt32(8 + payload.count))
    records.append(contentsOf: payload)
    while records.count % 8 != 0 { records.append(0) }
  }

  public mutating func append(_ type: UInt32, payload: [UInt8]) {
    payload.withUnsafeBytes { append(type, payload: $0) }
  }

  /// Appends a structure of virgil_handover.h. Its record header is filled in here.
  public mutating func append<Value>(_ type: UInt32, _ value: Value) {
    withUnsafeBytes(of: value) { bytes in
      append(type, payload: UnsafeRawBufferPointer(rebasing: bytes[8...]))
    }
  }

  public mutating func appendRange(_ type: UInt32, address: UInt64, size: UInt64) {
    append(type, virgil_range_record(record: virgil_record(), address: address, size: size))
  }

  public mutating func appendMemory(
    start: UInt64, pages: UInt64, type: MemoryType, attribute: UInt64, virtualStart: UInt64 = 0
  ) {
    append(
      RecordType.memory,
      virgil_memory_record(
        record: virgil_record(), physical_start: start, number_of_pages: pages, attribute: attribute,
        virtual_start: virtualStart, type: type.rawValue, reserved: 0))
  }

  public mutating func appendTable(_ guid: GUID, address: UInt64) {
    var payload: [UInt8] = []
    payload.appendLittleEndian(guid.low)
    payload.appendLittleEndian(guid.high)
    payload.appendLittleEndian(address)
    append(RecordType.table, payload: payload)
  }

  /// Bytes that the finished block takes.
  public var size: Int { MemoryLayout<virgil_handover>.size + records.count }

  /// The block: header, records, checksum.
  public func finish() -> [UInt8] {
    var block: [UInt8] = []
    block.reserveCapacity(size)
    block.appendLittleEndian(UInt64(VIRGIL_HANDOVER_MAGIC))
    block.appendLittleEndian(UInt32(VIRGIL_HANDOVER_VERSION))
    block.appendLittleEndian(UInt32(MemoryLayout<virgil_handover>.size))
    block.appendLittleEndian(UInt64(size))
    block.appendLittleEndian(UInt32(0))
    block.appendLittleEndian(flags)
    block.append(contentsOf: records)
    let checksum = block.withUnsafeBytes { HandoverReader.checksum(ByteView($0)) }
    for index in 0..<4 { block[24 + index] = UInt8(truncatingIfNeeded: checksum >> UInt32(8 * index)) }
    return block
  }
}
