// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Bytes
import ELF

/// The rules for relocations: relative ones, packed in the RELR table, in memory that is writable at start.
struct Relocations {
  private let file: ELFFile
  private let segments: Segments
  private let places: Places

  /// The table's virtual address and its size in bytes; (0, 0) without one.
  private(set) var table: (address: UInt64, size: UInt64) = (0, 0)
  /// How many pointers the table relocates.
  private(set) var count = 0

  /// Reads and checks all of them.
  init(_ file: ELFFile, _ segments: Segments, _ dynamic: DynamicRules, _ places: Places) throws(Refusal) {
    self.file = file
    self.segments = segments
    self.places = places
    if let rela = try dynamic.table(DynamicEntry.DT_RELA, size: DynamicEntry.DT_RELASZ) { try checkUnpacked(rela) }
    if let plt = try dynamic.table(DynamicEntry.DT_JMPREL, size: DynamicEntry.DT_PLTRELSZ) { try checkUnpacked(plt) }
    if let relr = try dynamic.table(DynamicEntry.DT_RELR, size: DynamicEntry.DT_RELRSZ) {
      table = relr
      try checkPacked()
    }
    try checkSections()
  }

  /// Entries of a RELA table: each is refused, for the reason that says most.
  private func checkUnpacked(_ table: (address: UInt64, size: UInt64)) throws(Refusal) {
    let view = try contents(table, "the RELA table")
    let relocations = try reading { () throws(ELFError) in try Relocation.table(view, name: "the RELA table") }
    let symbols = try reading { () throws(ELFError) in try file.symbols(in: Section.SHT_DYNSYM) }
    for relocation in relocations {
      let place = places.place(relocation.place)
      guard case .other(let name) = RelocationKind(relocation.type, file.header.machine) else {
        try checkRights(place, relativeName)
        throw .unpackedRelocation(kind: relativeName, place)
      }
      let index = Int(relocation.symbol)
      let symbol = index > 0 && index < symbols.count ? symbols[index].name : nil
      throw .relocation(kind: name, symbol: symbol, place)
    }
  }

  /// Every place of the RELR table. Ascending order excludes that a pointer is relocated twice.
  private mutating func checkPacked() throws(Refusal) {
    let view = try contents(table, "the RELR table")
    var walk = try reading { () throws(ELFError) in try PackedRelocations(view) }
    var previous: UInt64?
    while let address = try Self.next(&walk) {
      if let previous, address < previous || address - previous < 8 {
        throw .misplacedRelocation(places.place(address), expected: "ascending places, 8 bytes apart")
      }
      try checkPackedPlace(address)
      previous = address
      count += 1
    }
  }

  private static func next(_ walk: inout PackedRelocations) throws(Refusal) -> UInt64? {
    do { return try walk.next() } catch { throw .malformed(error) }
  }

  /// Holds the table that start-up code walks, between two symbols, against the one of the proof.
  func match(_ symbols: Range<UInt64>) throws(Refusal) {
    guard UInt64(symbols.count) != table.size || (table.size > 0 && symbols.lowerBound != table.address) else { return }
    throw .boundary(
      symbol: "__relr_start", value: symbols.lowerBound,
      expected: "\(hexadecimal(table.address)), and \(table.size) bytes to __relr_end, as DT_RELR and DT_RELRSZ say")
  }

  private func checkPackedPlace(_ address: UInt64) throws(Refusal) {
    let place = places.place(address)
    try checkRights(place, relativeName)
    guard address % 8 == 0 else { throw .misplacedRelocation(place, expected: "a multiple of 8") }
    guard let value = file.contents(at: address, size: 8)?.littleEndian(0, as: UInt64.self) else {
      throw .misplacedRelocation(place, expected: "8 bytes that the file holds")
    }
    let (tableEnd, overflow) = table.address.addingReportingOverflow(table.size)
    if !overflow, address < tableEnd, address + 8 > table.address {
      throw .misplacedRelocation(place, expected: "a place outside the relocation table itself")
    }
    guard value <= segments.memoryEnd else {
      throw .relocatedValue(place, value: value, memory: segments.memoryEnd)
    }
  }

  private func checkRights(_ place: Place, _ kind: String) throws(Refusal) {
    guard let segment = segments.segment(containing: place.address) else {
      throw .misplacedRelocation(place, expected: "a place inside the image")
    }
    if segment.flags.contains(.execute) { throw .textRelocation(kind: kind, place) }
    if !segment.flags.contains(.write) { throw .readOnlyRelocation(kind: kind, place) }
  }

  /// No loaded relocation section may escape the dynamic table's description.
  private func checkSections() throws(Refusal) {
    for section in file.sections where section.flags.contains(.alloc) && section.size > 0 {
      switch section.type {
      case Section.SHT_RELA:
        throw .sectionPlacement(section.name, address: section.address, expected: "DT_RELA to describe it")
      case Section.SHT_RELR where (section.address, section.size) != table:
        throw .sectionPlacement(
          section.name, address: section.address,
          expected: "DT_RELR and DT_RELRSZ to describe it, not \(table.size) bytes at \(hexadecimal(table.address))")
      default: break
      }
    }
  }

  private func contents(_ table: (address: UInt64, size: UInt64), _ what: String) throws(Refusal) -> ByteView {
    if let view = file.contents(at: table.address, size: table.size) { return view }
    throw .malformed(.truncated(what: what, offset: table.address, size: table.size, fileSize: file.bytes.count))
  }

  private var relativeName: String {
    switch file.header.machine {
    case .aarch64: "R_AARCH64_RELATIVE"
    case .x86_64: "R_X86_64_RELATIVE"
    }
  }
}
