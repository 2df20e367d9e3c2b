// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

// Text as bytes: names in firmware tables are ASCII, so comparing bytes is comparing text.
extension ByteView {
  /// Whether these are exactly the bytes of `text`.
  @inlinable @inline(never) public func equals(_ text: StaticString) -> Bool {
    count == text.utf8CodeUnitCount && matches(text)
  }

  /// Whether both views hold the same bytes, in number and value.
  @inlinable public func equals(_ other: ByteView) -> Bool {
    elementsEqual(other.buffer)
  }

  /// The place of the first `byte` at or after `start`; nil when there is none.
  @inlinable public func firstOffset(of byte: UInt8, from start: Int = 0) -> Int? {
    var offset = start
    while let candidate = self.byte(offset) {
      if candidate == byte { return offset }
      offset += 1
    }
    return nil
  }

  /// Splits at the first `byte`: what stands before it, and what stands after it (nil when it is absent).
  @inlinable @inline(never) public func split(at byte: UInt8) -> (head: ByteView, tail: ByteView?) {
    guard let place = firstOffset(of: byte), let head = slice(0, count: place) else { return (self, nil) }
    return (head, suffix(from: place + 1))
  }
}
