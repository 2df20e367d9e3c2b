// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// The exception syndrome register, ESR_ELx (Arm ARM, D19.2.40).
struct AArch64Syndrome: Equatable {
  let value: UInt64

  /// Bits 31–26.
  var exceptionClass: UInt64 { value >> 26 & 0x3f }

  /// What kind of access failed for want of a mapping or a permission; nil when it was something else.
  var memoryFault: FaultKind? {
    // Instruction and data abort status codes, low two bits the level: access flag 0x08, translation 0x04,
    // permission 0x0c.
    let status = value & 0x3c
    guard status == 0x04 || status == 0x08 || status == 0x0c else { return nil }
    switch exceptionClass {
    case 0x21: return .execute
    // WnR, but a cache maintenance instruction (CM) reports a write that needs no more than reading.
    case 0x25: return value & 1 << 6 == 0 || value & 1 << 8 != 0 ? .read : .write
    default: return nil
    }
  }

  var name: StaticString {
    switch exceptionClass {
    case 0x00: "unknown instruction"
    case 0x07: "access to SVE, SIMD or FP trapped"
    case 0x0e: "illegal execution state"
    case 0x15: "system call"
    case 0x16: "hypervisor call"
    case 0x17: "secure monitor call"
    case 0x18: "system register access trapped"
    case 0x20, 0x21: "instruction abort"
    case 0x22: "misaligned program counter"
    case 0x24, 0x25: "data abort"
    case 0x26: "misaligned stack pointer"
    case 0x2f: "system error"
    case 0x3c: "breakpoint instruction"
    default: "exception"
    }
  }
}
