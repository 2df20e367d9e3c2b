// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import ELF

/// The rules for the dynamic table: a list of what is harmless, since whatever is not on it would need a loader.
struct DynamicRules {
  private let entries: [DynamicEntry]

  init(_ file: ELFFile) throws(Refusal) {
    guard let table = try reading({ () throws(ELFError) in try file.dynamicTable() }) else {
      throw .missingDynamicTable
    }
    entries = table
  }

  /// A table that two or three entries describe: address and size in bytes; nil when it is absent or empty.
  func table(_ address: UInt64, size: UInt64) throws(Refusal) -> (address: UInt64, size: UInt64)? {
    guard let bytes = try value(size), bytes > 0 else { return nil }
    guard let start = try value(address) else {
      let name = DynamicEntry.name(of: size)
      throw .dynamicEntry(name: name, value: bytes, expected: "\(DynamicEntry.name(of: address)) beside it")
    }
    return (start, bytes)
  }

  /// The value of a tag that may occur once; nil without it.
  func value(_ tag: UInt64) throws(Refusal) -> UInt64? {
    let found = entries.filter { $0.tag == tag }
    if found.count > 1 {
      throw .dynamicEntry(name: DynamicEntry.name(of: tag), value: found[1].value, expected: "one such entry")
    }
    return found.first?.value
  }

  /// Checks every entry; relocation tables, which `Relocations` reads, excepted.
  func check() throws(Refusal) {
    for entry in entries {
      if let expected = Self.expectation(entry) {
        throw .dynamicEntry(name: DynamicEntry.name(of: entry.tag), value: entry.value, expected: expected)
      }
    }
  }

  /// What an entry should have been; nil when it is harmless.
  private static func expectation(_ entry: DynamicEntry) -> String? {
    switch entry.tag {
    case DynamicEntry.DT_HASH, DynamicEntry.DT_GNU_HASH, DynamicEntry.DT_STRTAB, DynamicEntry.DT_STRSZ,
      DynamicEntry.DT_SYMTAB, DynamicEntry.DT_SYMENT, DynamicEntry.DT_DEBUG, DynamicEntry.DT_RELA,
      DynamicEntry.DT_RELACOUNT, DynamicEntry.DT_PLTREL, DynamicEntry.DT_JMPREL, DynamicEntry.DT_RELR,
      DynamicEntry.DT_RELRSZ, DynamicEntry.DT_INIT_ARRAY, DynamicEntry.DT_FINI_ARRAY, DynamicEntry.DT_PREINIT_ARRAY:
      nil
    // SwiftPM always gives one. It says where libraries are looked for, and DT_NEEDED says that there are none.
    case DynamicEntry.DT_RUNPATH: nil
    case DynamicEntry.DT_RELASZ, DynamicEntry.DT_PLTRELSZ, DynamicEntry.DT_INIT_ARRAYSZ,
      DynamicEntry.DT_FINI_ARRAYSZ, DynamicEntry.DT_PREINIT_ARRAYSZ:
      entry.value == 0 ? nil : "0: nothing to do before start"
    case DynamicEntry.DT_RELAENT: entry.value == 24 ? nil : "24"
    case DynamicEntry.DT_RELRENT: entry.value == 8 ? nil : "8"
    // DF_SYMBOLIC, DF_BIND_NOW
    case DynamicEntry.DT_FLAGS: entry.value & ~0xa == 0 ? nil : "no bits but DF_SYMBOLIC (2) and DF_BIND_NOW (8)"
    // DF_1_NOW, DF_1_PIE
    case DynamicEntry.DT_FLAGS_1:
      entry.value & ~0x800_0001 == 0 ? nil : "no bits but DF_1_NOW (1) and DF_1_PIE (0x8000000)"
    case DynamicEntry.DT_NEEDED: "no shared library"
    case DynamicEntry.DT_TEXTREL: "no relocation of code"
    default: "no such entry"
    }
  }
}
