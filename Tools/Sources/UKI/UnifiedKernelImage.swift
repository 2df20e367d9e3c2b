// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Bytes
import PE

/// A Unified Kernel Image from its parts (UAPI.5), laid out as ukify lays it out: the parts become sections behind
/// the stub's own, in the order given.
public struct UnifiedKernelImage {
  /// A section to be.
  public struct Part {
    public let name: SectionName
    public let contents: FileContents

    public init(_ name: SectionName, _ contents: FileContents) {
      self.name = name
      self.contents = contents
    }

    public init(_ name: SectionName, _ piece: FileContents.Piece) {
      var contents = FileContents()
      contents.append(piece)
      self.init(name, contents)
    }

    /// Whether the name is exactly `text`.
    public func isNamed(_ text: StaticString) -> Bool { name == SectionName(literal: text) }

    /// The headers of a kernel that is in one piece.
    fileprivate var kernel: PEHeaders? {
      guard contents.pieces.count == 1, case .view(let view) = contents.pieces[0] else { return nil }
      return try? PEHeaders(view)
    }
  }

  /// What becomes of the section `.sbat`.
  public enum SBATRule {
    /// The stub's and the kernel's entries and these texts' are merged; with no texts, ukify's own for a UKI or an add-on
    /// is added. It stays where the stub has it, or else goes before the part of that number, behind all if nil.
    case merge([String], before: Int? = nil)
    /// It stays as it is in the stub.
    case keep
  }

  /// The whole file.
  public let contents: FileContents

  private static let linux = SectionName(literal: ".linux")
  private static let sbat = SectionName(literal: ".sbat")
  private static let profile = SectionName(literal: ".profile")
  /// Sections that a profile may have more than one of.
  private static let repeatable: Set<SectionName> = [
    SectionName(literal: ".dtbauto"), SectionName(literal: ".efifw"),
  ]

  /// - Parameters:
  ///   - stub: systemd-stub, or another PE file made for it
  ///   - kernel: the `.linux` part's bytes, nil for an add-on, which has none; it must be of the stub's architecture
  ///   - parts: in file order; none empty. What follows a `.profile` is that profile's (UAPI.5)
  ///   - sbat: what becomes of `.sbat`
  public init(stub: ByteView, kernel: ByteView?, parts: [Part], sbat: SBATRule = .merge([])) throws(UKIError) {
    let headers: PEHeaders
    do { headers = try PEHeaders(stub) } catch { throw .stub(error) }
    guard headers.dataDirectory(.certificateTable) == nil else { throw .stubIsSigned }
    for section in headers.sections
    where section.sizeInFile > 0 && section.pointerToRawData < headers.sizeOfHeaders {
      throw .stubOverlap(section: section.nameText)
    }
    try Self.check(parts, against: headers)
    let inner = kernel.flatMap { try? PEHeaders($0) }
    if let inner, inner.machine != headers.machine {
      throw .machines(stub: headers.machine, kernel: inner.machine)
    }

    var builder = Builder(headers, stub)
    var replaced: (section: Int, bytes: [UInt8])?
    // The merged SBAT, where the stub has no room for it, and the number of parts that come before it.
    var added: (part: Part, place: Int)?
    if case .merge(let texts, let place) = sbat {
      guard !parts.contains(where: { $0.name == Self.sbat }) else { throw .duplicateSection(".sbat") }
      let merged = Self.mergedSBAT(stub, kernel, texts)
      if let own = headers.sections.firstIndex(where: { $0.isNamed(".sbat") }) {
        if builder.room(of: own) >= merged.count {
          replaced = (own, merged)
        } else {
          try builder.vacate(own, needed: merged.count)
        }
      }
      // Old stubs have their sections close together: behind all others then, as nothing else would move.
      if replaced == nil { added = (Part(Self.sbat, .bytes(merged)), place ?? parts.count) }
    }
    for (index, part) in parts.enumerated() {
      if let added, added.place == index { try builder.append(added.part) }
      try builder.append(part)
      if part.name == Self.linux,
        part.kernel.map({ $0.dllCharacteristics & DLLCharacteristics.nxCompatible == 0 }) == true
      {
        // Firmware that enforces it goes by the outer image and would then refuse the inner one.
        builder.editor[PEFields.Optional.DllCharacteristics] &= ~DLLCharacteristics.nxCompatible
      }
    }
    if let added, added.place >= parts.count { try builder.append(added.part) }
    contents = try builder.finish(replacing: replaced)
  }

  /// What `.sbat` is to hold.
  public static func mergedSBAT(_ stub: ByteView, _ kernel: ByteView?, _ texts: [String]) -> [UInt8] {
    // Of an add-on, nothing of the stub runs: its SBAT does not count.
    let images = kernel.map { [stub, $0] } ?? []
    return SBAT.merge(
      images: images.compactMap { image in (try? PEHeaders(image)).map { (image, $0) } },
      texts: texts.isEmpty ? [kernel == nil ? SBAT.addon : SBAT.uki] : texts)
  }

  private static func check(_ parts: [Part], against stub: PEHeaders) throws(UKIError) {
    let own = Set(stub.sections.map { SectionName($0) })
    var seen: Set<SectionName> = []
    for part in parts {
      let name = part.name
      guard part.contents.count > 0 else { throw .emptySection(name.description) }
      guard !own.contains(name) else { throw .stubHasSection(name.description) }
      // A profile has sections of its own.
      if name == profile { seen = [] }
      guard seen.insert(name).inserted || repeatable.contains(name) else {
        throw .duplicateSection(name.description)
      }
    }
  }

