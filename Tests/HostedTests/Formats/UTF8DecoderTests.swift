// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Testing

struct UTF8DecoderTests {
  private func decode(_ bytes: [UInt8]) -> [UInt16] {
    var units: [UInt16] = []
    GuardedFile(bytes).withView { view in UTF8Decoder.forEachUTF16Unit(of: view) { units.append($0) } }
    return units
  }

  @Test func everyScalarIsDecodedAsTheStandardLibraryDoes() {
    var wrong: [UInt32] = []
    for value in UInt32(0)...0x10_ffff {
      guard let scalar = Unicode.Scalar(value),
        value < 0x3000 || value % 61 == 0 || value > 0xd700 && value < 0xe100 || value > 0x10_ff00
      else { continue }
      if decode(Array(UTF8.encode(scalar)!)) != Array(UTF16.encode(scalar)!) { wrong.append(value) }
    }
    #expect(wrong.isEmpty)
  }

  @Test(
    arguments: [
      ([0x80], [0xfffd]), ([0xff, 0x41], [0xfffd, 0x41]), ([0xc0, 0x80], [0xfffd, 0xfffd]), ([0xc3], [0xfffd]),
      ([0xc3, 0x41], [0xfffd, 0x41]), ([0xe2, 0x82], [0xfffd]), ([0xe2, 0x82, 0x41], [0xfffd, 0x41]),
      ([0xf0, 0x9f, 0x98], [0xfffd]), ([0xf8, 0x41], [0xfffd, 0x41]), ([], []), ([0], [0]),
    ] as [([UInt8], [UInt16])])
  func badBytesBecomeReplacements(_ bytes: [UInt8], _ units: [UInt16]) {
    #expect(decode(bytes) == units)
  }

  @Test(
    arguments: [[0xed, 0xa0, 0x80], [0xe0, 0x80, 0x80], [0xf0, 0x80, 0x80, 0x80], [0xf4, 0x90, 0x80, 0x80]] as [[UInt8]]
  )
  func surrogatesAndOverlongFormsAreNoText(_ bytes: [UInt8]) {
    #expect(!decode(bytes).isEmpty && decode(bytes).allSatisfy { $0 == 0xfffd })
    #expect(decode(bytes + [0x41]).last == 0x41)
  }

  @Test func anyBytesGiveSoundText() {
    var random = SeededGenerator(seed: 0x7574_6638)
    for _ in 0..<20_000 {
      let bytes = (0..<random.below(12)).map { _ in
        UInt8(truncatingIfNeeded: random.next() >> 20) | (random.below(2) == 0 ? 0x80 : 0)
      }
      let units = decode(bytes)
      guard units.count <= bytes.count, String(decoding: units, as: UTF16.self).utf16.elementsEqual(units) else {
        Issue.record("\(bytes) became \(units)")
        return
      }
    }
  }
}
