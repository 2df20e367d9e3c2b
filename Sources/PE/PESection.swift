// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// An entry of the section table, already checked by `PEHeaders`.
public struct PESection: Equatable, Sendable {
  /// Eight bytes, NUL-padded; the first one is the lowest.
  public let name: UInt64
  /// In memory, in bytes. May be 0: then `SizeOfRawData` counts.
  public let virtualSize: UInt32
  /// The RVA.
  public let virtualAddress: UInt32
  public let sizeOfRawData: UInt32
  /// File offset of the raw data.
  public let pointerToRawData: UInt32
  public let characteristics: UInt32

  /// - Returns: nil when the entry does not lie in `bytes`.
  init?(_ bytes: ByteView, at offset: Int) {
    typealias Fields = PEFields.Section
    guard let entry = bytes.slice(offset, count: Fields.size), let name = entry[Fields.Name],
      let virtualSize = entry[Fields.VirtualSize], let virtualAddress = entry[Fields.VirtualAddress],
      let sizeOfRawData = entry[Fields.SizeOfRawData], let pointerToRawData = entry[Fields.PointerToRawData],
      let characteristics = entry[Fields.Characteristics]
    else { return nil }
    self.name = name
    self.virtualSize = virtualSize
    self.virtualAddress = virtualAddress
    self.sizeOfRawData = sizeOfRawData
    self.pointerToRawData = pointerToRawData
    self.characteristics = characteristics
  }

  public init(
    name: StaticString, virtualSize: UInt32, virtualAddress: UInt32, sizeOfRawData: UInt32, pointerToRawData: UInt32,
    characteristics: UInt32
  ) {
    self.name = Self.packed(name) ?? 0
    self.virtualSize = virtualSize
    self.virtualAddress = virtualAddress
    self.sizeOfRawData = sizeOfRawData
    self.pointerToRawData = pointerToRawData
    self.characteristics = characteristics
  }

  /// Bytes of memory that the section takes: `VirtualSize`, or what is in the file when that is 0.
  public var sizeInMemory: UInt32 { virtualSize == 0 ? sizeOfRawData : virtualSize }

  /// Bytes that come from the file; the rest of `sizeInMemory` is zeros.
  public var sizeInFile: UInt32 { min(sizeOfRawData, sizeInMemory) }

  /// Whether the name is exactly `text`: 8 bytes at most.
  public func isNamed(_ text: StaticString) -> Bool { Self.packed(text) == name }

  private static func packed(_ text: StaticString) -> UInt64? {
    let count = text.utf8CodeUnitCount
    guard count <= 8 else { return nil }
    var packed: UInt64 = 0
    for index in 0..<count { packed |= UInt64(text.utf8Start[index]) << UInt64(8 * index) }
    return packed
  }
}
