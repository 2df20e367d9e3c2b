// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import CPayload

/// A function of the payload that the emulator calls, in the payload's convention.
///
/// Its address is good for as long as the callback lives; there are `PAYLOAD_SLOTS` at a time.
final class Callback: Word {
  private static nonisolated(unsafe) var bodies = [(([UInt64]) -> UInt64)?](repeating: nil, count: Int(PAYLOAD_SLOTS))
  private let slot: Int
  /// How often it was called.
  private(set) var calls = 0

  init(_ body: @escaping ([UInt64]) -> UInt64) {
    slot = Callback.bodies.firstIndex { $0 == nil }!
    payload_set_dispatcher { slot, arguments in
      Callback.bodies[Int(slot)]!((0..<6).map { arguments![$0] })
    }
    Callback.bodies[slot] = { [unowned self] arguments in
      calls += 1
      return body(arguments)
    }
  }

  deinit { Callback.bodies[slot] = nil }

  var word: UInt64 { payload_entry(UInt32(slot)) }
  /// Itself as a table's member.
  var asSlot: efi_slot? { unsafeBitCast(UInt(word), to: efi_slot?.self) }
}
