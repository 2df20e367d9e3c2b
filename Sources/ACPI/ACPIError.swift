// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// Why ACPI's tables cannot be used (ACPI 6.5, chapter 5.2).
public enum ACPIError: Error, Equatable {
  /// Memory that a table is said to be in cannot be read.
  case unreadable(address: UInt64, size: UInt64)
  /// No "RSD PTR " at the address.
  case noRSDP(address: UInt64)
  /// The bytes of the structure at `address` do not add up to 0.
  case badChecksum(address: UInt64)
  /// `Length` is smaller than the structure's fixed part, or absurdly large.
  case badLength(address: UInt64, length: UInt32)
  /// The RSDP points at something else than an XSDT or RSDT.
  case noRootTable(address: UInt64)
}

extension ACPIError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .unreadable(let address, let size):
      "ACPI: \(size) bytes at 0x\(String(address, radix: 16)) cannot be read; tables must lie in known memory"
    case .noRSDP(let address):
      "ACPI: no \"RSD PTR \" at 0x\(String(address, radix: 16)); acpi_rsdp_addr or EFI's ACPI table must point at it"
    case .badChecksum(let address):
      "ACPI: the bytes of the structure at 0x\(String(address, radix: 16)) must add up to 0"
    case .badLength(let address, let length):
      "ACPI: the structure at 0x\(String(address, radix: 16)) says that it is \(length) bytes long"
    case .noRootTable(let address):
      "ACPI: neither XSDT nor RSDT at 0x\(String(address, radix: 16))"
    }
  }
}

extension ByteView {
  /// Whether all bytes add up to 0 modulo 256, as ACPI and SMBIOS have it.
  var sumsToZero: Bool {
    var sum: UInt8 = 0
    for byte in buffer { sum &+= byte }
    return sum == 0
  }
}
