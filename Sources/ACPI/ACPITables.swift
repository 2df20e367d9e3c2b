// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// The tables that the XSDT, or in its absence the RSDT, lists (ACPI 6.5, 5.2.6 to 5.2.8).
///
/// ```swift
/// let tables = try ACPITables(rsdp, read: physicalMemory)
/// if let table = try tables.first("SPCR", read: physicalMemory) { … }
/// ```
public struct ACPITables {
  /// `DESCRIPTION_HEADER` (5.2.6).
  enum Fields {
    static let Length = Field<UInt32>(4)
    static let Revision = Field<UInt8>(8)
    static let size = 36
  }
  /// No table comes near: the largest DSDTs have a few megabytes.
  public static let maximumLength: UInt32 = 16 << 20

  /// The root table, header included.
  let root: ByteView
  /// Bytes of an address in it: 8 in an XSDT, 4 in an RSDT.
  let entrySize: Int

  /// - Throws: when the root table cannot be read or its checksum is wrong. With both an XSDT and an RSDT, the
  ///   latter is taken when the former cannot be.
  public init(_ rsdp: RSDP, read: MemoryReader) throws(ACPIError) {
    if let address = rsdp.xsdtAddress {
      do throws(ACPIError) {
        self = try ACPITables(root: address, signature: "XSDT", entrySize: 8, read)
        return
      } catch {
        if rsdp.rsdtAddress == nil { throw error }
      }
    }
    guard let address = rsdp.rsdtAddress else { throw .noRootTable(address: 0) }
    self = try ACPITables(root: address, signature: "RSDT", entrySize: 4, read)
  }

  private init(root address: UInt64, signature: StaticString, entrySize: Int, _ read: MemoryReader) throws(ACPIError) {
    root = try Self.table(at: address, read)
    self.entrySize = entrySize
    guard root.matches(signature) else { throw .noRootTable(address: address) }
  }

  public var count: Int { (root.count - Fields.size) / entrySize }

  /// The physical address of table `index`; nil beyond the last one.
  public func address(_ index: Int) -> UInt64? {
    guard index >= 0, index < count else { return nil }
    let offset = Fields.size + index * entrySize
    return entrySize == 8
      ? root.littleEndian(offset, as: UInt64.self) : root.littleEndian(offset, as: UInt32.self).map { UInt64($0) }
  }

  /// The first table with that signature, header included; nil when none is listed.
  ///
  /// Entries that are 0 or cannot be read are passed over: one bad entry does not hide the others.
  ///
  /// - Throws: when the table that was looked for is there and has a wrong length or checksum.
  public func first(_ signature: StaticString, read: MemoryReader) throws(ACPIError) -> ByteView? {
    for index in 0..<count {
      guard let address = address(index), address != 0, let header = read(address, Fields.size),
        header.matches(signature)
      else { continue }
      return try Self.table(at: address, read)
    }
    return nil
  }

  /// The whole table at `address`, its checksum verified.
  public static func table(at address: UInt64, _ read: MemoryReader) throws(ACPIError) -> ByteView {
    guard let header = read(address, Fields.size), let length = header[Fields.Length] else {
      throw .unreadable(address: address, size: UInt64(Fields.size))
    }
    guard length >= UInt32(Fields.size), length <= maximumLength else {
      throw .badLength(address: address, length: length)
    }
    guard let table = read(address, Int(length)), table.count == Int(length) else {
      throw .unreadable(address: address, size: UInt64(length))
    }
    guard table.sumsToZero else { throw .badChecksum(address: address) }
    return table
  }
}
