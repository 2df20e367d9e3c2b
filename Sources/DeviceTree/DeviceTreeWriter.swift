// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// Writes the words of a flattened device tree one after the other, or only counts them.
struct DeviceTreeWriter {
  /// Bytes so far, a multiple of 4. It grows beyond the buffer's end, where nothing is written.
  private(set) var count = 0
  private let base: UnsafeMutableRawPointer?
  private let capacity: Int

  /// - Parameter buffer: nil: nothing is written at all
  init(_ buffer: UnsafeMutableRawBufferPointer?) {
    base = buffer?.baseAddress
    capacity = buffer?.count ?? 0
  }

  /// Appends a big-endian word.
  @inline(never) mutating func append(_ word: UInt32) {
    let start = count
    count &+= 4
    guard let base, count <= capacity else { return }
    base.storeBytes(of: word.bigEndian, toByteOffset: start, as: UInt32.self)
  }

  /// Appends bytes, and zeros up to the next word.
  @inline(never) mutating func append(_ bytes: ByteView) {
    var offset = 0
    while offset < bytes.count {
      var word: UInt32 = 0
      for index in offset..<offset &+ 4 { word = word << 8 | UInt32(bytes.byte(index) ?? 0) }
      append(word)
      offset &+= 4
    }
  }

  /// Appends a number of `cells` words.
  ///
  /// - Returns: false when it is absent or needs more of them.
  @inline(never) mutating func append(_ number: UInt64?, cells: Int) -> Bool {
    // Nobody has more than 4.
    guard let number, cells <= 4, cells > 1 || number >> (32 &* UInt64(cells)) == 0 else { return false }
    var rest = cells
    while rest > 0 {
      rest &-= 1
      append(rest > 1 ? 0 : UInt32(truncatingIfNeeded: number >> (32 &* UInt64(rest))))
    }
    return true
  }
}
