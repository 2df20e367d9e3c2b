// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import ELF

extension ProvenImage {
  /// What an image is made of: the sizes of its sections in bytes, without the padding up to pages.
  public struct Sizes: Codable, Equatable, Sendable {
    /// Code, and the header.
    public var text: UInt64 = 0
    /// Constants, notes and the tables for loaders.
    public var rodata: UInt64 = 0
    /// Constants that hold addresses, where the linker script keeps them apart (PT_GNU_RELRO).
    public var relro: UInt64 = 0
    public var data: UInt64 = 0
    /// In memory only; the guard page and the stack included.
    public var bss: UInt64 = 0
    public var relocationTable: UInt64 = 0

    init(_ file: ELFFile) {
      let sealed = file.programHeaders.first { $0.type == ProgramHeader.PT_GNU_RELRO && $0.memorySize > 0 }
      for section in file.sections where section.flags.contains(.alloc) {
        let isSealed = sealed.map { section.address >= $0.virtualAddress && section.address < $0.end } ?? false
        switch section.type {
        case Section.SHT_NOBITS: bss += section.size
        case Section.SHT_RELR: relocationTable += section.size
        case Section.SHT_DYNAMIC: rodata += section.size
        case _ where section.flags.contains(.execute): text += section.size
        case _ where isSealed: relro += section.size
        case _ where section.flags.contains(.write): data += section.size
        default: rodata += section.size
        }
      }
    }
  }
}
