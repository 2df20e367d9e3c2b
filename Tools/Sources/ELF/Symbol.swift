// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Bytes

/// `Elf64_Sym` (System V gABI, "Symbol Table"), with its name.
public struct Symbol: Sendable {
  enum Layout {
    static let st_name = Field<UInt32>(0)
    static let st_info = Field<UInt8>(4)
    static let st_shndx = Field<UInt16>(6)
    static let st_value = Field<UInt64>(8)
    static let st_size = Field<UInt64>(16)
    static let size = 24
  }

  public static let STB_WEAK: UInt8 = 2
  public static let STT_SECTION: UInt8 = 3
  public static let STT_FILE: UInt8 = 4
  public static let STT_TLS: UInt8 = 6
  public static let STT_GNU_IFUNC: UInt8 = 10

  /// `st_shndx` of a symbol that is defined elsewhere.
  public static let SHN_UNDEF: UInt16 = 0

  public let name: String
  /// Its address, in a linked file.
  public let value: UInt64
  public let size: UInt64
  public let binding: UInt8
  public let type: UInt8
  public let sectionIndex: UInt16

  public var isDefined: Bool { sectionIndex != Self.SHN_UNDEF }
  /// Whether it only marks where code or data starts (`$x`, `$d`; ELF for the Arm 64-bit Architecture, 5.5.4).
  public var isMapping: Bool { name.hasPrefix("$x") || name.hasPrefix("$d") }
  public var isWeak: Bool { binding == Self.STB_WEAK }
}

extension ELFFile {
  /// The symbols of the first section of a type (SHT_SYMTAB or SHT_DYNSYM), the null symbol included; none without it.
  ///
  /// - Throws: `ELFError` when the table, its string table or a name is not inside the file.
  public func symbols(in type: UInt32 = Section.SHT_SYMTAB) throws(ELFError) -> [Symbol] {
    guard let section = sections.first(where: { $0.type == type }) else { return [] }
    let table = try contents(of: section)
    guard table.count % Symbol.Layout.size == 0 else {
      throw .field("sh_size of \(section.name)", value: section.size, expected: "a multiple of 24")
    }
    guard let link = Int(exactly: section.link), link < sections.count,
      sections[link].type == Section.SHT_STRTAB
    else {
      throw .field("sh_link of \(section.name)", value: UInt64(section.link), expected: "the index of a string table")
    }
    let names = try contents(of: sections[link])
    var symbols: [Symbol] = []
    symbols.reserveCapacity(table.count / Symbol.Layout.size)
    for offset in stride(from: 0, to: table.count, by: Symbol.Layout.size) {
      let record = try Record(table, at: UInt64(offset), size: Symbol.Layout.size, what: "a symbol")
      symbols.append(
        Symbol(
          name: try names.name(at: record[Symbol.Layout.st_name], table: sections[link].name),
          value: record[Symbol.Layout.st_value], size: record[Symbol.Layout.st_size],
          binding: record[Symbol.Layout.st_info] >> 4, type: record[Symbol.Layout.st_info] & 15,
          sectionIndex: record[Symbol.Layout.st_shndx]))
    }
    return symbols
  }
}
