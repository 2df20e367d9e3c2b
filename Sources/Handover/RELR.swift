// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// Relative relocations in their packed form (ELF gABI, SHT_RELR): an even word is the offset of a place, an odd
/// one a bitmap of the 63 places after the last.
///
/// The emulator applies the runtime image's table when it loads it, and the image its own when SetVirtualAddressMap moves it.
public enum RELR {
  /// Adds `displacement` to every place of `image` that `table` names.
  ///
  /// - Returns: false, with nothing changed, when a place lies outside of the image.
  public static func apply(_ table: ByteView, to image: UnsafeMutableRawBufferPointer, displacement: UInt64) -> Bool {
    guard table.count % 8 == 0, check(table, size: image.count) else { return false }
    forEachPlace(table) { place in
      let value = image.loadUnaligned(fromByteOffset: place, as: UInt64.self)
      image.storeBytes(of: value &+ displacement, toByteOffset: place, as: UInt64.self)
    }
    return true
  }

  private static func check(_ table: ByteView, size: Int) -> Bool {
    var inside = true
    forEachPlace(table) { place in if place < 0 || place > size - 8 { inside = false } }
    return inside
  }

  private static func forEachPlace(_ table: ByteView, _ body: (Int) -> Void) {
    var place = 0
    var offset = 0
    while let word = table.littleEndian(offset, as: UInt64.self) {
      offset += 8
      if word & 1 == 0 {
        place = Int(truncatingIfNeeded: word)
        body(place)
        place = place &+ 8
      } else {
        var bits = word >> 1
        var slot = place
        while bits != 0 {
          if bits & 1 != 0 { body(slot) }
          bits >>= 1
          slot = slot &+ 8
        }
        place = place &+ 63 * 8
      }
    }
  }
}
