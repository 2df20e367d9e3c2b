// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// The first kernel's `EFI_SYSTEM_TABLE` (UEFI 2.10, 4.3), read after its boot services are gone.
///
/// Its pointers need care: once `SetVirtualAddressMap` has run, firmware leaves virtual addresses in
/// `FirmwareVendor`, `RuntimeServices` and `ConfigurationTable`. `EFIMemoryMap.physicalAddress(of:)` turns them
/// back; on x86, SETUP_EFI has the physical ones.
public struct EFISystemTable {
  /// "IBI SYST".
  static let signature: UInt64 = 0x5453_5953_2049_4249
  /// Configuration tables that are accepted; firmware has a few dozen.
  public static let maximumTableCount = 4096

  enum Fields {
    static let Signature = Field<UInt64>(0)
    static let Revision = Field<UInt32>(8)
    static let FirmwareVendor = Field<UInt64>(24)
    static let FirmwareRevision = Field<UInt32>(32)
    static let RuntimeServices = Field<UInt64>(88)
    static let NumberOfTableEntries = Field<UInt64>(104)
    static let ConfigurationTable = Field<UInt64>(112)
    static let size = 120
  }

  /// `EFI_2_100_SYSTEM_TABLE_REVISION` and its like: major version in the upper half.
  public let revision: UInt32
  /// A NUL-terminated UTF-16 string; physical or virtual.
  public let firmwareVendor: UInt64
  public let firmwareRevision: UInt32
  /// Physical or virtual.
  public let runtimeServices: UInt64
  /// Physical or virtual.
  public let configurationTable: UInt64
  public let numberOfTableEntries: Int

  /// - Parameter address: physical
  public init(at address: UInt64, read: MemoryReader) throws(EFISystemTableError) {
    guard let bytes = read(address, Fields.size), let signature = bytes[Fields.Signature],
      let revision = bytes[Fields.Revision], let vendor = bytes[Fields.FirmwareVendor],
      let firmwareRevision = bytes[Fields.FirmwareRevision], let runtime = bytes[Fields.RuntimeServices],
      let count = bytes[Fields.NumberOfTableEntries], let tables = bytes[Fields.ConfigurationTable]
    else { throw .unreadable(address: address, size: Fields.size) }
    guard signature == Self.signature else { throw .wrongSignature(signature, address: address) }
    guard count <= UInt64(Self.maximumTableCount) else { throw .tooManyTables(count) }
    self.revision = revision
    firmwareVendor = vendor
    self.firmwareRevision = firmwareRevision
    runtimeServices = runtime
    configurationTable = tables
    numberOfTableEntries = Int(count)
  }

  /// The configuration tables.
  ///
  /// - Parameter address: where they lie physically; `configurationTable` when the firmware's map is still physical
  public func configurationTables(
    at address: UInt64, read: MemoryReader
  ) throws(EFISystemTableError) -> EFIConfigurationTables {
    let size = numberOfTableEntries * EFIConfigurationTables.entrySize
    guard let bytes = read(address, size), bytes.count >= size else { throw .unreadable(address: address, size: size) }
    return EFIConfigurationTables(bytes: bytes, count: numberOfTableEntries)
  }
}

/// Why a system table cannot be used.
public enum EFISystemTableError: Error, Equatable {
  case unreadable(address: UInt64, size: Int)
  case wrongSignature(UInt64, address: UInt64)
  case tooManyTables(UInt64)
}

extension EFISystemTableError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .unreadable(let address, let size):
      "EFI system table: \(size) bytes at 0x\(String(address, radix: 16)) cannot be read; "
        + "the address must be physical and lie in known memory"
    case .wrongSignature(let signature, let address):
      "EFI system table: 0x\(String(signature, radix: 16)) at 0x\(String(address, radix: 16)) is not \"IBI SYST\""
    case .tooManyTables(let count):
      "EFI system table: NumberOfTableEntries is \(count); at most \(EFISystemTable.maximumTableCount) are read"
    }
  }
}

/// `EFI_CONFIGURATION_TABLE`s (UEFI 2.10, 4.6), in the firmware's order.
public struct EFIConfigurationTables: Sequence {
  static let entrySize = 24

  let bytes: ByteView
  public let count: Int

  public struct Entry {
    /// `VendorGuid`, its 16 bytes as they lie in memory.
    public let guid: ByteView
    /// `VendorTable`: physical for most tables; what it points at is the table's own business.
    public let address: UInt64
  }

  /// The entry at `index`; nil beyond the last one.
  public func entry(_ index: Int) -> Entry? {
    guard index >= 0, index < count, let guid = bytes.slice(index * Self.entrySize, count: 16),
      let address = bytes.littleEndian(index * Self.entrySize + 16, as: UInt64.self)
    else { return nil }
    return Entry(guid: guid, address: address)
  }

  public func makeIterator() -> Iterator { Iterator(tables: self) }

  public struct Iterator: IteratorProtocol {
    let tables: EFIConfigurationTables
    var index = 0

    init(tables: EFIConfigurationTables) { self.tables = tables }

    public mutating func next() -> Entry? {
      guard let entry = tables.entry(index) else { return nil }
      index += 1
      return entry
    }
  }
}
