// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// Builds a handover block: records one after the other, then the header over them.
public struct HandoverWriter {
  /// With room for the header in front of the records.
  private var block = [UInt8](repeating: 0, count: MemoryLayout<virgil_handover>.size)
  private let flags: UInt32

  /// - Parameter relative: the addresses of range and image records are relative to the block's first byte.
  public init(relative: Bool = false) { flags = relative ? UInt32(VIRGIL_HANDOVER_RELATIVE) : 0 }

  /// Appends a record: `type`, and what follows its header.
  public mutating func append(_ type: UInt32, payload: UnsafeRawBufferPointer) {
    block.appendLittleEndian(type)
    block.appendLittleEndian(UInt32(8 + payload.count))
    block.append(contentsOf: payload)
    while block.count % 8 != 0 { block.append(0) }
  }

  /// The same with another address at the start of what follows the header: at least 8 bytes.
  public mutating func append(_ type: UInt32, payload: UnsafeRawBufferPointer, address: UInt64) {
    let place = block.count + 8
    append(type, payload: payload)
    block.withUnsafeMutableBytes { $0.storeBytes(of: address, toByteOffset: place, as: UInt64.self) }
  }

  public mutating func append(_ type: UInt32, payload: [UInt8]) {
    payload.withUnsafeBytes { append(type, payload: $0) }
  }

  /// Appends a structure of virgil_handover.h. Its record header is filled in here.
  public mutating func append<Value>(_ type: UInt32, _ value: Value) {
    withUnsafeBytes(of: value) { bytes in
      append(type, payload: UnsafeRawBufferPointer(start: bytes.baseAddress! + 8, count: bytes.count - 8))
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
    var table = virgil_table_record()
    withUnsafeMutableBytes(of: &table.guid) { guid.store(to: $0.baseAddress!) }
    table.address = address
    append(RecordType.table, table)
  }

  /// Bytes that the finished block takes.
  public var size: Int { block.count }

  /// The block: header, records, checksum.
  public consuming func finish() -> [UInt8] {
    var header = virgil_handover(
      magic: UInt64(VIRGIL_HANDOVER_MAGIC), version: UInt32(VIRGIL_HANDOVER_VERSION),
      header_size: UInt32(MemoryLayout<virgil_handover>.size), total_size: UInt64(size), checksum: 0, flags: flags)
    block.withUnsafeMutableBytes { bytes in
      bytes.storeBytes(of: header, as: virgil_handover.self)
      header.checksum = HandoverReader.checksum(ByteView(UnsafeRawBufferPointer(bytes)))
      bytes.storeBytes(of: header, as: virgil_handover.self)
    }
    return block
  }
}
