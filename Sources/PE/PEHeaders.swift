// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// How the bytes that are read lie.
public enum PELayout: Sendable {
  /// As in the file: raw data at its `PointerToRawData`.
  case file
  /// As in memory: every section at its RVA. Raw pointers mean nothing and are not looked at.
  case mapped
}

/// The headers of a PE32+ image, with everything checked that a loader relies on.
///
/// After `init` has returned: all headers lie in the bytes, sections are ascending, disjoint, inside
/// `SizeOfImage` and behind the headers, their raw data lies in the file, the entry point lies in a section (or is
/// 0), and so do the data directories in the image.
///
/// ```swift
/// let headers = try PEHeaders(file)
/// for section in headers.sections where section.isNamed(".linux") { … }
/// ```
public struct PEHeaders {
  /// File offset of the PE signature: `e_lfanew`.
  public let peOffset: Int
  public let machine: UInt16
  public let characteristics: UInt16
  public let magic: UInt16
  public let subsystem: UInt16
  public let dllCharacteristics: UInt16
  public let imageBase: UInt64
  public let sectionAlignment: UInt32
  public let fileAlignment: UInt32
  public let sizeOfImage: UInt32
  public let sizeOfHeaders: UInt32
  /// RVA; 0: none. An image without one may be read and must not be started.
  public let addressOfEntryPoint: UInt32
  public let checkSum: UInt32
  public let numberOfSections: Int
  /// File offset of the section table.
  public let sectionTableOffset: Int
  /// In ascending order of RVA.
  public let sections: [PESection]
  private let dataDirectories: [(address: UInt32, size: UInt32)]

  /// - Parameters:
  ///   - file: the image from its first byte on
  ///   - layout: whether it is a file, or an image that lies at its RVAs
  public init(_ file: ByteView, layout: PELayout = .file) throws(PEError) {
    guard let dosMagic = file[PEFields.e_magic] else { throw .noDOSHeader }
    guard dosMagic == PEFields.dosMagic else { throw .noDOSHeader }
    guard let start = file[PEFields.e_lfanew] else { throw .truncated(offset: 0, needed: PEFields.dosHeaderSize) }
    // 32 bits: no sum of a few header sizes with it overflows an Int.
    let offset = Int(start)
    guard let signature = file[PEFields.File.Signature, at: offset], signature == PEFields.peMagic else {
      throw .noPESignature(offset: offset)
    }
    guard let header = file.slice(offset, count: PEFields.File.size + PEFields.Optional.fixedSize) else {
      throw .truncated(offset: offset, needed: PEFields.File.size + PEFields.Optional.fixedSize)
    }
    let fields = Reader(header, at: offset)

    magic = fields[PEFields.Optional.Magic]
    guard magic == PEFields.pe32PlusMagic else {
      throw .notPE32Plus(offset: offset + PEFields.Optional.Magic.offset, magic: magic)
    }
    machine = fields[PEFields.File.Machine]
    guard PEMachine.isKnown(machine) else {
      throw .unknownMachine(offset: offset + PEFields.File.Machine.offset, machine: machine)
    }
    peOffset = offset
    characteristics = fields[PEFields.File.Characteristics]
    subsystem = fields[PEFields.Optional.Subsystem]
    dllCharacteristics = fields[PEFields.Optional.DllCharacteristics]
    imageBase = fields[PEFields.Optional.ImageBase]
    checkSum = fields[PEFields.Optional.CheckSum]
    sectionAlignment = try fields.alignment(PEFields.Optional.SectionAlignment)
    fileAlignment = try fields.alignment(PEFields.Optional.FileAlignment)
    sizeOfImage = try fields.sizeOfImage(bytes: layout == .mapped ? file.count : nil)

    let optionalSize = Int(fields[PEFields.File.SizeOfOptionalHeader])
    dataDirectories = try fields.dataDirectories(file, optionalSize: optionalSize)
    numberOfSections = Int(fields[PEFields.File.NumberOfSections])
    sectionTableOffset = offset + PEFields.File.size + optionalSize
    sizeOfHeaders = try fields.sizeOfHeaders(
      tableEnd: sectionTableOffset + numberOfSections * PEFields.Section.size, bytes: file.count)
    addressOfEntryPoint = fields[PEFields.Optional.AddressOfEntryPoint]

    var sections: [PESection] = []
    sections.reserveCapacity(numberOfSections)
    for index in 0..<numberOfSections {
      let place = sectionTableOffset + index * PEFields.Section.size
      guard let section = PESection(file, at: place) else {
        throw .truncated(offset: place, needed: PEFields.Section.size)
      }
      sections.append(section)
    }
    self.sections = sections

    try checkSections(fileSize: layout == .file ? file.count : nil)
    try checkDirectories(fileSize: layout == .file ? file.count : nil)
    try checkEntryPoint()
  }

  /// `IMAGE_FILE_RELOCS_STRIPPED`: the image runs at `imageBase` only.
  public var relocationsStripped: Bool { characteristics & FileCharacteristics.relocationsStripped != 0 }

  /// An entry of the data directory; nil when it is absent or empty.
  public func dataDirectory(_ index: DataDirectory) -> (rva: UInt32, size: UInt32)? {
    guard index.rawValue < dataDirectories.count else { return nil }
    let entry = dataDirectories[index.rawValue]
    return entry.size == 0 ? nil : (entry.address, entry.size)
  }

  /// How many entries the data directory has: `NumberOfRvaAndSizes`.
  public var numberOfDataDirectories: Int { dataDirectories.count }

  /// How many entries it takes to have all that are not empty.
  public var usedDataDirectories: Int { dataDirectories.lastIndex { $0.size != 0 }.map { $0 + 1 } ?? 0 }

