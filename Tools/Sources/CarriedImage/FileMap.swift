// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// What is where in an image's file: every byte of it, in order, and inside of some regions their parts.
public struct FileMap {
  /// What a region is for, to tell them apart by.
  public enum Kind: String, Sendable {
    case header, code, data, kernel, initrd, description, emulator, certificate, gap
  }

  public struct Region: Sendable {
    public var name: String
    public var meaning: String
    public var kind: Kind
    public var offset: Int
    public var size: Int
    /// Where it lies under firmware; nil: nowhere.
    public var rva: UInt32?
    /// Bytes there.
    public var memorySize: UInt32?
    /// As `r-x`; empty where that means nothing.
    public var rights = ""
    /// Regions inside of it, in order; they need not fill it.
    public var parts: [Region] = []

    public var end: Int { offset + size }
  }

  /// Of the file, in bytes.
  public let size: Int
  /// In file order.
  public let regions: [Region]

  public init(_ report: ImageReport) {
    size = report.size
    var regions = [Self.headers(report)]
    for section in report.sections where section.fileSize > 0 {
      var region = Region(
        name: section.name, meaning: SectionMeaning.text(section.name) ?? "a section", kind: Self.kind(section),
        offset: Int(section.fileOffset), size: Int(section.fileSize), rva: section.rva, memorySize: section.memorySize,
        rights: section.rights)
      if section.name == ".virgil" { region.parts = Self.parts(of: section, report) }
      regions.append(region)
    }
    if let table = report.certificateTable {
      regions.append(
        Region(
          name: "certificates", meaning: "signatures", kind: .certificate, offset: table.offset, size: table.size))
    }
    for range in report.uncovered {
      regions.append(
        Region(name: "(nothing)", meaning: "bytes of no section", kind: .gap, offset: range.offset, size: range.size))
    }
    self.regions = regions.sorted { ($0.offset, $0.size) < ($1.offset, $1.size) }
  }

  private static func headers(_ report: ImageReport) -> Region {
    var parts: [Region] = []
    if report.arm64Image != nil {
      parts.append(
        Region(name: "Image header", meaning: "what kexec looks for on arm64", kind: .header, offset: 0, size: 0x40))
    }
    if report.setupHeader != nil {
      parts.append(
        Region(name: "setup header", meaning: "what kexec looks for on x86", kind: .header, offset: 0x1f1, size: 0x8f))
    }
    // The optional header's size is no part of the report; sections have 40 bytes each.
    parts.append(
      Region(
        name: "PE header", meaning: "with \(report.sections.count) sections", kind: .header,
        offset: report.headers.offset, size: report.headers.headerSize))
    return Region(
      name: "headers", meaning: SectionMeaning.text("headers")!, kind: .header, offset: 0,
      size: Int(report.headers.sizeOfHeaders), rva: 0, memorySize: report.headers.sizeOfHeaders, rights: "r--",
      parts: parts.sorted { $0.offset < $1.offset })
  }

  private static func kind(_ section: ImageReport.Section) -> Kind {
    switch section.name {
    case ".linux": .kernel
    case ".initrd", ".ucode": .initrd
    case ".virgil": .emulator
    case ".vhead": .header
    case ".osrel", ".cmdline", ".uname", ".profile", ".sbat", ".sdmagic", ".pcrpkey", ".pcrsig", ".hwids": .description
    default: section.rights.hasSuffix("x") ? .code : .data
    }
  }

  /// What the records of the carried block say is in the section, as far as it is in the file.
  private static func parts(of section: ImageReport.Section, _ report: ImageReport) -> [Region] {
    guard let carried = report.carried else { return [] }
    let known: [String: (String, Kind)] = [
      "headers": ("the payload's own headers", .header), "sidecars": ("files beside the image", .data),
      "image initrd": ("initrd that is carried along", .initrd),
      "image command line": ("command line that is carried along", .description),
      "emulator": ("the emulator, build ID \(carried.buildID.isEmpty ? "none" : carried.buildID)", .emulator),
    ]
    var parts = carried.records.compactMap { record -> Region? in
      guard let (meaning, kind) = known[record.type], let rva = record.rva, let size = record.size,
        rva >= UInt64(section.rva), rva - UInt64(section.rva) < UInt64(section.fileSize)
      else { return nil }
      let offset = Int(rva - UInt64(section.rva))
      return Region(
        name: record.type, meaning: meaning, kind: kind, offset: Int(section.fileOffset) + offset,
        size: min(Int(clamping: size), Int(section.fileSize) - offset), rva: UInt32(clamping: rva),
        memorySize: UInt32(clamping: size))
    }.sorted { $0.offset < $1.offset }
    let first = parts.first?.offset ?? Int(section.fileOffset)
    parts.insert(
      Region(
        name: "block", meaning: "what the emulator is told", kind: .description, offset: Int(section.fileOffset),
        size: first - Int(section.fileOffset), rva: section.rva), at: 0)
    return parts
  }
}
