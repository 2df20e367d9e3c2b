// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Bytes

/// Walks a RELR table (System V gABI, "Relocation", SHT_RELR): relative relocations and nothing else.
///
/// An even word is a place. An odd word is a bitmap: its bits 1 to 63 stand for the next 63 words of memory.
///
/// ```swift
/// var places = PackedRelocations(table)
/// while let place = try places.next() { … }
/// ```
public struct PackedRelocations {
  private let table: ByteView
  private var offset = 0
  private var bitmap: UInt64 = 0
  /// The address that bit 1 of the next bitmap stands for; nil before the first place and at the end of memory.
  private var base: UInt64?
  /// The address that bit 0 of what is left of `bitmap` stands for.
  private var cursor: UInt64 = 0

  /// - Throws: `ELFError` when the size is not a multiple of 8
  public init(_ table: ByteView) throws(ELFError) {
    guard table.count % 8 == 0 else {
      throw .field("the size of the RELR table", value: UInt64(table.count), expected: "a multiple of 8")
    }
    self.table = table
  }

  /// The virtual address of the next 8-byte place, in the table's order; nil at its end.
  ///
  /// - Throws: `ELFError` when a bitmap has no place before it or reaches beyond the address space
  public mutating func next() throws(ELFError) -> UInt64? {
    while true {
      if let place = try nextInBitmap() { return place }
      guard let word = table.littleEndian(offset, as: UInt64.self) else { return nil }
      offset += 8
      if word & 1 == 0 {
        base = Self.sum(word, 8)
        return word
      }
      guard let start = base else {
        throw .field("word \(offset / 8 - 1) of the RELR table", value: word, expected: "an even word, a place")
      }
      bitmap = word >> 1
      cursor = start
      base = Self.sum(start, 63 * 8)
    }
  }

  private mutating func nextInBitmap() throws(ELFError) -> UInt64? {
    guard bitmap != 0 else { return nil }
    let skipped = bitmap.trailingZeroBitCount
    guard let place = Self.sum(cursor, UInt64(skipped) * 8), let following = Self.sum(place, 8) else {
      throw .field("a bitmap of the RELR table", value: cursor, expected: "places below 2^64")
    }
    bitmap = skipped == 63 ? 0 : bitmap >> UInt64(skipped + 1)
    cursor = following
    return place
  }

  private static func sum(_ left: UInt64, _ right: UInt64) -> UInt64? {
    let (sum, overflow) = left.addingReportingOverflow(right)
    return overflow ? nil : sum
  }
}
