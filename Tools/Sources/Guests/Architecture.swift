// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// A machine that guests run on; the raw value is its name in QEMU, in `uname -m` and in the material's folders.
public enum Architecture: String, Sendable, CaseIterable, Codable {
  case aarch64
  case x86_64

  /// The architecture that a boot image is for, from its first bytes: the machine field of a PE header, else the magic
  /// of an arm64 `Image` header or of an x86 setup header. `nil` if it is none of these.
  ///
  /// - Parameter header: the beginning of the file; 4 KiB are enough for every image that a kernel or a linker makes
  public init?(header: [UInt8]) {
    if let machine = Self.machineOfPE(header) {
      switch machine {
      case 0xaa64: self = .aarch64
      case 0x8664: self = .x86_64
      default: return nil
      }
    } else if header.has("ARM\u{64}", at: 56) {
      self = .aarch64
    } else if header.has("HdrS", at: 0x202) {
      self = .x86_64
    } else {
      return nil
    }
  }

  private static func machineOfPE(_ header: [UInt8]) -> UInt16? {
    guard header.has("MZ", at: 0), let offset = header.littleEndian(UInt32.self, at: 60),
      header.has("PE\0\0", at: Int(offset))
    else { return nil }
    return header.littleEndian(UInt16.self, at: Int(offset) + 4)
  }

  /// The serial port's name in the guest's kernel.
  public var console: String {
    switch self {
    case .aarch64: "ttyAMA0"
    case .x86_64: "ttyS0"
    }
  }

  /// The name that firmware boots from a removable disk (UEFI 2.10, 3.5.1.1).
  public var removableMediaName: String {
    switch self {
    case .aarch64: "BOOTAA64.EFI"
    case .x86_64: "BOOTX64.EFI"
    }
  }
}

extension [UInt8] {
  /// Whether `text`'s UTF-8 bytes lie at `offset`; `false` where the array ends before.
  func has(_ text: String, at offset: Int) -> Bool {
    let wanted = text.utf8
    guard offset >= 0, offset <= count, count - offset >= wanted.count else { return false }
    return self[offset..<offset + wanted.count].elementsEqual(wanted)
  }

  /// A little-endian number at `offset`; `nil` where the array ends before.
  func littleEndian<Number: FixedWidthInteger>(_: Number.Type, at offset: Int) -> Number? {
    let size = Number.bitWidth / 8
    guard offset >= 0, offset <= count, count - offset >= size else { return nil }
    return self[offset..<offset + size].reversed().reduce(0) { $0 << 8 | Number(truncatingIfNeeded: $1) }
  }
}
