// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// What an entry of a translation table says.
public enum TableEntry: Equatable, Sendable {
  /// Nothing is mapped here.
  case empty
  /// The table of the next lower level, by its physical address.
  case table(UInt64)
  /// A page, or a block at a level above 0, by its physical address.
  case leaf(UInt64, Access, CachePolicy)
}

/// How an architecture writes the entries of its translation tables: pure values, no memory.
///
/// Tables have 512 entries of 8 bytes. Levels are counted from the pages up: an entry of level 0 covers 4 KiB, of
/// level 1 2 MiB, of level 2 1 GiB. (The Arm ARM counts from the root down: its level 3 is level 0 here.)
public protocol TableEncoding {
  /// Tables between the root and a page, both included: 4 or 5.
  var levels: Int { get }
  /// The first address that cannot be mapped one to one.
  var addressLimit: UInt64 { get }
  /// The highest level at which an entry may be a block: 1 or 2.
  var largestBlock: Int { get }

  /// The entry for the next lower table at `address` (a multiple of 4 KiB).
  func table(at address: UInt64) -> UInt64
  /// The entry for a page or block at `address`; an access of `none` gives the empty entry.
  func leaf(_ address: UInt64, level: Int, access: Access, cache: CachePolicy) -> UInt64
  func decode(_ entry: UInt64, level: Int) -> TableEntry
  /// Whether an entry lets memory be written and executed, whatever `leaf` would make of it.
  func isWritableExecutable(_ entry: UInt64, level: Int) -> Bool
  /// Whether `old` must be taken out, and forgotten by the TLB, before `new` may stand in its place.
  func needsBreak(from old: UInt64, to new: UInt64, level: Int) -> Bool
}

/// The bytes that one entry of a level covers.
@inlinable public func span(ofLevel level: Int) -> UInt64 { 1 << UInt64(12 + 9 * level) }
