// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// git's binary patch of a new file: its bytes deflated, in base 85, a length letter before each line.
enum BinaryPatch {
  private static let alphabet = Array(
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~".utf8)
  /// Bytes in a line.
  private static let lineSize = 52

  /// The lines from `GIT binary patch` on: forward from nothing, and back to it.
  static func newFile(_ bytes: [UInt8]) -> [UInt8] {
    Array("GIT binary patch\n".utf8) + literal(bytes) + literal([])
  }

  private static func literal(_ bytes: [UInt8]) -> [UInt8] {
    let stream = Zlib.stored(bytes)
    var text = Array("literal \(bytes.count)\n".utf8)
    text.reserveCapacity(stream.count * 5 / 4 + stream.count / 26 + 32)
    for start in stride(from: 0, to: stream.count, by: lineSize) {
      let line = stream[start..<min(start + lineSize, stream.count)]
      // A to Z are 1 to 26 bytes, a to z are 27 to 52.
      text.append(UInt8(line.count <= 26 ? 0x40 + line.count : 0x60 + line.count - 26))
      for group in stride(from: line.startIndex, to: line.endIndex, by: 4) {
        var value: UInt32 = 0
        for place in 0..<4 { value = value << 8 | (group + place < line.endIndex ? UInt32(line[group + place]) : 0) }
        var digits: [UInt8] = []
        for _ in 0..<5 {
          digits.append(alphabet[Int(value % 85)])
          value /= 85
        }
        text += digits.reversed()
      }
      text.append(0x0a)
    }
    return text + [0x0a]
  }
}
