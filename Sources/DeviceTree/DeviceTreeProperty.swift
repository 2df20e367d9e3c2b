// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

extension DeviceTree {
  /// A property's value: bytes whose meaning the property's name decides (Devicetree Specification 0.4, 2.2.4).
  public struct PropertyValue {
    public let bytes: ByteView

    /// The value as one big-endian cell; nil when it is not exactly 4 bytes.
    public var u32: UInt32? { bytes.count == 4 ? bytes.bigEndian(0, as: UInt32.self) : nil }

    /// The value as two cells; nil when it is not exactly 8 bytes.
    public var u64: UInt64? { bytes.count == 8 ? bytes.bigEndian(0, as: UInt64.self) : nil }

    /// The value as one number of one or two cells: `linux,initrd-start` and its kin come in both widths.
    @inline(never) public var number: UInt64? { u32.map { UInt64($0) } ?? u64 }

    /// The text ahead of the first NUL; nil when there is no NUL.
    public var string: ByteView? { bytes.terminated() }

    /// The value as NUL-terminated strings, one after the other. An unterminated rest is left out.
    public var strings: StringList { StringList(bytes: bytes, offset: 0) }

    /// The number in `count` cells from cell `first` on.
    ///
    /// - Parameter count: 0 (the number is 0), 1 or 2; longer numbers do not fit and give nil
    /// - Returns: nil when the cells do not lie wholly inside the value.
    @inline(never) public func cells(_ first: Int, count: Int) -> UInt64? {
      let (offset, overflow) = first.multipliedReportingOverflow(by: 4)
      guard !overflow else { return nil }
      switch count {
      case 0: return 0
      case 1: return bytes.bigEndian(offset, as: UInt32.self).map { UInt64($0) }
      case 2: return bytes.bigEndian(offset, as: UInt64.self)
      default: return nil
      }
    }

    /// The value as (address, size) pairs, as in `reg`.
    public func ranges(addressCells: Int, sizeCells: Int) -> RangeList {
      RangeList(value: self, addressCells: addressCells, sizeCells: sizeCells)
    }
  }

  /// See `PropertyValue.strings`.
  public struct StringList: Sequence, IteratorProtocol {
    let bytes: ByteView
    var offset: Int

    @inline(never) public mutating func next() -> ByteView? {
      guard offset < bytes.count, let text = bytes.terminated(at: offset) else { return nil }
      offset += text.count + 1
      return text
    }
  }

  /// See `PropertyValue.ranges(addressCells:sizeCells:)`. A pair that wraps round the address space is left out.
  public struct RangeList: Sequence, IteratorProtocol {
    let value: PropertyValue
    let addressCells: Int
    let sizeCells: Int
    var cell = 0

    init(value: PropertyValue, addressCells: Int, sizeCells: Int) {
      self.value = value
      self.addressCells = addressCells
      self.sizeCells = sizeCells
    }

    @inline(never) public mutating func next() -> PhysicalRange? {
      // An entry of no cells would be there for ever.
      guard addressCells > 0, sizeCells >= 0 else { return nil }
      while let address = value.cells(cell, count: addressCells),
        let size = value.cells(cell + addressCells, count: sizeCells)
      {
        cell += addressCells + sizeCells
        if let range = PhysicalRange(address: address, size: size) { return range }
      }
      return nil
    }
  }
}

// The standard properties (2.3) that decide how others are read.
extension DeviceTree.Node {
  /// `#address-cells`: cells of an address in the children's `reg`. 2 when absent (2.3.5).
  public var addressCells: Int { cellCount("#address-cells", default: 2) }

  /// `#size-cells`: cells of a size in the children's `reg`. 1 when absent (2.3.5).
  public var sizeCells: Int { cellCount("#size-cells", default: 1) }

  @inline(never) private func cellCount(_ name: StaticString, default absent: Int) -> Int {
    // Nothing has more than 4; a larger count is read as one that no reader accepts.
    property(name).map { Int(min($0.u32 ?? 255, 255)) } ?? absent
  }

  /// Whether `status` is absent, "okay" or "ok" (2.3.4).
  @inline(never) public var isAvailable: Bool {
    guard let status = property("status") else { return true }
    guard let text = status.string else { return false }
    return text.equals("okay") || text.equals("ok")
  }

  /// Whether `compatible` lists exactly `name` (2.3.1).
  @inline(never) public func isCompatible(_ name: StaticString) -> Bool {
    guard let list = property("compatible") else { return false }
    for entry in list.strings where entry.equals(name) { return true }
    return false
  }
}
