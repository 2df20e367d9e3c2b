// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// A runtime driver's image, which its base relocations fit to a new address (UEFI 2.10, 2.1.3).
///
/// Its own notification functions have run before: pointers that they have converted lie outside of the image's old
/// range now, and whatever else the driver has put where a relocation is does not point into it either. Only pointers
/// that still do are moved.
struct DriverImage {
  let base: UInt64
  let size: UInt64
  let relocations: UInt64
  let relocationsSize: UInt64

  func relocate(by displacement: UInt64) {
    guard let memory = UnsafeMutableRawPointer(bitPattern: UInt(base)), relocations <= size,
      relocationsSize <= size - relocations
    else { return }
    let end = relocations + relocationsSize
    var block = relocations
    while end - block >= 8 {
      let page = UInt64(memory.loadUnaligned(fromByteOffset: Int(block), as: UInt32.self))
      let length = UInt64(memory.loadUnaligned(fromByteOffset: Int(block) + 4, as: UInt32.self))
      guard length >= 8, length <= end - block else { return }
      var entry = block + 8
      while entry + 2 <= block + length {
        let word = memory.loadUnaligned(fromByteOffset: Int(entry), as: UInt16.self)
        let place = page + UInt64(word & 0xfff)
        // IMAGE_REL_BASED_DIR64: what a pointer of 64 bits has (PE format, "Base Relocation Types").
        if word >> 12 == 10, place + 8 <= size { move(memory + Int(place), displacement) }
        entry += 2
      }
      block += length
    }
  }

  private func move(_ place: UnsafeMutableRawPointer, _ displacement: UInt64) {
    let value = place.loadUnaligned(as: UInt64.self)
    // One past the end is a pointer into the image, too.
    if value >= base, value - base <= size { place.storeBytes(of: value &+ displacement, as: UInt64.self) }
  }
}
