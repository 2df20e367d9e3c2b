// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// The Root System Description Pointer (ACPI 6.5, 5.2.5): where all tables start.
public struct RSDP: Equatable, Sendable {
  enum Fields {
    static let Revision = Field<UInt8>(15)
    static let RsdtAddress = Field<UInt32>(16)
    static let Length = Field<UInt32>(20)
    static let XsdtAddress = Field<UInt64>(24)
    /// Of the structure in ACPI 1.0, and what `Checksum` covers in all versions.
    static let firstSize = 20
    static let size = 36
  }
  static let signature: StaticString = "RSD PTR "
  /// `Length` is 36 in every version so far; this leaves room for later ones.
  static let maximumLength: UInt32 = 4096

  /// 0 for ACPI 1.0, 2 since ACPI 2.0.
  public let revision: UInt8
  /// Bytes of the structure.
  public let length: Int
  /// Physical; nil when it is 0.
  public let rsdtAddress: UInt64?
  /// Physical; nil when it is 0 or in ACPI 1.0.
  public let xsdtAddress: UInt64?

  /// - Parameter address: physical, as in `acpi_rsdp_addr` or EFI's configuration table
  public init(at address: UInt64, read: MemoryReader) throws(ACPIError) {
    guard let first = read(address, Fields.firstSize), first.count == Fields.firstSize else {
      throw .unreadable(address: address, size: UInt64(Fields.firstSize))
    }
    guard first.matches(Self.signature), let revision = first[Fields.Revision], let rsdt = first[Fields.RsdtAddress]
    else { throw .noRSDP(address: address) }
    guard first.sumsToZero else { throw .badChecksum(address: address) }
    self.revision = revision
    rsdtAddress = rsdt == 0 ? nil : UInt64(rsdt)
    guard revision >= 2 else {
      length = Fields.firstSize
      xsdtAddress = nil
      return
    }
    guard let whole = read(address, Fields.size), let length = whole[Fields.Length],
      let xsdt = whole[Fields.XsdtAddress]
    else { throw .unreadable(address: address, size: UInt64(Fields.size)) }
    guard length >= UInt32(Fields.size), length <= Self.maximumLength else {
      throw .badLength(address: address, length: length)
    }
    guard let all = read(address, Int(length)) else { throw .unreadable(address: address, size: UInt64(length)) }
    guard all.sumsToZero else { throw .badChecksum(address: address) }
    self.length = Int(length)
    xsdtAddress = xsdt == 0 ? nil : xsdt
  }

  /// Looks for an RSDP on 16-byte boundaries of `area`, as in the BIOS area 0xe0000–0xfffff (5.2.5.1).
  ///
  /// - Returns: its offset in `area`; nil when there is none whose checksum is right.
  public static func offset(in area: ByteView) -> Int? {
    var offset = 0
    while let byte = area.byte(offset) {
      if byte == signature.utf8Start[0], area.matches(signature, at: offset),
        let first = area.slice(offset, count: Fields.firstSize),
        first.sumsToZero
      {
        return offset
      }
      offset += 16
    }
    return nil
  }
}
