// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// Hash_DRBG with SHA-256 (NIST SP 800-90A Rev. 1, 10.1.1): random numbers from a seed that somebody else has gathered.
/// What it has given cannot be found from its state later.
struct HashDRBG {
  /// 440 bits.
  static let seedSize = 55
  private typealias Seed = InlineArray<55, UInt8>

  private var value = Seed(repeating: 0)
  private var constant = Seed(repeating: 0)
  private var counter: UInt64 = 1

  /// - Parameters:
  ///   - entropy: at least as much as 128 bits are worth
  ///   - nonce: what has not been used before
  init(entropy: UnsafeRawBufferPointer, nonce: UInt64) {
    value = HashDRBG.derive { hash in
      hash.update(entropy)
      withUnsafeBytes(of: nonce.littleEndian) { hash.update($0) }
    }
    let value = value
    constant = HashDRBG.derive { hash in
      hash.update(0)
      HashDRBG.update(&hash, value)
    }
  }

  /// Hash_df (10.3.1), of 440 bits.
  private static func derive(_ input: (inout SHA256) -> Void) -> Seed {
    var seed = Seed(repeating: 0)
    for block in 0..<2 {
      var hash = SHA256()
      hash.update(UInt8(block + 1))
      withUnsafeBytes(of: UInt32(440).bigEndian) { hash.update($0) }
      input(&hash)
      let digest = hash.finish()
      for index in 0..<(block == 0 ? 32 : seedSize - 32) { seed[block * 32 + index] = digest[index] }
    }
    return seed
  }

  private static func update(_ hash: inout SHA256, _ seed: Seed) {
    for index in 0..<seedSize { hash.update(seed[index]) }
  }

  /// Fills `bytes` (10.1.1.4).
  mutating func generate(_ bytes: UnsafeMutableRawBufferPointer) {
    var data = value
    var filled = 0
    while filled < bytes.count {
      var hash = SHA256()
      HashDRBG.update(&hash, data)
      let digest = hash.finish()
      var index = 0
      while index < 32, filled < bytes.count {
        bytes[filled] = digest[index]
        filled += 1
        index += 1
      }
      HashDRBG.add(&data, HashDRBG.seed(1))
    }
    var hash = SHA256()
    hash.update(3)
    HashDRBG.update(&hash, value)
    let digest = hash.finish()
    var addend = Seed(repeating: 0)
    for index in 0..<32 { addend[HashDRBG.seedSize - 32 + index] = digest[index] }
    HashDRBG.add(&value, addend)
    HashDRBG.add(&value, constant)
    HashDRBG.add(&value, HashDRBG.seed(counter))
    counter += 1
  }

  private static func seed(_ number: UInt64) -> Seed {
    var seed = Seed(repeating: 0)
    for index in 0..<8 { seed[seedSize - 1 - index] = UInt8(truncatingIfNeeded: number >> UInt64(8 * index)) }
    return seed
  }

  /// Big-endian, modulo 2^440.
  private static func add(_ sum: inout Seed, _ addend: Seed) {
    var carry: UInt32 = 0
    var index = seedSize
    while index > 0 {
      index -= 1
      carry += UInt32(sum[index]) + UInt32(addend[index])
      sum[index] = UInt8(truncatingIfNeeded: carry)
      carry >>= 8
    }
  }
}
