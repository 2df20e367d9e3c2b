// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// What a mark should say: `KEY=VALUE` for exactly that, `KEY~TEXT` for containing it.
public struct Expectation: Sendable, Equatable, CustomStringConvertible {
  public enum Comparison: Character, Sendable {
    case equals = "="
    case contains = "~"
  }

  public let key: String
  public let comparison: Comparison
  public let value: String

  /// `nil` if the text has neither `=` nor `~`, or no key before it.
  public init?(_ text: String) {
    guard let split = text.firstIndex(where: { Comparison(rawValue: $0) != nil }), split > text.startIndex,
      let comparison = Comparison(rawValue: text[split])
    else { return nil }
    key = String(text[..<split])
    self.comparison = comparison
    value = String(text[text.index(after: split)...])
  }

  public var description: String { "\(key)\(comparison.rawValue)\(value)" }

  /// `nil` if met, else a line that says what was wanted and what is.
  public func difference(in result: GuestResult) -> String? {
    guard let actual = result.value(of: key) else { return "expected \(self), got no mark '\(key)'" }
    let met =
      switch comparison {
      case .equals: actual == value
      case .contains: value.isEmpty || actual.utf8.firstRange(of: value.utf8) != nil
      }
    return met ? nil : "expected \(self), got \(key)=\(actual)"
  }
}
