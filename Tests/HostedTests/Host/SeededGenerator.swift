// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// xorshift64*: the same numbers in every run.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64
  init(seed: UInt64) { state = seed | 1 }

  mutating func next() -> UInt64 {
    state ^= state >> 12
    state ^= state << 25
    state ^= state >> 27
    return state &* 0x2545_f491_4f6c_dd1d
  }

  /// A number below `bound`. Quicker than `random(in:using:)` where a million are needed, and as even as tests need.
  mutating func below(_ bound: Int) -> Int { Int(truncatingIfNeeded: (next() >> 16) % UInt64(bound)) }
}