  /// The least that `SectionAlignment` and `FileAlignment` may be: what EDK2's own tools write.
  public static let smallestAlignment: UInt32 = 0x20

  /// File offset of the first byte after the section table.
  public var sectionTableEnd: Int { sectionTableOffset + numberOfSections * PEFields.Section.size }

  /// The first section of that name.
  public func section(named name: StaticString) -> PESection? {
    for section in sections where section.isNamed(name) { return section }
    return nil
  }

  private func checkSections(fileSize: Int?) throws(PEError) {
    var end = UInt64(sizeOfHeaders)
    for index in 0..<sections.count {
      let section = sections[index]
      // Linkers write empty sections with any address.
      guard section.sizeInMemory > 0 else { continue }
      let start = UInt64(section.virtualAddress)
      // Old stubs have sections between multiples of an alignment below a page; firmware takes them. Where pages
      // are promised, rights depend on them.
      guard start & 0xfff == 0 || sectionAlignment < 0x1000 else {
        throw .sectionMisaligned(index: index, rva: section.virtualAddress)
      }
      guard start >= end else {
        throw .sectionOverlap(index: index, rva: section.virtualAddress, end: UInt32(end))
      }
      end = start + UInt64(section.sizeInMemory)
      guard end <= UInt64(sizeOfImage) else {
        throw .sectionOutsideImage(index: index, rva: section.virtualAddress, size: section.sizeInMemory)
      }
      if let fileSize, section.sizeInFile > 0 {
        guard UInt64(section.pointerToRawData) + UInt64(section.sizeOfRawData) <= UInt64(fileSize) else {
          throw .sectionOutsideFile(index: index, offset: section.pointerToRawData, size: section.sizeOfRawData)
        }
      }
    }
  }

  private func checkDirectories(fileSize: Int?) throws(PEError) {
    for index in 0..<dataDirectories.count {
      let (address, size) = dataDirectories[index]
      guard size > 0 else { continue }
      let limit: UInt64
      if index == DataDirectory.certificateTable.rawValue {
        // It is not loaded: in memory its file offset means nothing.
        guard let fileSize else { continue }
        limit = UInt64(fileSize)
      } else {
        limit = UInt64(sizeOfImage)
      }
      guard UInt64(address) + UInt64(size) <= limit else {
        throw .dataDirectoryOutside(index: index, address: address, size: size)
      }
    }
  }

  private func checkEntryPoint() throws(PEError) {
    guard addressOfEntryPoint != 0 else { return }
    for section in sections
    where addressOfEntryPoint >= section.virtualAddress
      && addressOfEntryPoint - section.virtualAddress < section.sizeInMemory
    { return }
    throw .entryPoint(offset: peOffset + PEFields.Optional.AddressOfEntryPoint.offset, rva: addressOfEntryPoint)
  }
}

/// The fixed part of the headers, known to lie in the bytes.
private struct Reader {
  let header: ByteView
  let start: Int

  init(_ header: ByteView, at start: Int) {
    self.header = header
    self.start = start
  }

  subscript<Value: FixedWidthInteger>(_ field: Field<Value>) -> Value { header[field] ?? 0 }

  func alignment(_ field: Field<UInt32>) throws(PEError) -> UInt32 {
    let value = self[field]
    guard value >= PEHeaders.smallestAlignment, value <= 0x1_0000, value & (value - 1) == 0 else {
      throw .alignment(offset: start + field.offset, value: value)
    }
    return value
  }

  /// - Parameter bytes: how many there are, when they must hold the whole image
  func sizeOfImage(bytes: Int?) throws(PEError) -> UInt32 {
    let field = PEFields.Optional.SizeOfImage
    let value = self[field]
    guard value > 0, !self[PEFields.Optional.ImageBase].addingReportingOverflow(UInt64(value)).overflow,
      UInt64(value) <= UInt64(bytes ?? Int.max)
    else { throw .sizeOfImage(offset: start + field.offset, value: value) }
    return value
  }

  func sizeOfHeaders(tableEnd: Int, bytes: Int) throws(PEError) -> UInt32 {
    let field = PEFields.Optional.SizeOfHeaders
    let value = self[field]
    guard Int(value) >= tableEnd, Int(value) <= bytes, value <= self[PEFields.Optional.SizeOfImage] else {
      throw .sizeOfHeaders(offset: start + field.offset, value: value, needed: tableEnd)
    }
    return value
  }

  func dataDirectories(
    _ file: ByteView, optionalSize: Int
  ) throws(PEError) -> [(address: UInt32, size: UInt32)] {
    let count = self[PEFields.Optional.NumberOfRvaAndSizes]
    guard count <= UInt32(DataDirectory.count) else {
      throw .tooManyDataDirectories(offset: start + PEFields.Optional.NumberOfRvaAndSizes.offset, count: count)
    }
    let needed = PEFields.Optional.fixedSize + Int(count) * 8
    guard optionalSize >= needed else {
      throw .optionalHeaderSize(
        offset: start + PEFields.File.SizeOfOptionalHeader.offset, size: optionalSize, needed: needed)
    }
    var directories: [(address: UInt32, size: UInt32)] = []
    directories.reserveCapacity(Int(count))
    for index in 0..<Int(count) {
      let place = start + PEFields.Optional.dataDirectories + index * 8
      guard let address = file.littleEndian(place, as: UInt32.self),
        let size = file.littleEndian(place + 4, as: UInt32.self)
      else { throw .truncated(offset: place, needed: 8) }
      directories.append((address, size))
    }
    return directories
  }
}
