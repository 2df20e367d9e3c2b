// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// The entry point of the SMBIOS tables (SMBIOS 3.7, 5.2): not ACPI, but found and summed in the same way.
public struct SMBIOSAnchor: Equatable, Sendable {
  /// Which of the two structures it is; EFI has a configuration table for each.
  public enum Kind: Equatable, Sendable {
    /// `_SM_`, 32-bit.
    case version2
    /// `_SM3_`, 64-bit.
    case version3
  }

  public let kind: Kind
  /// Bytes of the entry point structure.
  public let length: Int
  public let major: UInt8
  public let minor: UInt8
  /// The structure table, physical. For `_SM3_` the size is the largest that it may have.
  public let table: PhysicalRange

  /// - Returns: nil when there is neither structure, or its length or checksum is wrong.
  public init?(_ bytes: ByteView) {
    if bytes.matches("_SM3_") {
      guard let length = bytes.byte(6), length >= 24, let whole = bytes.slice(0, count: Int(length)), whole.sumsToZero,
        let major = whole.byte(7), let minor = whole.byte(8), let size = whole.littleEndian(12, as: UInt32.self),
        let address = whole.littleEndian(16, as: UInt64.self),
        let table = PhysicalRange(address: address, size: UInt64(size))
      else { return nil }
      self.init(kind: .version3, length: Int(length), major: major, minor: minor, table: table)
    } else if bytes.matches("_SM_") {
      // 5.2.1: SMBIOS 2.1 gave the length as 0x1e by mistake; the structure had 0x1f bytes all the same.
      guard let stated = bytes.byte(5), stated >= 0x1e else { return nil }
      let length = max(stated, 0x1f)
      guard let whole = bytes.slice(0, count: Int(length)), whole.slice(0, count: Int(stated))?.sumsToZero == true,
        whole.matches("_DMI_", at: 16), whole.slice(16, count: 15)?.sumsToZero == true,
        let major = whole.byte(6), let minor = whole.byte(7), let size = whole.littleEndian(22, as: UInt16.self),
        let address = whole.littleEndian(24, as: UInt32.self),
        let table = PhysicalRange(address: UInt64(address), size: UInt64(size))
      else { return nil }
      self.init(kind: .version2, length: Int(length), major: major, minor: minor, table: table)
    } else {
      return nil
    }
  }

  private init(kind: Kind, length: Int, major: UInt8, minor: UInt8, table: PhysicalRange) {
    self.kind = kind
    self.length = length
    self.major = major
    self.minor = minor
    self.table = table
  }

  /// Looks on 16-byte boundaries of `area`, as in the BIOS area 0xf0000–0xfffff (5.2.1, 5.2.2).
  ///
  /// - Returns: the offset in `area` of the first entry point of that kind; nil when there is none.
  public static func offset(of kind: Kind, in area: ByteView) -> Int? {
    var offset = 0
    // The first character tells nearly all places apart, and this is some thousands of them.
    while let first = area.byte(offset) {
      if first == UInt8(ascii: "_"), let anchor = area.suffix(from: offset).flatMap({ SMBIOSAnchor($0) }),
        anchor.kind == kind
      {
        return offset
      }
      offset += 16
    }
    return nil
  }
}
