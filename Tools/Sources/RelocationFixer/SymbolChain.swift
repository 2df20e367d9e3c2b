// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import ELF

/// Looks symbols of a linker script up one after the other, and holds that their values ascend.
struct SymbolChain {
  private var values: [String: UInt64] = [:]
  private var previous: (name: String, value: UInt64) = ("the start", 0)

  init(_ symbols: [Symbol]) {
    for symbol in symbols where symbol.isDefined && symbol.name.hasPrefix("__") { values[symbol.name] = symbol.value }
  }

  /// The value of the next symbol.
  ///
  /// - Parameters:
  ///   - wanted: the only value it may have
  ///   - onPage: whether it must be a multiple of 4096
  ///   - least: the smallest value it may have
  mutating func next(
    _ name: String, exactly wanted: UInt64? = nil, onPage: Bool = false, atLeast least: UInt64 = 0
  ) throws(Refusal) -> UInt64 {
    guard let value = values[name] else { throw .missingSymbol(name) }
    if let wanted, value != wanted { throw .boundary(symbol: name, value: value, expected: hexadecimal(wanted)) }
    if onPage, value % pageSize != 0 {
      throw .boundary(symbol: name, value: value, expected: "a multiple of \(pageSize)")
    }
    if value < least { throw .boundary(symbol: name, value: value, expected: "\(hexadecimal(least)) or more") }
    guard value >= previous.value, value <= memoryLimit else {
      throw .boundary(
        symbol: name, value: value,
        expected: "from \(previous.name) (\(hexadecimal(previous.value))) to \(hexadecimal(memoryLimit))")
    }
    previous = (name, value)
    return value
  }
}
