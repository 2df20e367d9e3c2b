// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import ELF

/// Calls whose targets are told by their distance from the text's start instead of from themselves, so that those of one
/// function are the same bytes. `Sources/CPlatform/branches.c` makes them relative again.
///
/// Whatever looks like a call is taken for one, in both directions: no table is needed, and constants in the text come back
/// as they were.
enum BranchTargets {
  /// - Parameters:
  ///   - bytes: what is packed
  ///   - size: of the text that it starts with
  static func makeAbsolute(_ bytes: inout [UInt8], text size: Int, _ machine: Machine) {
    switch machine {
    case .aarch64: changeAArch64(&bytes, size) { $0 &+ $1 }
    case .x86_64: changeX86(&bytes, size) { ($0 &+ $1).byteSwapped }
    }
  }

  /// What the emulator's head does: to see that it gives the same bytes back.
  static func makeRelative(_ bytes: inout [UInt8], text size: Int, _ machine: Machine) {
    switch machine {
    case .aarch64: changeAArch64(&bytes, size) { $0 &- $1 }
    case .x86_64: changeX86(&bytes, size) { $0.byteSwapped &- $1 }
    }
  }

  /// - Parameter change: from the distance and the place of its instruction, both in words
  private static func changeAArch64(_ bytes: inout [UInt8], _ size: Int, _ change: (UInt32, UInt32) -> UInt32) {
    for place in stride(from: 0, to: size & ~3, by: 4) {
      let word = word(bytes, at: place)
      guard word >> 26 == 0x25 else { continue }
      set(&bytes, at: place, 0x25 << 26 | change(word, UInt32(place / 4)) & 0x3ff_ffff)
    }
  }

  /// - Parameter change: from the four bytes behind the opcode and the place of the opcode
  private static func changeX86(_ bytes: inout [UInt8], _ size: Int, _ change: (UInt32, UInt32) -> UInt32) {
    // The head looks at eight bytes together, and changes up to four behind the last of them.
    var window = 0
    while window + 13 <= size {
      guard let place = (window..<window + 8).first(where: { bytes[$0] & 0xfe == 0xe8 }) else {
        window += 8
        continue
      }
      set(&bytes, at: place + 1, change(word(bytes, at: place + 1), UInt32(place)))
      window = place + 5
    }
  }

  private static func word(_ bytes: [UInt8], at place: Int) -> UInt32 {
    (0..<4).reduce(0) { $0 | UInt32(bytes[place + $1]) << UInt32(8 * $1) }
  }

  private static func set(_ bytes: inout [UInt8], at place: Int, _ value: UInt32) {
    for index in 0..<4 { bytes[place + index] = UInt8(truncatingIfNeeded: value >> UInt32(8 * index)) }
  }
}
