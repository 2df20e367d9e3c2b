// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// A bounds-checked, read-only window on bytes that somebody else owns.
///
/// Every format in this package is read through a `ByteView`: no read outside the window is possible, and an
/// unaligned one is right, so it works on images of any origin.
///
/// ```swift
/// let offset = view[Field<UInt32>(0x3c)]      // nil when the file is shorter than that
/// ```
///
/// - Warning: a view does not keep its bytes alive. Make one only for memory that outlives it.
public struct ByteView {
  /// The first byte. Undefined when `count` is 0.
  public let base: UnsafeRawPointer
  /// The size of the window, in bytes.
  public let count: Int

  /// - Parameters:
  ///   - base: the first byte
  ///   - count: the size in bytes; not negative
  @inlinable public init(_ base: UnsafeRawPointer, count: Int) {
    precondition(count >= 0)
    self.base = base
    self.count = count
  }

  /// The bytes of a buffer; an empty buffer gives an empty view.
  @inlinable public init(_ buffer: UnsafeRawBufferPointer) {
    if let base = buffer.baseAddress {
      self.init(base, count: buffer.count)
    } else {
      self.init(UnsafeRawPointer(bitPattern: 1)!, count: 0)
    }
  }

  /// The byte at `offset`; nil outside the window.
  @inlinable public func byte(_ offset: Int) -> UInt8? {
    guard offset >= 0, offset < count else { return nil }
    return base.load(fromByteOffset: offset, as: UInt8.self)
  }

  /// The little-endian integer at `offset`; nil when any byte of it is outside the window.
  @inlinable @inline(never) public func littleEndian<Value: FixedWidthInteger>(_ offset: Int, as type: Value.Type)
    -> Value?
  {
    let size = MemoryLayout<Value>.size
    guard offset >= 0, size <= count, offset <= count - size else { return nil }
    return Value(littleEndian: base.loadUnaligned(fromByteOffset: offset, as: Value.self))
  }

  /// The big-endian integer at `offset`; nil when any byte of it is outside the window.
  @inlinable @inline(never) public func bigEndian<Value: FixedWidthInteger>(_ offset: Int, as type: Value.Type)
    -> Value?
  {
    let size = MemoryLayout<Value>.size
    guard offset >= 0, size <= count, offset <= count - size else { return nil }
    return Value(bigEndian: base.loadUnaligned(fromByteOffset: offset, as: Value.self))
  }

  /// The value of a field; nil when it does not lie wholly inside the window.
  @inlinable public subscript<Value: FixedWidthInteger>(_ field: Field<Value>) -> Value? {
    littleEndian(field.offset, as: Value.self)
  }

  /// The value of a field of a structure that starts at `start`.
  @inlinable public subscript<Value: FixedWidthInteger>(_ field: Field<Value>, at start: Int) -> Value? {
    let (offset, overflow) = start.addingReportingOverflow(field.offset)
    return overflow ? nil : littleEndian(offset, as: Value.self)
  }

  /// `count` bytes from `offset`; nil when they do not lie wholly inside the window.
  @inlinable @inline(never) public func slice(_ offset: Int, count size: Int) -> ByteView? {
    guard offset >= 0, size >= 0, size <= count, offset <= count - size else { return nil }
    return ByteView(base + offset, count: size)
  }

  /// Everything from `offset` on; nil when `offset` is outside the window.
  @inlinable public func suffix(from offset: Int) -> ByteView? {
    slice(offset, count: count - offset)
  }

  /// Whether the bytes from `offset` are those of `text`.
  @inlinable @inline(never) public func matches(_ text: StaticString, at offset: Int = 0) -> Bool {
    guard let window = slice(offset, count: text.utf8CodeUnitCount) else { return false }
    return window.elementsEqual(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  /// Whether the bytes are the same, in number and value.
  @inlinable @inline(never) public func elementsEqual(_ other: UnsafeRawBufferPointer) -> Bool {
    guard count == other.count else { return false }
    for index in 0..<count where base.load(fromByteOffset: index, as: UInt8.self) != other[index] { return false }
    return true
  }

  /// The bytes before the first NUL; nil when there is none inside the window.
  @inlinable @inline(never) public func terminated(at offset: Int = 0) -> ByteView? {
    guard offset >= 0, offset <= count else { return nil }
    var end = offset
    while end < count {
      if base.load(fromByteOffset: end, as: UInt8.self) == 0 { return ByteView(base + offset, count: end - offset) }
      end += 1
    }
    return nil
  }

  /// The bytes as a buffer, for calls that take one.
  @inlinable public var buffer: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }
}
