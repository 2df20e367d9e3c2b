// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// The first kernel's EFI memory map: `EFI_MEMORY_DESCRIPTOR`s (UEFI 2.10, 7.2.3) as the kernel kept them.
public struct EFIMemoryMap: Sequence {
  /// `EFI_MEMORY_RUNTIME`.
  static let runtimeAttribute: UInt64 = 1 << 63
  static let pageSize: UInt64 = 4096

  enum Fields {
    static let memoryType = Field<UInt32>(0)
    static let PhysicalStart = Field<UInt64>(8)
    static let VirtualStart = Field<UInt64>(16)
    static let NumberOfPages = Field<UInt64>(24)
    static let Attribute = Field<UInt64>(32)
    static let size = 40
  }

  let bytes: ByteView
  let descriptorSize: Int

  /// - Parameters:
  ///   - bytes: whole descriptors; an incomplete last one is not read
  ///   - descriptorSize: bytes from one to the next: 40 or more, a multiple of 8
  ///   - descriptorVersion: 1
  public init(_ bytes: ByteView, descriptorSize: UInt32, descriptorVersion: UInt32) throws(EFIMemoryMapError) {
    guard descriptorVersion == 1 else { throw .unsupportedVersion(descriptorVersion) }
    guard descriptorSize >= UInt32(Fields.size), descriptorSize % 8 == 0 else {
      throw .badDescriptorSize(descriptorSize)
    }
    self.bytes = bytes
    self.descriptorSize = Int(descriptorSize)
  }

  /// One region.
  public struct Entry: Equatable, Sendable {
    /// `EFI_MEMORY_TYPE`.
    public let type: UInt32
    public let physicalStart: UInt64
    /// Where a runtime region is mapped; 0 before `SetVirtualAddressMap`.
    public let virtualStart: UInt64
    /// Of 4 KiB.
    public let numberOfPages: UInt64
    public let attribute: UInt64

    /// nil when the region wraps round the address space.
    public var range: PhysicalRange? {
      let (size, overflow) = numberOfPages.multipliedReportingOverflow(by: EFIMemoryMap.pageSize)
      return overflow ? nil : PhysicalRange(address: physicalStart, size: size)
    }
  }

  public var count: Int { bytes.count / descriptorSize }

  /// The entry at `index`; nil beyond the last one.
  public func entry(_ index: Int) -> Entry? {
    guard index >= 0, index < count else { return nil }
    let start = index * descriptorSize
    guard let type = bytes[Fields.memoryType, at: start], let physical = bytes[Fields.PhysicalStart, at: start],
      let virtual = bytes[Fields.VirtualStart, at: start], let pages = bytes[Fields.NumberOfPages, at: start],
      let attribute = bytes[Fields.Attribute, at: start]
    else { return nil }
    return Entry(
      type: type, physicalStart: physical, virtualStart: virtual, numberOfPages: pages, attribute: attribute)
  }

  /// Where a pointer that firmware may have made virtual points physically: through the runtime region whose virtual
  /// range holds it, or to itself when there is none.
  public func physicalAddress(of pointer: UInt64) -> UInt64 {
    for entry in self where entry.attribute & Self.runtimeAttribute != 0 && entry.virtualStart != 0 {
      guard let range = entry.range, pointer >= entry.virtualStart, pointer - entry.virtualStart < range.size
      else { continue }
      return range.address + (pointer - entry.virtualStart)
    }
    return pointer
  }

  public func makeIterator() -> Iterator { Iterator(map: self) }

  public struct Iterator: IteratorProtocol {
    let map: EFIMemoryMap
    var index = 0

    init(map: EFIMemoryMap) { self.map = map }

    public mutating func next() -> Entry? {
      guard let entry = map.entry(index) else { return nil }
      index += 1
      return entry
    }
  }
}

/// Why a memory map cannot be read.
public enum EFIMemoryMapError: Error, Equatable {
  case unsupportedVersion(UInt32)
  case badDescriptorSize(UInt32)
}

extension EFIMemoryMapError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .unsupportedVersion(let version):
      "EFI memory map: descriptor version \(version); version 1 can be read"
    case .badDescriptorSize(let size):
      "EFI memory map: descriptors of \(size) bytes; 40 or more in steps of 8 can be read"
    }
  }
}
