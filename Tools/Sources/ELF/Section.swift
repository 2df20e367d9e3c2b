// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Bytes

/// `Elf64_Shdr` (System V gABI, "Section Header"), with its name.
public struct Section: Sendable {
  enum Layout {
    static let sh_name = Field<UInt32>(0)
    static let sh_type = Field<UInt32>(4)
    static let sh_flags = Field<UInt64>(8)
    static let sh_addr = Field<UInt64>(16)
    static let sh_offset = Field<UInt64>(24)
    static let sh_size = Field<UInt64>(32)
    static let sh_link = Field<UInt32>(40)
    static let sh_info = Field<UInt32>(44)
    static let sh_addralign = Field<UInt64>(48)
    static let size = 64
  }

  public static let SHT_NULL: UInt32 = 0
  public static let SHT_PROGBITS: UInt32 = 1
  public static let SHT_SYMTAB: UInt32 = 2
  public static let SHT_STRTAB: UInt32 = 3
  public static let SHT_RELA: UInt32 = 4
  public static let SHT_HASH: UInt32 = 5
  public static let SHT_DYNAMIC: UInt32 = 6
  public static let SHT_NOTE: UInt32 = 7
  public static let SHT_NOBITS: UInt32 = 8
  public static let SHT_REL: UInt32 = 9
  public static let SHT_DYNSYM: UInt32 = 11
  public static let SHT_INIT_ARRAY: UInt32 = 14
  public static let SHT_FINI_ARRAY: UInt32 = 15
  public static let SHT_PREINIT_ARRAY: UInt32 = 16
  public static let SHT_RELR: UInt32 = 19
  public static let SHT_GNU_HASH: UInt32 = 0x6fff_fff6

  /// `sh_flags`.
  public struct Flags: OptionSet, Sendable {
    public let rawValue: UInt64
    public init(rawValue: UInt64) { self.rawValue = rawValue }
    public static let write = Flags(rawValue: 1)
    /// Occupies memory while the program runs.
    public static let alloc = Flags(rawValue: 2)
    public static let execute = Flags(rawValue: 4)
    public static let threadLocal = Flags(rawValue: 0x400)
  }

  /// The position in the table.
  public let index: Int
  /// Empty when the file has no table of section names.
  public internal(set) var name: String
  public let type: UInt32
  public let flags: Flags
  public let address: UInt64
  /// In the file, in bytes; means nothing for SHT_NOBITS.
  public let offset: UInt64
  public let size: UInt64
  /// `sh_link`: another section's index; which one depends on the type.
  public let link: UInt32
  public let info: UInt32
  public let alignment: UInt64
  let nameOffset: UInt32

  init(_ file: ByteView, at offset: UInt64, index: Int) throws(ELFError) {
    let record = try Record(file, at: offset, size: Layout.size, what: "section header \(index)")
    self.index = index
    name = ""
    nameOffset = record[Layout.sh_name]
    type = record[Layout.sh_type]
    flags = Flags(rawValue: record[Layout.sh_flags])
    address = record[Layout.sh_addr]
    self.offset = record[Layout.sh_offset]
    size = record[Layout.sh_size]
    link = record[Layout.sh_link]
    info = record[Layout.sh_info]
    alignment = record[Layout.sh_addralign]
  }

  /// Whether `address` lies in the section while the program runs.
  public func contains(_ address: UInt64) -> Bool {
    flags.contains(.alloc) && address >= self.address && address - self.address < size
  }
}
