// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// `enum e820_type`, the kernel's reading of ACPI 6.5, 15.1 (types from 0 to 12) with Linux's own additions.
public struct E820Type: RawRepresentable, Equatable, Sendable {
  public let rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  public static let ram = E820Type(rawValue: 1)
  public static let reserved = E820Type(rawValue: 2)
  public static let acpi = E820Type(rawValue: 3)
  public static let nvs = E820Type(rawValue: 4)
  public static let unusable = E820Type(rawValue: 5)
  public static let persistentMemory = E820Type(rawValue: 7)
  public static let protectedPersistentMemory = E820Type(rawValue: 12)
  public static let softReserved = E820Type(rawValue: 0xefff_ffff)
}

/// One region of the x86 memory map: `struct boot_e820_entry`.
public struct E820Entry: Equatable, Sendable {
  public let address: UInt64
  /// In bytes.
  public let size: UInt64
  public let type: E820Type

  /// nil when the region wraps round the address space.
  public var range: PhysicalRange? { PhysicalRange(address: address, size: size) }
}

/// Entries as they lie in memory: 20 packed bytes each, in any order, possibly overlapping.
public struct E820Table: Sequence {
  /// Bytes of an entry.
  public static let entrySize = 20
  /// Entries that the page itself holds.
  public static let capacity = 128

  enum Fields {
    static let addr = Field<UInt64>(0)
    static let size = Field<UInt64>(8)
    static let type = Field<UInt32>(16)
  }

  let bytes: ByteView

  /// - Parameter bytes: whole entries; an incomplete last one is not read
  public init(_ bytes: ByteView) { self.bytes = bytes }

  public var count: Int { bytes.count / Self.entrySize }

  /// The entry at `index`; nil beyond the last one.
  public func entry(_ index: Int) -> E820Entry? {
    guard index >= 0, index < count else { return nil }
    let start = index * Self.entrySize
    guard let address = bytes[Fields.addr, at: start], let size = bytes[Fields.size, at: start],
      let type = bytes[Fields.type, at: start]
    else { return nil }
    return E820Entry(address: address, size: size, type: E820Type(rawValue: type))
  }

  public func makeIterator() -> Iterator { Iterator(table: self) }

  public struct Iterator: IteratorProtocol {
    let table: E820Table
    var index = 0

    init(table: E820Table) { self.table = table }

    public mutating func next() -> E820Entry? {
      guard let entry = table.entry(index) else { return nil }
      index += 1
      return entry
    }
  }
}
