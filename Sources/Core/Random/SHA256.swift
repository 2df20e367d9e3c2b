// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// SHA-256 (FIPS 180-4, 6.2), byte by byte.
struct SHA256 {
  typealias Digest = InlineArray<32, UInt8>

  private var state: InlineArray<8, UInt32> = [
    0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19,
  ]
  /// The message schedule; its first 16 words are the block that is being filled.
  private var words = InlineArray<64, UInt32>(repeating: 0)
  private var count: UInt64 = 0

  /// 4.2.2: of the cube roots of the first 64 primes.
  private static let constants: InlineArray<64, UInt32> = [
    0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5, 0x3956_c25b, 0x59f1_11f1, 0x923f_82a4, 0xab1c_5ed5,
    0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3, 0x72be_5d74, 0x80de_b1fe, 0x9bdc_06a7, 0xc19b_f174,
    0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc, 0x2de9_2c6f, 0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da,
    0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7, 0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967,
    0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc, 0x5338_0d13, 0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85,
    0xa2bf_e8a1, 0xa81a_664b, 0xc24b_8b70, 0xc76c_51a3, 0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070,
    0x19a4_c116, 0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5, 0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3,
    0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208, 0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7, 0xc671_78f2,
  ]

  mutating func update(_ byte: UInt8) {
    let index = Int(count >> 2 & 15)
    words[index] = words[index] << 8 | UInt32(byte)
    count &+= 1
    if count & 63 == 0 { compress() }
  }

  mutating func update(_ bytes: UnsafeRawBufferPointer) {
    for byte in bytes { update(byte) }
  }

  /// The digest; the value is not to be used any more.
  mutating func finish() -> Digest {
    let bits = count << 3
    update(0x80)
    while count & 63 != 56 { update(0) }
    var shift: UInt64 = 64
    while shift > 0 {
      shift -= 8
      update(UInt8(truncatingIfNeeded: bits >> shift))
    }
    var digest = Digest(repeating: 0)
    for index in 0..<32 { digest[index] = UInt8(truncatingIfNeeded: state[index >> 2] >> UInt32(24 - index % 4 * 8)) }
    return digest
  }

  private func rotated(_ word: UInt32, _ count: UInt32) -> UInt32 { word &>> count | word &<< (32 &- count) }

  private mutating func compress() {
    for index in 16..<64 {
      let (a, b) = (words[index - 15], words[index - 2])
      let first = rotated(a, 7) ^ rotated(a, 18) ^ a >> 3
      let second = rotated(b, 17) ^ rotated(b, 19) ^ b >> 10
      words[index] = words[index - 16] &+ first &+ words[index - 7] &+ second
    }
    var s = state
    for index in 0..<64 {
      let (a, e) = (s[0], s[4])
      let choice = e & s[5] ^ ~e & s[6]
      let first =
        s[7] &+ (rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25)) &+ choice &+ SHA256.constants[index] &+ words[index]
      let majority = a & s[1] ^ a & s[2] ^ s[1] & s[2]
      let second = (rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22)) &+ majority
      var place = 7
      while place > 0 {
        s[place] = s[place - 1]
        place -= 1
      }
      s[4] &+= first
      s[0] = first &+ second
    }
    for index in 0..<8 { state[index] &+= s[index] }
  }
}
