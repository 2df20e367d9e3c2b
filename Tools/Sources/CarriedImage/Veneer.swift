// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// arm64 code that goes further than `b` can: it may stand in the headers, within reach of the first instructions.
enum Veneer {
  /// In bytes; starts at a multiple of 8.
  static let size = 24

  /// The code, which spoils x16 and x17 and nothing else.
  ///
  /// - Parameters:
  ///   - place: where the code will be
  ///   - target: where it goes, from the same origin
  static func bytes(at place: Int64, to target: Int64) -> [UInt8] {
    let instructions: [UInt32] = [
      0x5800_0091,  // ldr x17, distance
      0x1000_0010,  // adr x16, .
      0x8b11_0210,  // add x16, x16, x17
      0xd61f_0200,  // br  x16
    ]
    let distance = UInt64(bitPattern: target - (place + 4))  // from the adr
    return instructions.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> UInt32(8 * $0)) } }
      + (0..<8).map { UInt8(truncatingIfNeeded: distance >> UInt64(8 * $0)) }
  }
}
