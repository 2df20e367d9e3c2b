// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Bytes

/// `Elf64_Rela` (System V gABI, "Relocation").
public struct Relocation: Sendable {
  enum Layout {
    static let r_offset = Field<UInt64>(0)
    static let r_info = Field<UInt64>(8)
    static let r_addend = Field<Int64>(16)
    static let size = 24
  }

  /// The virtual address of what is to be changed.
  public let place: UInt64
  public let type: UInt32
  /// Index in the dynamic symbol table; 0: none.
  public let symbol: UInt32
  public let addend: Int64

  /// The relocations of a table's bytes.
  public static func table(_ view: ByteView, name: String) throws(ELFError) -> [Relocation] {
    guard view.count % Layout.size == 0 else {
      throw .field("the size of \(name)", value: UInt64(view.count), expected: "a multiple of 24")
    }
    var relocations: [Relocation] = []
    relocations.reserveCapacity(view.count / Layout.size)
    for offset in stride(from: 0, to: view.count, by: Layout.size) {
      let record = try Record(view, at: UInt64(offset), size: Layout.size, what: "a relocation")
      let info = record[Layout.r_info]
      relocations.append(
        Relocation(
          place: record[Layout.r_offset], type: UInt32(truncatingIfNeeded: info), symbol: UInt32(info >> 32),
          addend: record[Layout.r_addend]))
    }
    return relocations
  }
}

/// What a dynamic relocation asks for, on either machine (psABI for AMD64, table 4.10; ELF for AArch64, section 5.7.16).
public enum RelocationKind: Equatable, Sendable {
  /// `R_*_RELATIVE`: add the load address; the only kind that needs no symbol and no resolver.
  case relative
  /// Any other, by its name; by its number when the name is unknown.
  case other(String)

  public init(_ type: UInt32, _ machine: Machine) {
    guard type != machine.target.relativeRelocation else {
      self = .relative
      return
    }
    switch machine {
    case .aarch64: self = .other("R_AARCH64_" + (Self.aarch64[type] ?? String(type)))
    case .x86_64: self = .other("R_X86_64_" + (Self.x86_64[type] ?? String(type)))
    }
  }

  private static let aarch64: [UInt32: String] = [
    0: "NONE", 257: "ABS64", 258: "ABS32", 1024: "COPY", 1025: "GLOB_DAT", 1026: "JUMP_SLOT", 1028: "TLS_DTPMOD64",
    1029: "TLS_DTPREL64", 1030: "TLS_TPREL64", 1031: "TLSDESC", 1032: "IRELATIVE",
  ]
  private static let x86_64: [UInt32: String] = [
    0: "NONE", 1: "64", 2: "PC32", 5: "COPY", 6: "GLOB_DAT", 7: "JUMP_SLOT", 10: "32", 11: "32S", 16: "DTPMOD64",
    17: "DTPOFF64", 18: "TPOFF64", 36: "TLSDESC", 37: "IRELATIVE", 38: "RELATIVE64",
  ]
}
