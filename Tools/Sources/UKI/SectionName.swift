// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import PE

/// The name of a section: 1 to 8 printable ASCII characters.
public struct SectionName: Hashable, Sendable, CustomStringConvertible {
  /// As in the section table: the first character is the lowest byte.
  public let packed: UInt64

  /// - Returns: nil for a text that is no name of that kind.
  public init?(_ text: some StringProtocol) {
    let bytes = Array(text.utf8)
    guard (1...8).contains(bytes.count), bytes.allSatisfy({ (0x21...0x7e).contains($0) }) else { return nil }
    packed = bytes.enumerated().reduce(0) { $0 | UInt64($1.element) << UInt64(8 * $1.offset) }
  }

  /// For names in the source. Traps for a text that is none.
  public init(literal text: StaticString) {
    self = SectionName("\(text)")!
  }

  /// The name of a section in a file, whatever bytes it has.
  public init(_ section: PESection) { packed = section.name }

  /// Bytes that are no printable ASCII show as `?`.
  public var description: String {
    var text = ""
    for index in 0..<8 {
      let byte = UInt8(truncatingIfNeeded: packed >> UInt64(8 * index))
      if byte == 0 { break }
      text.unicodeScalars.append((0x20...0x7e).contains(byte) ? Unicode.Scalar(byte) : "?")
    }
    return text
  }
}

extension PESection {
  /// The name as text.
  public var nameText: String { SectionName(self).description }
}
