// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// What `\_S5` says: the SLP_TYP values that power the machine off (ACPI 6.5, 7.4.2 and 4.8.3.2.1).
///
/// Found without an interpreter, as is common practice: in the Differentiated System Description Table the object is a
/// name with a package of constants. Where it is anything else, it is not found.
public struct SoftOff: Equatable, Sendable {
  public let sleepTypeA: UInt8
  public let sleepTypeB: UInt8

  /// - Parameter dsdt: the whole table
  public init?(dsdt: ByteView) {
    var position = 36
    while position + 4 <= dsdt.count {
      if dsdt.matches("_S5_", at: position), let found = SoftOff(package: dsdt, at: position) {
        self = found
        return
      }
      position += 1
    }
    return nil
  }

  /// ACPI 6.5, 20.2.5: NameOp (8), the name, then PackageOp (0x12), PkgLength, NumElements, the elements.
  private init?(package bytes: ByteView, at name: Int) {
    let before = bytes.byte(name - 1) == 0x5c ? name - 2 : name - 1  // a backslash may precede it
    guard bytes.byte(before) == 0x08, bytes.byte(name + 4) == 0x12, let length = bytes.byte(name + 5) else {
      return nil
    }
    // The upper two bits of PkgLength's first byte say how many follow.
    var position = name + 6 + Int(length >> 6)
    guard let count = bytes.byte(position), count >= 1 else { return nil }
    position += 1
    guard let first = SoftOff.constant(bytes, &position) else { return nil }
    sleepTypeA = first
    sleepTypeB = count > 1 ? SoftOff.constant(bytes, &position) ?? first : first
  }

  /// ZeroOp, OneOp, or BytePrefix and a byte; SLP_TYP has three bits.
  private static func constant(_ bytes: ByteView, _ position: inout Int) -> UInt8? {
    guard var value = bytes.byte(position) else { return nil }
    position += 1
    if value == 0x0a {
      guard let next = bytes.byte(position) else { return nil }
      value = next
      position += 1
    } else if value > 1 {
      return nil
    }
    return value < 8 ? value : nil
  }
}
