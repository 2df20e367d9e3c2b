// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// An exception of x86-64 (Intel SDM, volume 3, 6.3.1 and 4.7).
struct X86Vector: Equatable {
  let number: UInt64
  let errorCode: UInt64

  /// What kind of access failed for want of a mapping or a permission; nil when it was something else.
  var memoryFault: FaultKind? {
    guard number == 14, errorCode & 1 << 3 == 0 else { return nil }  // bit 3: a reserved bit, our own mistake
    if errorCode & 1 << 4 != 0 { return .execute }
    return errorCode & 1 << 1 != 0 ? .write : .read
  }

  var name: StaticString {
    switch number {
    case 0: "division error"
    case 1: "debug exception"
    case 2: "non-maskable interrupt"
    case 3: "breakpoint instruction"
    case 6: "invalid instruction"
    case 7: "FP unit not available"
    case 8: "double fault"
    case 10: "invalid TSS"
    case 11: "segment not present"
    case 12: "stack segment fault"
    case 13: "general protection fault"
    case 14: "page fault"
    case 16: "FP error"
    case 17: "misaligned access"
    case 18: "machine check"
    case 19: "SIMD error"
    case 21: "control protection fault"
    default: "exception"
    }
  }
}
