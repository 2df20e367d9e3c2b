// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Bytes
import PE

/// The PE header of a file under change: signature, file header, optional header and section table, as bytes.
public struct HeaderEditor {
  public private(set) var bytes: [UInt8]
  /// Where the section table starts in `bytes`.
  private var table: Int
  public private(set) var numberOfSections: Int

  /// - Parameters:
  ///   - headers: of `file`
  ///   - file: the bytes that `headers` were read from
  public init(_ headers: PEHeaders, of file: ByteView) {
    // PEHeaders has checked that all of it lies in the file.
    let range = headers.peOffset..<headers.sectionTableEnd
    bytes = Array(file.slice(range.lowerBound, count: range.count)!.buffer)
    table = headers.sectionTableOffset - headers.peOffset
    numberOfSections = headers.numberOfSections
  }

  public subscript<Value: FixedWidthInteger>(_ field: Field<Value>) -> Value {
    get { bytes.withUnsafeBytes { ByteView($0)[field]! } }
    set { bytes.withUnsafeMutableBytes { field.write(newValue, to: $0) } }
  }

  /// A field of a section that is there.
  public subscript<Value: FixedWidthInteger>(_ field: Field<Value>, section index: Int) -> Value {
    get { bytes.withUnsafeBytes { ByteView($0)[field, at: place(index)]! } }
    set {
      let place = place(index)
      bytes.withUnsafeMutableBytes { field.write(newValue, to: $0, at: place) }
    }
  }

  private func place(_ index: Int) -> Int { table + index * PEFields.Section.size }

  /// Removes an entry from the section table; the ones behind it move up.
  public mutating func remove(section index: Int) {
    bytes.removeSubrange(place(index)..<place(index + 1))
    numberOfSections -= 1
    self[PEFields.File.NumberOfSections] = UInt16(numberOfSections)
  }

  /// Leaves the first `count` data directories, where there are more: for a header that must be small. Firmware wants
  /// SizeOfOptionalHeader to be just what they take.
  public mutating func keepDirectories(_ count: Int) {
    guard UInt32(count) < self[PEFields.Optional.NumberOfRvaAndSizes] else { return }
    let end = PEFields.Optional.dataDirectories + count * 8
    bytes.removeSubrange(end..<table)
    table = end
    self[PEFields.Optional.NumberOfRvaAndSizes] = UInt32(count)
    self[PEFields.File.SizeOfOptionalHeader] = UInt16(end - PEFields.File.size)
  }

  /// Appends an entry to the section table.
  public mutating func append(
    _ name: SectionName, virtualSize: UInt32, virtualAddress: UInt32, sizeOfRawData: UInt32, pointerToRawData: UInt32,
    characteristics: UInt32
  ) {
    bytes += [UInt8](repeating: 0, count: PEFields.Section.size)
    let index = numberOfSections
    numberOfSections += 1
    self[PEFields.File.NumberOfSections] = UInt16(numberOfSections)
    self[PEFields.Section.Name, section: index] = name.packed
    self[PEFields.Section.VirtualSize, section: index] = virtualSize
    self[PEFields.Section.VirtualAddress, section: index] = virtualAddress
    self[PEFields.Section.SizeOfRawData, section: index] = sizeOfRawData
    self[PEFields.Section.PointerToRawData, section: index] = pointerToRawData
    self[PEFields.Section.Characteristics, section: index] = characteristics
    // A sum for people; nobody computes with it, so it may wrap.
    self[PEFields.Optional.SizeOfInitializedData] &+= virtualSize
  }

  /// Forgets what cannot be true of a changed file: its checksum, its signature, and COFF symbols, which no image
  /// file should have.
  public mutating func dropStale() {
    self[PEFields.Optional.CheckSum] = 0
    self[PEFields.File.PointerToSymbolTable] = 0
    self[PEFields.File.NumberOfSymbols] = 0
    let index = DataDirectory.certificateTable.rawValue
    if UInt32(index) < self[PEFields.Optional.NumberOfRvaAndSizes] {
      self[Field<UInt64>(PEFields.Optional.dataDirectories + index * 8)] = 0
    }
  }
}

extension FixedWidthInteger {
  /// The next multiple of `alignment`, a power of two; nil when it does not fit.
  public func roundedUp(to alignment: Self) -> Self? {
    let (sum, overflow) = addingReportingOverflow(alignment - 1)
    return overflow ? nil : sum & ~(alignment - 1)
  }
}
