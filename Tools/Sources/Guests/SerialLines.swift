// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// Cuts a guest's serial output into lines fit for a terminal: without control characters and escape sequences, and
/// no longer than `limit` bytes, whatever the guest sends.
struct SerialLines {
  static let limit = 8 << 10

  private var line: [UInt8] = []
  private var escape = Escape.none

  /// How far an escape sequence has come (ECMA-48, 5.3 and 5.4).
  private enum Escape { case none, started, parameters }

  /// The lines that are complete with these bytes.
  mutating func take(_ bytes: some Sequence<UInt8>) -> [String] {
    var lines: [String] = []
    for byte in bytes {
      if byte == UInt8(ascii: "\n") || line.count == Self.limit {
        lines.append(end())
        if byte == UInt8(ascii: "\n") { continue }
      }
      add(byte)
    }
    return lines
  }

  /// The line begun, and nothing left.
  mutating func end() -> String {
    defer {
      line = []
      escape = .none
    }
    return String(decoding: line, as: UTF8.self)
  }

  /// Whether a line is begun.
  var hasRest: Bool { !line.isEmpty }

  private mutating func add(_ byte: UInt8) {
    switch escape {
    case .none:
      if byte == 0x1b {
        escape = .started
      } else if byte >= 0x20 && byte != 0x7f || byte == UInt8(ascii: "\t") {
        line.append(byte)
      }
    case .started: escape = byte == UInt8(ascii: "[") ? .parameters : .none
    case .parameters: if (0x40...0x7e).contains(byte) { escape = .none }
    }
  }
}
