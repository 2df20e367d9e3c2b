// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// Types of records, under Swift's names (virgil_handover.h).
public enum RecordType {
  public static let image = UInt32(VIRGIL_RECORD_IMAGE.rawValue)
  public static let headers = UInt32(VIRGIL_RECORD_HEADERS.rawValue)
  public static let commandLine = UInt32(VIRGIL_RECORD_COMMAND_LINE.rawValue)
  public static let initrd = UInt32(VIRGIL_RECORD_INITRD.rawValue)
  public static let deviceTree = UInt32(VIRGIL_RECORD_DEVICE_TREE.rawValue)
  public static let sidecars = UInt32(VIRGIL_RECORD_SIDECARS.rawValue)
  public static let emulator = UInt32(VIRGIL_RECORD_EMULATOR.rawValue)
  public static let scratch = UInt32(VIRGIL_RECORD_SCRATCH.rawValue)
  public static let memory = UInt32(VIRGIL_RECORD_MEMORY.rawValue)
  public static let table = UInt32(VIRGIL_RECORD_TABLE.rawValue)
  public static let console = UInt32(VIRGIL_RECORD_CONSOLE.rawValue)
  public static let randomSeed = UInt32(VIRGIL_RECORD_RANDOM_SEED.rawValue)
  public static let secureBoot = UInt32(VIRGIL_RECORD_SECURE_BOOT.rawValue)
  public static let log = UInt32(VIRGIL_RECORD_LOG.rawValue)
  public static let imagePath = UInt32(VIRGIL_RECORD_IMAGE_PATH.rawValue)
  public static let clock = UInt32(VIRGIL_RECORD_CLOCK.rawValue)
  public static let policy = UInt32(VIRGIL_RECORD_POLICY.rawValue)
  public static let reset = UInt32(VIRGIL_RECORD_RESET.rawValue)
  public static let imageInitrd = UInt32(VIRGIL_RECORD_IMAGE_INITRD.rawValue)
  public static let imageCommandLine = UInt32(VIRGIL_RECORD_IMAGE_COMMAND_LINE.rawValue)
  public static let signatures = UInt32(VIRGIL_RECORD_SIGNATURES.rawValue)
  public static let verified = UInt32(VIRGIL_RECORD_VERIFIED.rawValue)
}

/// A record with its header, checked to lie inside its block.
public struct HandoverRecord {
  public let type: UInt32
  /// The record, its 8-byte header included.
  public let bytes: ByteView

  /// The record as the C structure of virgil_handover.h; nil when it is shorter than that. Longer is fine: a newer
  /// writer has added fields.
  public func load<Value>(as type: Value.Type) -> Value? {
    guard bytes.count >= MemoryLayout<Value>.size else { return nil }
    return bytes.base.loadUnaligned(as: Value.self)
  }

  /// An image path: the payload, without the zeros that may follow it.
  public var path: ByteView { payload.split(at: 0).head }

  /// What follows the record's header.
  public var payload: ByteView { bytes.suffix(from: MemoryLayout<virgil_record>.size) ?? bytes }
}

/// Reads a handover block: magic, version, length and checksum first, then record by record.
public struct HandoverReader {
  private let block: ByteView
  private let headerSize: Int
  private let base: UInt64
  /// Where the block itself is.
  public var place: PhysicalRange? { PhysicalRange(address: base, size: UInt64(block.count)) }
  public let flags: UInt32

  /// - Parameters:
  ///   - view: memory that starts with the block and may be longer
  ///   - address: where the block's first byte is; what relative addresses are relative to
  public init(_ view: ByteView, address: UInt64) throws(HandoverError) {
    guard view.count >= MemoryLayout<virgil_handover>.size else { throw .truncated }
    let header = view.base.loadUnaligned(as: virgil_handover.self)
    guard header.magic == VIRGIL_HANDOVER_MAGIC else { throw .wrongMagic(header.magic) }
    guard header.version == VIRGIL_HANDOVER_VERSION else { throw .unsupportedVersion(header.version) }
    guard header.header_size >= MemoryLayout<virgil_handover>.size, header.header_size % 8 == 0,
      header.total_size >= UInt64(header.header_size), header.total_size <= UInt64(view.count),
      let block = view.slice(0, count: Int(header.total_size))
    else { throw .wrongSize(header.total_size) }
    let computed = HandoverReader.checksum(block)
    guard computed == header.checksum else { throw .wrongChecksum(found: header.checksum, computed: computed) }
    self.block = block
    headerSize = Int(header.header_size)
    base = address
    flags = header.flags
    var offset = headerSize
    while let record = try record(at: offset) { offset = next(offset, record) }
  }

  /// The block's checksum, taken with the checksum field 0.
  static func checksum(_ block: ByteView) -> UInt32 {
    let place = 24  // offsetof(struct virgil_handover, checksum); handover.c holds the layout
    var crc = CRC32()
    crc.update(UnsafeRawBufferPointer(start: block.base, count: place))
    withUnsafeBytes(of: UInt32(0)) { crc.update($0) }
    crc.update(UnsafeRawBufferPointer(start: block.base + place + 4, count: block.count - place - 4))
    return crc.value
  }

  private func record(at offset: Int) throws(HandoverError) -> HandoverRecord? {
    guard offset < block.count else { return nil }
    guard let type = block.littleEndian(offset, as: UInt32.self),
      let size = block.littleEndian(offset + 4, as: UInt32.self), size >= 8,
      let bytes = block.slice(offset, count: Int(size))
    else { throw .malformedRecord(type: block.littleEndian(offset, as: UInt32.self) ?? 0, offset: offset) }
    return HandoverRecord(type: type, bytes: bytes)
  }

  private func next(_ offset: Int, _ record: HandoverRecord) -> Int { (offset + record.bytes.count + 7) & ~7 }

  /// Calls `body` with every record, in the block's order. A reader ignores the types it does not know.
  public func forEachRecord(_ body: (HandoverRecord) -> Void) {
    var offset = headerSize
    while let record = try? record(at: offset) {
      body(record)
      offset = next(offset, record)
    }
  }

  /// The first record of a type.
  public func first(_ type: UInt32) -> HandoverRecord? {
    var found: HandoverRecord?
    forEachRecord { if found == nil, $0.type == type { found = $0 } }
    return found
  }

  /// An address in a record, made absolute.
  public func absolute(_ address: UInt64) -> UInt64 {
    flags & UInt32(VIRGIL_HANDOVER_RELATIVE) != 0 ? base &+ address : address
  }

  /// The first range record of a type, with its address made absolute; nil when there is none, or it is too short.
  public func range(_ type: UInt32) -> (address: UInt64, size: UInt64)? {
    guard let range = first(type)?.load(as: virgil_range_record.self) else { return nil }
    return (absolute(range.address), range.size)
  }

  /// The image record, with its address made absolute.
  public var image: virgil_image_record? {
    guard var image = first(RecordType.image)?.load(as: virgil_image_record.self) else { return nil }
    image.address = absolute(image.address)
    return image
  }

  /// What the first kernel says of Secure Boot and lockdown; nil when it says nothing.
  public var secureBoot: virgil_secure_boot_record? {
    first(RecordType.secureBoot)?.load(as: virgil_secure_boot_record.self)
  }

  /// The console; nil when the block describes none.
  public var console: ConsoleDescription? {
    first(RecordType.console)?.load(as: virgil_console_record.self).flatMap { ConsoleDescription($0) }
  }
}
