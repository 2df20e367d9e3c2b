// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Bytes

/// `Elf64_Dyn` (System V gABI, "Dynamic Section").
public struct DynamicEntry: Equatable, Sendable {
  public static let DT_NULL: UInt64 = 0
  public static let DT_NEEDED: UInt64 = 1
  public static let DT_PLTRELSZ: UInt64 = 2
  public static let DT_HASH: UInt64 = 4
  public static let DT_STRTAB: UInt64 = 5
  public static let DT_SYMTAB: UInt64 = 6
  public static let DT_RELA: UInt64 = 7
  public static let DT_RELASZ: UInt64 = 8
  public static let DT_RELAENT: UInt64 = 9
  public static let DT_STRSZ: UInt64 = 10
  public static let DT_SYMENT: UInt64 = 11
  public static let DT_INIT: UInt64 = 12
  public static let DT_FINI: UInt64 = 13
  public static let DT_PLTREL: UInt64 = 20
  public static let DT_DEBUG: UInt64 = 21
  public static let DT_TEXTREL: UInt64 = 22
  public static let DT_JMPREL: UInt64 = 23
  public static let DT_INIT_ARRAY: UInt64 = 25
  public static let DT_FINI_ARRAY: UInt64 = 26
  public static let DT_INIT_ARRAYSZ: UInt64 = 27
  public static let DT_FINI_ARRAYSZ: UInt64 = 28
  public static let DT_RUNPATH: UInt64 = 29
  public static let DT_FLAGS: UInt64 = 30
  public static let DT_PREINIT_ARRAY: UInt64 = 32
  public static let DT_PREINIT_ARRAYSZ: UInt64 = 33
  public static let DT_RELRSZ: UInt64 = 35
  public static let DT_RELR: UInt64 = 36
  public static let DT_RELRENT: UInt64 = 37
  public static let DT_GNU_HASH: UInt64 = 0x6fff_fef5
  public static let DT_RELACOUNT: UInt64 = 0x6fff_fff9
  public static let DT_FLAGS_1: UInt64 = 0x6fff_fffb

  public let tag: UInt64
  public let value: UInt64

  /// The name of a tag that Virgil has an opinion on; its number otherwise.
  public static func name(of tag: UInt64) -> String {
    switch tag {
    case DT_NEEDED: "DT_NEEDED"
    case DT_PLTRELSZ: "DT_PLTRELSZ"
    case DT_RELA: "DT_RELA"
    case DT_RELASZ: "DT_RELASZ"
    case DT_RELAENT: "DT_RELAENT"
    case DT_INIT: "DT_INIT"
    case DT_FINI: "DT_FINI"
    case DT_TEXTREL: "DT_TEXTREL"
    case DT_JMPREL: "DT_JMPREL"
    case DT_INIT_ARRAYSZ: "DT_INIT_ARRAYSZ"
    case DT_FINI_ARRAYSZ: "DT_FINI_ARRAYSZ"
    case DT_PREINIT_ARRAYSZ: "DT_PREINIT_ARRAYSZ"
    case DT_FLAGS: "DT_FLAGS"
    case DT_RELR: "DT_RELR"
    case DT_RELRSZ: "DT_RELRSZ"
    case DT_RELRENT: "DT_RELRENT"
    case DT_FLAGS_1: "DT_FLAGS_1"
    default: "tag \(hexadecimal(tag))"
    }
  }
}

extension ELFFile {
  /// The entries before DT_NULL; nil when there is no PT_DYNAMIC segment.
  ///
  /// - Throws: `ELFError` when the table is not inside the file or does not end with DT_NULL.
  public func dynamicTable() throws(ELFError) -> [DynamicEntry]? {
    guard let segment = programHeaders.first(where: { $0.type == ProgramHeader.PT_DYNAMIC }) else { return nil }
    let table = try contents(of: segment)
    var entries: [DynamicEntry] = []
    var offset = 0
    while let tag = table.littleEndian(offset, as: UInt64.self),
      let value = table.littleEndian(offset + 8, as: UInt64.self)
    {
      if tag == DynamicEntry.DT_NULL { return entries }
      entries.append(DynamicEntry(tag: tag, value: value))
      offset += 16
    }
    throw .field("p_filesz of PT_DYNAMIC", value: segment.fileSize, expected: "room for entries up to DT_NULL")
  }
}
