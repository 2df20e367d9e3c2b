// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// A version, in the order of the UAPI Group's version format specification (UAPI.10), by which boot loaders sort their
/// entries: numbers count as numbers, `6.13-rc1` comes before `6.13.1`, `7~rc1` before `7`.
public struct Version: Comparable, Sendable, CustomStringConvertible {
  public let description: String

  public init(_ text: String) { description = text }

  /// Versions that differ in separators only, as `6.12+1` and `6.12_1`, have the same rank.
  public static func == (one: Version, other: Version) -> Bool { one.rank(beside: other) == 0 }
  public static func < (one: Version, other: Version) -> Bool { one.rank(beside: other) < 0 }

  /// Below 0 if this is the older one, 0 if they are alike.
  private func rank(beside other: Version) -> Int {
    var one = Array(description.utf8)[...]
    var other = Array(other.description.utf8)[...]
    while true {
      one = one.drop { !Self.counts($0) }
      other = other.drop { !Self.counts($0) }
      if let rank = Self.rank(&one, &other, mark: UInt8(ascii: "~")) { return rank }
      if one.isEmpty || other.isEmpty { return one.count.signum() - other.count.signum() }
      for mark in [UInt8(ascii: "-"), UInt8(ascii: "^"), UInt8(ascii: ".")] {
        if let rank = Self.rank(&one, &other, mark: mark) { return rank }
      }
      let kind = Self.isDigit(one.first) || Self.isDigit(other.first) ? Self.isDigit : Self.isLetter
      let rank = Self.rank(of: Self.prefix(&one, kind), beside: Self.prefix(&other, kind))
      if rank != 0 { return rank }
    }
  }

  /// Takes a mark from both, or says that the one that has it is the older one; nil: go on.
  private static func rank(_ one: inout ArraySlice<UInt8>, _ other: inout ArraySlice<UInt8>, mark: UInt8) -> Int? {
    switch (one.first == mark, other.first == mark) {
    case (true, true):
      one.removeFirst()
      other.removeFirst()
      return nil
    case (true, false): return -1
    case (false, true): return 1
    case (false, false): return nil
    }
  }

  private static func prefix(_ text: inout ArraySlice<UInt8>, _ kind: (UInt8?) -> Bool) -> ArraySlice<UInt8> {
    let prefix = text.prefix { kind($0) }
    text = text.dropFirst(prefix.count)
    return prefix
  }

  /// Two runs of digits, or two of letters. None at all is the older one; capital letters come before small ones.
  private static func rank(of one: ArraySlice<UInt8>, beside other: ArraySlice<UInt8>) -> Int {
    guard isDigit(one.first ?? other.first) else { return order(one, other) }
    guard !one.isEmpty, !other.isEmpty else { return one.count.signum() - other.count.signum() }
    let one = one.drop { $0 == UInt8(ascii: "0") }
    let other = other.drop { $0 == UInt8(ascii: "0") }
    return one.count == other.count ? order(one, other) : (one.count - other.count).signum()
  }

  private static func order(_ one: ArraySlice<UInt8>, _ other: ArraySlice<UInt8>) -> Int {
    one.lexicographicallyPrecedes(other) ? -1 : other.lexicographicallyPrecedes(one) ? 1 : 0
  }

  private static func isDigit(_ byte: UInt8?) -> Bool { byte.map { (0x30...0x39).contains($0) } ?? false }
  private static func isLetter(_ byte: UInt8?) -> Bool { byte.map { (0x61...0x7A).contains($0 | 0x20) } ?? false }
  private static func counts(_ byte: UInt8) -> Bool { isDigit(byte) || isLetter(byte) || "~-^.".utf8.contains(byte) }
}
