// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Testing

/// Packed relative relocations, against an encoder that is written from the format's description.
struct RELRTests {
  private func apply(_ table: [UInt64], to image: [UInt8], _ displacement: UInt64) -> (Bool, [UInt8]) {
    var image = image
    var bytes: [UInt8] = []
    for word in table { bytes.appendLittleEndian(word) }
    let done = GuardedFile(bytes).withView { view in
      image.withUnsafeMutableBytes { RELR.apply(view, to: $0, displacement: displacement) }
    }
    return (done, image)
  }

  /// `places` ascending, multiples of 8.
  private func encode(_ places: [UInt64]) -> [UInt64] {
    var table: [UInt64] = []
    var rest = places[...]
    while let first = rest.popFirst() {
      table.append(first)
      var base = first + 8
      while true {
        var bitmap: UInt64 = 0
        while let next = rest.first, next < base + 63 * 8 {
          bitmap |= 1 << ((next - base) / 8)
          rest.removeFirst()
        }
        if bitmap == 0 { break }
        table.append(bitmap << 1 | 1)
        base += 63 * 8
      }
    }
    return table
  }

  @Test func changesExactlyTheNamedPlaces() {
    var random = SeededGenerator(seed: 0x7265_6c72)
    for _ in 0..<500 {
      let words = 1 + random.below(600)
      let density = 1 + random.below(70)
      let places = (0..<words).filter { _ in random.below(density) == 0 }.map { UInt64($0 * 8) }
      let image = (0..<words * 8).map { UInt8(truncatingIfNeeded: $0 &* 131) }
      let displacement = random.next()
      let (done, changed) = apply(encode(places), to: image, displacement)
      var expected = image
      expected.withUnsafeMutableBytes { bytes in
        for place in places {
          let value = bytes.loadUnaligned(fromByteOffset: Int(place), as: UInt64.self)
          bytes.storeBytes(of: value &+ displacement, toByteOffset: Int(place), as: UInt64.self)
        }
      }
      guard done, changed == expected else {
        Issue.record("\(places) of \(words) words")
        return
      }
    }
  }

  @Test(
    arguments: [
      [96], [88, 3], [0, 1 << 12 | 1], [.max - 1], [1 << 63], [.max], [0, .max, .max], [8, 2 << 60 | 1], [90],
      [1 << 62, .max, .max],
    ] as [[UInt64]])
  func refusesPlacesOutsideAndChangesNothing(_ table: [UInt64]) {
    let image = [UInt8](repeating: 0x11, count: 96)
    // The first relocation is fine: it must not have been applied either.
    let (done, changed) = apply([16] + table, to: image, 5)
    #expect(!done && changed == image)
  }

  @Test func refusesHalfAWordAndImagesBelowOne() {
    var image = [UInt8](repeating: 0, count: 4)
    let odd = GuardedFile([UInt8](repeating: 0, count: 12)).withView { view in
      image.withUnsafeMutableBytes { RELR.apply(view, to: $0, displacement: 1) }
    }
    #expect(!odd && !apply([0], to: image, 1).0)
    #expect(apply([], to: image, 1) == (true, image))
  }
}
