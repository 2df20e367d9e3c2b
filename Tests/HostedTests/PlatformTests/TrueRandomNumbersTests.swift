// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Testing

/// What firmware is asked before it is asked for random numbers.
struct TrueRandomNumbersTests {
  /// Asks firmware that has `answers`; to all others it says NOT_SUPPORTED.
  ///
  /// - Returns: whether it offers them, and which functions it was called by.
  private func ask(_ answers: [UInt64: Int32]) -> (Bool, [UInt64]) {
    var calls: [UInt64] = []
    let offers = offersTrueRandomNumbers { function, argument in
      calls.append(function)
      switch function {
      case 0x8400_000a: #expect(argument == 0x8000_0000)
      case 0x8400_0051: #expect(argument == 0xc400_0053)
      default: #expect(argument == 0)
      }
      return answers[function] ?? -1
    }
    return (offers, calls)
  }

  private let order: [UInt64] = [0x8400_0000, 0x8400_000a, 0x8000_0000, 0x8400_0050, 0x8400_0051]
  private let complete: [UInt64: Int32] = [
    0x8400_0000: 0x1_0001, 0x8400_000a: 0, 0x8000_0000: 0x1_0002, 0x8400_0050: 0x1_0000, 0x8400_0051: 0,
  ]

  @Test func firmwareThatHasAllOfItIsBelieved() {
    let (offers, calls) = ask(complete)
    #expect(offers && calls == order)
  }

  /// No function is called that the answers before it have not announced.
  @Test func theFirstNoEndsIt() {
    for (number, function) in order.enumerated() {
      for answer: Int32 in [-1, -3, .min] + (complete[function]! > 0 ? [0, 0xffff, 2] : []) {
        let (offers, calls) = ask(complete.merging([function: answer]) { $1 })
        #expect(!offers && calls == Array(order[...number]), "\(number): \(answer)")
      }
    }
    // SMCCC 1.0, which does not know of TRNG.
    #expect(ask(complete.merging([0x8000_0000: 0x1_0000]) { $1 }).1.count == 3)
  }
}
