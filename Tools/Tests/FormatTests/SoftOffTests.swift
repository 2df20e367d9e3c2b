// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import ACPI
import Bytes
import Testing

/// `\_S5` in tables as compilers write them (ACPI 6.5, 20.2.5), and in what is none.
struct SoftOffTests {
  private func find(_ body: [UInt8]) -> SoftOff? {
    let table = Array("DSDT".utf8) + [UInt8](repeating: 0, count: 32) + body
    return table.withUnsafeBytes { SoftOff(dsdt: ByteView($0)) }
  }
  private let name = Array("_S5_".utf8)

  @Test func sleepTypesAreRead() {
    // QEMU's: Name (_S5, Package (4) { Zero, Zero, Zero, Zero })
    #expect(find([8] + name + [0x12, 6, 4, 0, 0, 0, 0]).map { [$0.sleepTypeA, $0.sleepTypeB] } == [0, 0])
    // With byte constants, and a backslash.
    #expect(
      find([8, 0x5c] + name + [0x12, 8, 4, 0x0a, 7, 0x0a, 5, 0, 0]).map { [$0.sleepTypeA, $0.sleepTypeB] } == [7, 5])
    // A length of two bytes; OneOp.
    #expect(find([8] + name + [0x12, 0x46, 0, 2, 1, 1]).map { [$0.sleepTypeA, $0.sleepTypeB] } == [1, 1])
    // One element serves for both.
    #expect(find([8] + name + [0x12, 4, 1, 0x0a, 5]).map { [$0.sleepTypeA, $0.sleepTypeB] } == [5, 5])
    // A reference to the name comes first.
    #expect(find(name + [0, 0] + [8] + name + [0x12, 4, 1, 0x0a, 3]).map { $0.sleepTypeA } == 3)
  }

  @Test func anythingElseIsNotFound() {
    #expect(find([]) == nil && find(name) == nil && find([8] + name) == nil)
    #expect(find([8] + name + [0x12]) == nil && find([8] + name + [0x12, 4, 0, 0]) == nil)
    #expect(find([8] + name + [0x11, 6, 4, 0, 0, 0, 0]) == nil)  // a buffer
    #expect(find([9] + name + [0x12, 6, 4, 0, 0, 0, 0]) == nil)  // no name
    #expect(find([8] + name + [0x12, 6, 4, 0x0a, 8, 0, 0]) == nil)  // SLP_TYP has three bits
    #expect(find([8] + name + [0x12, 6, 4, 0x0b, 7, 0, 0]) == nil)  // a word
    for length in 0..<13 {
      _ = find(Array(([8] + name + [0x12, 8, 4, 0x0a, 7, 0x0a, 5, 0, 0]).prefix(length)))
    }
  }
}
