// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Testing

/// Syndromes as a CPU gave them (QEMU), and the kinds a resolver must never be asked about.
@Suite struct FaultTests {
  @Test(arguments: [
    (UInt64(0x9600_004f), FaultKind.write as FaultKind?), (0x9600_0006, .read), (0x8600_000f, .execute),
    (0x9600_0147, .read),  // cache maintenance
    (0xf200_0001, nil), (0x9600_0050, nil), (0x9600_0061, nil), (0x9200_0047, nil), (0xbe00_0011, nil),
  ])
  func abortsOnAArch64(esr: UInt64, kind: FaultKind?) {
    #expect(AArch64Syndrome(value: esr).memoryFault == kind)
  }

  @Test(arguments: [
    (UInt64(14), UInt64(0x3), FaultKind.write as FaultKind?), (14, 0x0, .read), (14, 0x11, .execute), (14, 0x9, nil),
    (13, 0x2, nil), (6, 0, nil),
  ])
  func pageFaultsOnX86(vector: UInt64, error: UInt64, kind: FaultKind?) {
    #expect(X86Vector(number: vector, errorCode: error).memoryFault == kind)
  }
}
