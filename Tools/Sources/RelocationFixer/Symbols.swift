// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import ELF

/// The rules for symbols: every one is defined, and none needs a resolver.
enum Symbols {
  static func check(_ file: ELFFile, _ symbols: [Symbol]) throws(Refusal) {
    try check(symbols, table: ".symtab", file)
    let dynamic = try reading { () throws(ELFError) in try file.symbols(in: Section.SHT_DYNSYM) }
    try check(dynamic, table: ".dynsym", file)
  }

  private static func check(_ symbols: [Symbol], table: String, _ file: ELFFile) throws(Refusal) {
    // Index 0 is the null symbol. A weak undefined symbol counts too: the linker has made it 0, and a call of it
    // would jump to the blob's first byte.
    for symbol in symbols.dropFirst() {
      if !symbol.isDefined { throw .undefinedSymbol(symbol.name, weak: symbol.isWeak, table: table) }
      if symbol.type == Symbol.STT_GNU_IFUNC {
        let index = Int(symbol.sectionIndex)
        throw .resolverSymbol(symbol.name, section: index < file.sections.count ? file.sections[index].name : table)
      }
    }
  }
}
