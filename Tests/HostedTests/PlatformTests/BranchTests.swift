// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Testing

/// The last step of unpacking: calls that name their target from the text's start become relative again.
@Suite struct BranchTests {
  private func changed(_ text: [UInt8], _ change: (UnsafeMutablePointer<UInt8>, UInt64) -> Void) -> [UInt8] {
    GuardedFile(text).withView { view in
      change(UnsafeMutableRawPointer(mutating: view.base).assumingMemoryBound(to: UInt8.self), UInt64(text.count))
      return Array(view.buffer)
    }
  }

  private func bytes(_ words: [UInt32]) -> [UInt8] {
    words.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) } }
  }

  @Test func callsOnAArch64() {
    // bl to word 1 from words 0, 2 and 3; what is no bl stays: b, a number.
    let text = bytes([0x9400_0001, 0xd503_201f, 0x9400_0001, 0x9400_0001, 0x1400_0001, 0x0000_0094])
    let expected = bytes([0x9400_0001, 0xd503_201f, 0x97ff_ffff, 0x97ff_fffe, 0x1400_0001, 0x0000_0094])
    #expect(changed(text, virgil_relative_branches_aarch64) == expected)
    // Bytes behind the last whole word.
    #expect(changed(text + [0x94], virgil_relative_branches_aarch64) == expected + [0x94])
    #expect(changed([], virgil_relative_branches_aarch64) == [])
  }

  @Test func callsOnX86() {
    // call and jmp to 0x102 behind an instruction of one byte each; then an opcode too near to the end to be one.
    let text: [UInt8] = [0x90, 0xe8, 0, 0, 1, 2, 0x90, 0xe9, 0, 0, 1, 2] + [UInt8](repeating: 0xcc, count: 12) + [0xe8]
    let expected: [UInt8] =
      [0x90, 0xe8, 1, 1, 0, 0, 0x90, 0xe9, 0xfb, 0, 0, 0] + [UInt8](repeating: 0xcc, count: 12) + [0xe8]
    #expect(changed(text, virgil_relative_branches_x86_64) == expected)
    for size in 0..<13 {
      let short = [UInt8](repeating: 0xe8, count: size)
      #expect(changed(short, virgil_relative_branches_x86_64) == short)
    }
  }

  /// Against the plain way to say the same.
  @Test func anyBytesOnX86() {
    var generator = SeededGenerator(seed: 0x6272_616e)
    for _ in 0..<2000 {
      let text = (0..<generator.below(200)).map { _ in
        [0xe8, 0xe9, 0xea, 0, 0xff, 0x68].randomElement(using: &generator)!
      }
      var expected = text.map { UInt8($0) }
      var window = 0
      while window + 13 <= expected.count {
        guard let place = (window..<window + 8).first(where: { [0xe8, 0xe9].contains(expected[$0]) }) else {
          window += 8
          continue
        }
        let target = (1...4).reduce(UInt32(0)) { $0 << 8 | UInt32(expected[place + $1]) } &- UInt32(place)
        for index in 0..<4 { expected[place + 1 + index] = UInt8(truncatingIfNeeded: target >> (8 * UInt32(index))) }
        window = place + 5
      }
      #expect(changed(text.map { UInt8($0) }, virgil_relative_branches_x86_64) == expected)
    }
  }
}
