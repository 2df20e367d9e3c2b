// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import ELF

/// The rules for sections.
///
/// Segments alone do not tell: an explicit PHDRS list in a linker script can hide that a section wants to be
/// written, is thread-local, or holds constructors.
enum Sections {
  /// Types that need no work before start.
  private static let plainTypes: Set<UInt32> = [
    Section.SHT_PROGBITS, Section.SHT_NOBITS, Section.SHT_NOTE, Section.SHT_DYNAMIC, Section.SHT_DYNSYM,
    Section.SHT_STRTAB, Section.SHT_HASH, Section.SHT_GNU_HASH, Section.SHT_RELA, Section.SHT_RELR,
  ]
  private static let constructorTypes: Set<UInt32> = [
    Section.SHT_INIT_ARRAY, Section.SHT_FINI_ARRAY, Section.SHT_PREINIT_ARRAY,
  ]

  /// Checks every section that is loaded.
  static func check(_ file: ELFFile, _ segments: Segments, _ role: ProvenImage.Role) throws(Refusal) {
    for section in file.sections where section.flags.contains(.alloc) && section.size > 0 {
      if section.flags.contains(.threadLocal) {
        throw .threadLocal(section: section.name, symbol: try file.threadLocalSymbol())
      }
      if constructorTypes.contains(section.type) { throw .constructors(section: section.name) }
      guard plainTypes.contains(section.type) else { throw .sectionKind(section.name, type: section.type) }
      if section.flags.isSuperset(of: [.write, .execute]) { throw .writableExecutableSection(section.name) }
      try checkPlacement(section, segments, role)
    }
  }

  private static func checkPlacement(
    _ section: Section, _ segments: Segments, _ role: ProvenImage.Role
  ) throws(Refusal) {
    guard let segment = segments.segment(containing: section.address, size: section.size) else {
      throw .sectionPlacement(section.name, address: section.address, expected: "to lie inside one PT_LOAD segment")
    }
    if let problem = Self.problem(section, in: segment, role) {
      throw .sectionPlacement(section.name, address: section.address, expected: problem)
    }
  }

  /// What a section should have been; nil when it is in place.
  private static func problem(_ section: Section, in segment: ProgramHeader, _ role: ProvenImage.Role) -> String? {
    let isCode = section.flags.contains(.execute)
    let isExecutable = segment.flags.contains(.execute)
    if isCode, !isExecutable { return "an executable segment" }
    // The runtime image has its constants among its code.
    if isExecutable, !isCode, role == .emulator { return "a segment that is not executable" }
    // A dynamic table is marked writable for a debugger's sake; nothing writes it here.
    if section.flags.contains(.write), section.type != Section.SHT_DYNAMIC, !segment.flags.contains(.write) {
      return "a writable segment"
    }
    if section.alignment > pageSize {
      return "an alignment of at most \(pageSize), since the image may run at any page; "
        + "it asks for \(section.alignment)"
    }
    return isFileConsistent(section, segment) ? nil : "its bytes in the file to be those of its segment"
  }

  /// Whether the section's bytes in the file are those that its segment puts at the section's address.
  private static func isFileConsistent(_ section: Section, _ segment: ProgramHeader) -> Bool {
    let distance = section.address - segment.virtualAddress
    if section.type == Section.SHT_NOBITS { return distance >= segment.fileSize }
    return distance <= segment.fileSize && section.size <= segment.fileSize - distance
      && section.offset == segment.offset + distance
  }
}
