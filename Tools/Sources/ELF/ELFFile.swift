// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Bytes

/// A 64-bit little-endian ELF file: its header, segments and sections.
///
/// The tables that these point to (symbols, dynamic entries, notes, relocations) are read when asked for.
///
/// ```swift
/// let file = try ELFFile(view)
/// for symbol in try file.symbols() where !symbol.isDefined { print(symbol.name) }
/// ```
///
/// - Warning: like the view it is made from, it does not keep the bytes alive.
public struct ELFFile {
  public let bytes: ByteView
  public let header: FileHeader
  public let programHeaders: [ProgramHeader]
  /// In the file's order; index 0 is the reserved null section.
  public let sections: [Section]

  public init(_ bytes: ByteView) throws(ELFError) {
    self.bytes = bytes
    header = try FileHeader(bytes)
    var sections = try Self.readSections(bytes, header)
    try Self.nameSections(&sections, bytes, header)
    self.sections = sections
    programHeaders = try Self.readProgramHeaders(bytes, header, sections)
  }

  /// Section headers. A count that does not fit in `e_shnum` stands in the null section's `sh_size`.
  private static func readSections(_ bytes: ByteView, _ header: FileHeader) throws(ELFError) -> [Section] {
    guard header.shoff != 0 else { return [] }
    let null = try Section(bytes, at: header.shoff, index: 0)
    let count = header.shnum == 0 ? null.size : UInt64(header.shnum)
    return try readTable(
      bytes, at: header.shoff, count: count, size: Section.Layout.size, what: "the section headers"
    ) { (offset, index) throws(ELFError) in try Section(bytes, at: offset, index: index) }
  }

  /// Program headers. `e_phnum` 0xffff means that the count stands in the null section's `sh_info`.
  private static func readProgramHeaders(
    _ bytes: ByteView, _ header: FileHeader, _ sections: [Section]
  ) throws(ELFError) -> [ProgramHeader] {
    guard header.phoff != 0 else { return [] }
    var count = UInt64(header.phnum)
    if header.phnum == 0xffff, let null = sections.first { count = UInt64(null.info) }
    return try readTable(
      bytes, at: header.phoff, count: count, size: ProgramHeader.Layout.size, what: "the program headers"
    ) { (offset, index) throws(ELFError) in try ProgramHeader(bytes, at: offset, index: index) }
  }

  /// Reads `count` structures of `size` bytes, after checking that so many are there.
  private static func readTable<Element>(
    _ bytes: ByteView, at offset: UInt64, count: UInt64, size: Int, what: String,
    _ read: (UInt64, Int) throws(ELFError) -> Element
  ) throws(ELFError) -> [Element] {
    let (total, overflow) = count.multipliedReportingOverflow(by: UInt64(size))
    _ = try bytes.window(offset, size: overflow ? .max : total, what: what)
    var elements: [Element] = []
    elements.reserveCapacity(Int(count))
    for index in 0..<Int(count) { elements.append(try read(offset + UInt64(index * size), index)) }
    return elements
  }

  /// `e_shstrndx` 0xffff means that the index stands in the null section's `sh_link`; 0 that there are no names.
  private static func nameSections(
    _ sections: inout [Section], _ bytes: ByteView, _ header: FileHeader
  ) throws(ELFError) {
    guard let null = sections.first else { return }
    let index = header.shstrndx == 0xffff ? Int(null.link) : Int(header.shstrndx)
    guard index != 0 else { return }
    guard index < sections.count, sections[index].type == Section.SHT_STRTAB else {
      throw .field("e_shstrndx", value: UInt64(index), expected: "the index of a string table")
    }
    let table = try bytes.window(sections[index].offset, size: sections[index].size, what: "the section names")
    for position in sections.indices {
      sections[position].name = try table.name(at: sections[position].nameOffset, table: "the section names")
    }
  }

  /// A section's bytes in the file; none for SHT_NOBITS.
  public func contents(of section: Section) throws(ELFError) -> ByteView {
    let size = section.type == Section.SHT_NOBITS || section.type == Section.SHT_NULL ? 0 : section.size
    return try bytes.window(size == 0 ? 0 : section.offset, size: size, what: "section \(section.name)")
  }

  /// A segment's bytes in the file.
  public func contents(of segment: ProgramHeader) throws(ELFError) -> ByteView {
    let name = ProgramHeader.name(of: segment.type)
    return try bytes.window(
      segment.offset, size: segment.fileSize, what: "program header \(segment.index)'s segment (\(name))")
  }

  /// The bytes that a PT_LOAD segment puts at a virtual address; nil when no segment's file part holds them all.
  public func contents(at address: UInt64, size: UInt64) -> ByteView? {
    for segment in programHeaders where segment.type == ProgramHeader.PT_LOAD && address >= segment.virtualAddress {
      let distance = address - segment.virtualAddress
      guard distance <= segment.fileSize, size <= segment.fileSize - distance,
        let view = try? contents(of: segment)
      else { continue }
      // Both fit in Int: the view that they lie in does.
      return view.slice(Int(distance), count: Int(size))
    }
    return nil
  }
}