  /// Lays sections out one after the other.
  private struct Builder {
    let headers: PEHeaders
    let stub: ByteView
    var editor: HeaderEditor
    private var added = FileContents()
    /// The first free file offset and RVA.
    private var fileEnd: UInt32
    private var memoryEnd: UInt32
    /// File offset where the stub's own sections end.
    private let stubEnd: UInt32
    /// What overwrites a section that was given up.
    private var vacated: (offset: Int, bytes: [UInt8])?

    init(_ headers: PEHeaders, _ stub: ByteView) {
      self.headers = headers
      self.stub = stub
      editor = HeaderEditor(headers, of: stub)
      editor.dropStale()
      memoryEnd = headers.sections.map { $0.virtualAddress + $0.sizeInMemory }.max() ?? headers.sizeOfHeaders
      // What follows the last section (symbols of old stubs) is not part of the image.
      stubEnd =
        headers.sections.filter { $0.sizeInFile > 0 }
        .map { $0.pointerToRawData + $0.sizeOfRawData }.max() ?? headers.sizeOfHeaders
      fileEnd = stubEnd
    }

    mutating func append(_ part: Part) throws(UKIError) {
      let name = part.name.description
      let needed = headers.peOffset + editor.bytes.count + PEFields.Section.size
      guard needed <= sizeOfHeaders else {
        throw .noHeaderSpace(section: name, needed: needed, sizeOfHeaders: sizeOfHeaders)
      }
      guard let size = UInt32(exactly: part.contents.count),
        let rawSize = size.roundedUp(to: headers.fileAlignment),
        let offset = fileEnd.roundedUp(to: headers.fileAlignment),
        let rva = memoryEnd.roundedUp(to: max(headers.sectionAlignment, 0x20)),
        !offset.addingReportingOverflow(rawSize).overflow, !rva.addingReportingOverflow(size).overflow
      else { throw .tooLarge(section: name) }
      editor.append(
        part.name, virtualSize: size, virtualAddress: rva, sizeOfRawData: rawSize, pointerToRawData: offset,
        characteristics: SectionCharacteristics.read
          | (part.name == UnifiedKernelImage.linux
            ? SectionCharacteristics.code : SectionCharacteristics.initializedData))
      added.pad(to: Int(offset - stubEnd))
      for piece in part.contents.pieces { added.append(piece) }
      added.pad(to: Int(offset + rawSize - stubEnd))
      fileEnd = offset + rawSize
      memoryEnd = rva + size
    }

    /// Bytes that a section of the stub may have where it is. Old stubs have their last ones close together.
    func room(of index: Int) -> Int {
      let section = headers.sections[index]
      let next = headers.sections.map(\.virtualAddress).filter { $0 > section.virtualAddress }.min()
      return min(Int(section.sizeOfRawData), next.map { Int($0 - section.virtualAddress) } ?? .max)
    }

    /// Gives a section of the stub up. Its bytes of the file are zeros then, and its neighbour's: no byte is left that
    /// belongs to nothing and would not be signed.
    mutating func vacate(_ index: Int, needed: Int) throws(UKIError) {
      let section = headers.sections[index]
      let neighbour = headers.sections.firstIndex {
        $0.virtualSize > 0 && $0.sizeOfRawData > 0
          && UInt64($0.pointerToRawData) + UInt64($0.sizeOfRawData) == UInt64(section.pointerToRawData)
      }
      guard let neighbour else { throw .sbatTooLarge(size: needed, room: room(of: index)) }
      editor[PEFields.Section.SizeOfRawData, section: neighbour] += section.sizeOfRawData
      editor.remove(section: index)
      vacated = (Int(section.pointerToRawData), [UInt8](repeating: 0, count: Int(section.sizeOfRawData)))
    }

    /// Headers may fill the file up to the first section's data.
    private var sizeOfHeaders: Int {
      let size = headers.sizeOfHeaders
      let first = headers.sections.filter { $0.sizeInFile > 0 }.map(\.pointerToRawData).min() ?? size
      let rounded = size.roundedUp(to: headers.fileAlignment) ?? size
      return Int(rounded <= first ? rounded : size)
    }

    /// - Parameter replacing: a section of the stub and what it will hold instead
    mutating func finish(replacing: (section: Int, bytes: [UInt8])?) throws(UKIError) -> FileContents {
      guard let size = memoryEnd.roundedUp(to: headers.sectionAlignment) else { throw .tooLarge(section: "") }
      editor[PEFields.Optional.SizeOfImage] = size
      editor[PEFields.Optional.SizeOfHeaders] = UInt32(sizeOfHeaders)
      var edits: [(offset: Int, bytes: [UInt8])] = []
      if let vacated { edits.append(vacated) }
      if let (index, bytes) = replacing {
        let section = headers.sections[index]
        let room = Int(section.sizeOfRawData)
        guard bytes.count <= room else { throw .sbatTooLarge(size: bytes.count, room: room) }
        editor[PEFields.Section.VirtualSize, section: index] = UInt32(bytes.count)
        let padding = [UInt8](repeating: 0, count: room - bytes.count)
        edits.append((Int(section.pointerToRawData), bytes + padding))
      }
      edits.insert((headers.peOffset, editor.bytes), at: 0)

      var contents = FileContents()
      for edit in edits.sorted(by: { $0.offset < $1.offset }) {
        // An edit lies inside the stub: the headers were checked, and so were the sections' places.
        if let before = stub.slice(contents.count, count: edit.offset - contents.count) {
          contents.append(.view(before))
        }
        contents.append(.bytes(edit.bytes))
      }
      if let rest = stub.slice(contents.count, count: max(0, Int(stubEnd) - contents.count)) {
        contents.append(.view(rest))
      }
      for piece in added.pieces { contents.append(piece) }
      return contents
    }
  }
}
