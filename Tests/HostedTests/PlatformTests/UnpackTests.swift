// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Testing

/// The unpacker against blocks of the LZ4 format made here, whole, cut and changed. Both buffers end at pages that cannot be
/// touched.
@Suite struct UnpackTests {
  /// A sequence: literals, then a match; no match in the last.
  private struct Sequence {
    var literals: [UInt8]
    var match: (offset: Int, length: Int)?
  }

  private func length(_ value: Int) -> [UInt8] {
    guard value >= 15 else { return [] }
    return [UInt8](repeating: 255, count: (value - 15) / 255) + [UInt8((value - 15) % 255)]
  }

  private func block(_ sequences: [Sequence]) -> [UInt8] {
    var bytes: [UInt8] = []
    for sequence in sequences {
      let matched = sequence.match.map { $0.length - 4 } ?? 0
      bytes.append(UInt8(min(sequence.literals.count, 15) << 4 | min(matched, 15)))
      bytes += length(sequence.literals.count) + sequence.literals
      guard let match = sequence.match else { continue }
      bytes += [UInt8(match.offset & 0xff), UInt8(match.offset >> 8)] + length(matched)
    }
    return bytes
  }

  private func contents(_ sequences: [Sequence]) -> [UInt8] {
    var bytes: [UInt8] = []
    for sequence in sequences {
      bytes += sequence.literals
      guard let match = sequence.match else { continue }
      for _ in 0..<match.length { bytes.append(bytes[bytes.count - match.offset]) }
    }
    return bytes
  }

  private func random(_ random: inout SeededGenerator, sequences count: Int) -> [Sequence] {
    var made = 0
    var result: [Sequence] = []
    for index in 0..<count {
      let literals = (0..<(random.below(4) == 0 ? random.below(400) : random.below(18))).map { _ in
        UInt8(truncatingIfNeeded: random.next())
      }
      made += literals.count
      var sequence = Sequence(literals: literals, match: nil)
      if index < count - 1 {
        if made == 0 {
          sequence.literals = [7]
          made = 1
        }
        let near = random.below(3) == 0 ? 16 : 65_535
        let length = 4 + (random.below(8) == 0 ? random.below(700) : random.below(20))
        sequence.match = (1 + random.below(min(made, near)), length)
        made += length
      }
      result.append(sequence)
    }
    return result
  }

  /// What comes out, and whether the unpacker was content.
  private func unpack(_ block: [UInt8], capacity: Int) -> (whole: Bool, bytes: [UInt8]) {
    GuardedFile(block).withView { view in
      GuardedFile([UInt8](repeating: 0xa5, count: capacity)).withView { room in
        let out = UnsafeMutableRawPointer(mutating: room.base).assumingMemoryBound(to: UInt8.self)
        let whole = virgil_unpack(
          view.base.assumingMemoryBound(to: UInt8.self), UInt64(block.count), out, UInt64(capacity))
        return (whole != 0, Array(room.buffer))
      }
    }
  }

  @Test func blocksComeOutWhole() {
    var generator = SeededGenerator(seed: 0x6c7a_3462)
    for _ in 0..<3000 {
      let sequences = random(&generator, sequences: 1 + generator.below(40))
      let expected = contents(sequences)
      let result = unpack(block(sequences), capacity: expected.count)
      guard result.whole, result.bytes == expected else {
        Issue.record("\(sequences)")
        return
      }
      // Room for more or less is a block that does not fit its header.
      #expect(!unpack(block(sequences), capacity: expected.count + 1).whole)
      if !expected.isEmpty { #expect(!unpack(block(sequences), capacity: expected.count - 1).whole) }
    }
  }

  @Test func damagedBlocksTouchNothingElse() {
    var generator = SeededGenerator(seed: 0x6461_6d61)
    var refused = 0
    for _ in 0..<20_000 {
      let sequences = random(&generator, sequences: 1 + generator.below(12))
      var bytes = block(sequences)
      if generator.below(4) == 0 {
        bytes.removeLast(1 + generator.below(bytes.count))
      } else {
        bytes[generator.below(bytes.count)] = UInt8(truncatingIfNeeded: generator.next())
      }
      if !unpack(bytes, capacity: contents(sequences).count).whole { refused += 1 }
    }
    #expect(refused > 5000)
  }
}
