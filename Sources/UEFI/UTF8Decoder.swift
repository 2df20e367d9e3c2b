// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// UTF-8 to UTF-16, without the standard library's `String`.
public enum UTF8Decoder {
  /// Calls `body` with each UTF-16 unit of the text. A byte that is no UTF-8 becomes U+FFFD.
  public static func forEachUTF16Unit(of bytes: ByteView, _ body: (UInt16) -> Void) {
    var index = 0
    while index < bytes.count {
      let (scalar, length) = scalar(bytes, index)
      index += length
      if scalar >= 0x10000 {
        body(UInt16(0xd800 + ((scalar - 0x10000) >> 10)))
        body(UInt16(0xdc00 + ((scalar - 0x10000) & 0x3ff)))
      } else {
        body(UInt16(scalar))
      }
    }
  }

  /// Writes the text in UTF-16 with a NUL behind it, at any address.
  ///
  /// - Parameter place: nil: nothing is written
  /// - Returns: how many bytes that takes.
  @inline(never) @discardableResult
  public static func writeUTF16(_ text: ByteView, to place: UnsafeMutableRawPointer?) -> Int {
    var size = 0
    func put(_ unit: UInt16) {
      place?.storeBytes(of: unit, toByteOffset: size, as: UInt16.self)
      size += 2
    }
    forEachUTF16Unit(of: text, put)
    put(0)
    return size
  }

  /// The scalar at `index` and how many bytes it takes.
  private static func scalar(_ bytes: ByteView, _ index: Int) -> (UInt32, Int) {
    let first = UInt32(bytes.byte(index) ?? 0)
    let length: Int
    let lowest: UInt32
    var value: UInt32
    switch first {
    case 0..<0x80: return (first, 1)
    case 0xc2..<0xe0: (length, lowest, value) = (2, 0x80, first & 0x1f)
    case 0xe0..<0xf0: (length, lowest, value) = (3, 0x800, first & 0x0f)
    case 0xf0..<0xf5: (length, lowest, value) = (4, 0x10000, first & 0x07)
    default: return (0xfffd, 1)
    }
    for offset in 1..<length {
      guard let next = bytes.byte(index + offset), next & 0xc0 == 0x80 else { return (0xfffd, offset) }
      value = value << 6 | UInt32(next & 0x3f)
    }
    guard value >= lowest, value <= 0x10ffff, !(0xd800...0xdfff).contains(value) else { return (0xfffd, length) }
    return (value, length)
  }
}
