// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
//
// EFI_UNICODE_COLLATION2_PROTOCOL (UEFI 2.10, 13.11) for English: letters of ASCII and Latin-1.

/// Characters of a string in the payload's memory, which ends at its NUL.
private func character(_ string: UnsafePointer<efi_char16>, _ index: Int) -> UInt16 {
  UnsafeRawPointer(string).loadUnaligned(fromByteOffset: 2 * index, as: UInt16.self)
}

/// Whether a character, with bit 5 set, is a small letter that has a capital 0x20 below.
private func isLetter(_ unit: UInt16) -> Bool {
  let small = unit | 0x20
  return small >= 0x61 && small <= 0x7a || small >= 0xe0 && small <= 0xfe && small != 0xf7
}

private func upper(_ unit: UInt16) -> UInt16 { isLetter(unit) ? unit & ~0x20 : unit }

/// 13.11.2.
@c @implementation public func virgil_collation_compare(
  _ first: UnsafePointer<efi_char16>!, _ second: UnsafePointer<efi_char16>!
) -> Int64 {
  guard let first, let second else { return 0 }
  var index = 0
  while true {
    let unit = upper(character(first, index))
    let difference = Int64(unit) - Int64(upper(character(second, index)))
    if difference != 0 || unit == 0 { return difference }
    index += 1
  }
}

/// 13.11.3: `*` any characters, `?` one, `[set]` one of a set with ranges.
///
/// Without recursion: after a mismatch, only the last `*` takes one character more.
@c @implementation public func virgil_collation_match(
  _ string: UnsafePointer<efi_char16>!, _ pattern: UnsafePointer<efi_char16>!
) -> UInt8 {
  guard let string, let pattern else { return 0 }
  var (at, place) = (0, 0)
  var (star, retry) = (-1, 0)
  while true {
    let unit = upper(character(string, at))
    let wanted = character(pattern, place)
    if wanted == 0x2a {
      place += 1
      (star, retry) = (place, at)
      continue
    }
    if wanted == 0, unit == 0 { return 1 }
    if unit != 0 {
      var (next, fits) = (place + 1, wanted == 0x3f || upper(wanted) == unit && wanted != 0x5b)
      if wanted == 0x5b { (next, fits) = matchSet(pattern, next, unit) }
      if fits {
        (at, place) = (at + 1, next)
        continue
      }
    }
    guard unit != 0, star >= 0 else { return 0 }
    retry += 1
    (at, place) = (retry, star)
  }
}

/// - Returns: where the pattern goes on behind the set, and whether `unit` is in it.
private func matchSet(_ pattern: UnsafePointer<efi_char16>, _ start: Int, _ unit: UInt16) -> (Int, Bool) {
  var (place, found) = (start, false)
  while true {
    let low = upper(character(pattern, place))
    if low == 0 { return (place, false) }
    place += 1
    if low == 0x5d { return (place, found) }
    var high = low
    if character(pattern, place) == 0x2d, character(pattern, place + 1) != 0, character(pattern, place + 1) != 0x5d {
      high = upper(character(pattern, place + 1))
      place += 2
    }
    if low <= unit, unit <= high { found = true }
  }
}

/// 13.11.4 and 13.11.5.
@c @implementation public func virgil_collation_change(_ string: UnsafeMutablePointer<efi_char16>!, _ what: UInt32) {
  guard let string else { return }
  var index = 0
  while true {
    let unit = character(string, index)
    if unit == 0 { return }
    if isLetter(unit) {
      let changed = what == UInt32(COLLATION_UPPER) ? unit & ~0x20 : unit | 0x20
      UnsafeMutableRawPointer(string).storeBytes(of: changed, toByteOffset: 2 * index, as: UInt16.self)
    }
    index += 1
  }
}

/// 13.11.6.
@c @implementation public func virgil_collation_from_fat(
  _ size: UInt64, _ fat: UnsafePointer<UInt8>!, _ string: UnsafeMutablePointer<efi_char16>!
) {
  guard let fat, let string else { return }
  var index = 0
  while index < size, fat[index] != 0 {
    string[index] = UInt16(fat[index])
    index += 1
  }
  string[index] = 0
}

/// 13.11.7: dots and blanks are left out; what a FAT file name cannot have becomes `_`, and TRUE is returned.
@c @implementation public func virgil_collation_to_fat(
  _ string: UnsafePointer<efi_char16>!, _ size: UInt64, _ fat: UnsafeMutablePointer<UInt8>!
) -> UInt8 {
  guard let string, let fat else { return 0 }
  let others: StaticString = "$%'-_@~`!(){}^#&"
  var (index, length) = (0, 0)
  var changed: UInt8 = 0
  while length < size {
    let unit = upper(character(string, index))
    if unit == 0 { break }
    index += 1
    if unit == 0x2e || unit == 0x20 { continue }
    var isValid = unit >= 0x30 && unit <= 0x39 || unit >= 0x41 && unit <= 0x5a
    for other in 0..<others.utf8CodeUnitCount where unit == UInt16(others.utf8Start[other]) { isValid = true }
    fat[length] = isValid ? UInt8(unit) : 0x5f
    if !isValid { changed = 1 }
    length += 1
  }
  return changed
}
