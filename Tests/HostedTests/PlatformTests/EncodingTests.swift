// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Testing

/// Entries, bit for bit as the manuals have them.
@Suite struct EncodingTests {
  let el1 = AArch64Encoding(singlePrivilege: false, physicalAddressRange: 5)
  let el2 = AArch64Encoding(singlePrivilege: true, physicalAddressRange: 5)
  let x86 = X86Encoding(fiveLevels: false, gigabytePages: true, noExecute: true, physicalBits: 40)

  @Test func pagesAtEL1() {
    #expect(el1.leaf(0x4000_1000, level: 0, access: .readWrite, cache: .writeBack) == 0x0060_0000_4000_1707)
    #expect(el1.leaf(0x4000_1000, level: 0, access: .readOnly, cache: .writeBack) == 0x0060_0000_4000_1787)
    #expect(el1.leaf(0x4000_1000, level: 0, access: .readExecute, cache: .writeBack) == 0x0040_0000_4000_1787)
    #expect(el1.leaf(0x0900_0000, level: 1, access: .readWrite, cache: .device) == 0x0060_0000_0900_0701)
    #expect(el1.leaf(0x4000_1000, level: 0, access: .none, cache: .writeBack) == 0)
  }

  @Test func pagesAtEL2HaveOnePrivilege() {
    #expect(el2.leaf(0x4000_1000, level: 0, access: .readWrite, cache: .writeBack) == 0x0040_0000_4000_1747)
    #expect(el2.leaf(0x4000_1000, level: 0, access: .readExecute, cache: .writeBack) == 0x0000_0000_4000_17c7)
    #expect(el2.leaf(0x4000_0000, level: 2, access: .readOnly, cache: .writeBack) == 0x0040_0000_4000_07c5)
  }

  @Test func pagesOnX86() {
    #expect(x86.leaf(0x20_1000, level: 0, access: .readWrite, cache: .writeBack) == 0x8000_0000_0020_1003)
    #expect(x86.leaf(0x20_1000, level: 0, access: .readOnly, cache: .writeBack) == 0x8000_0000_0020_1001)
    #expect(x86.leaf(0x20_1000, level: 0, access: .readExecute, cache: .writeBack) == 0x20_1001)
    #expect(x86.leaf(0xfec0_0000, level: 1, access: .readWrite, cache: .device) == 0x8000_0000_fec0_009b)
    #expect(x86.table(at: 0x5000) == 0x5003)
  }

  @Test func everyEntryDecodesToWhatItWasMadeOf() {
    func check(_ encoding: some TableEncoding) {
      for level in 0...encoding.largestBlock {
        for access in [Access.readOnly, .readWrite, .readExecute] {
          for cache in [CachePolicy.writeBack, .device] {
            let entry = encoding.leaf(0x1_4000_0000, level: level, access: access, cache: cache)
            #expect(encoding.decode(entry, level: level) == .leaf(0x1_4000_0000, access, cache))
            #expect(!encoding.isWritableExecutable(entry, level: level))
          }
        }
        #expect(encoding.decode(0, level: level) == .empty)
      }
      for level in 1..<encoding.levels {
        #expect(encoding.decode(encoding.table(at: 0x1234_5000), level: level) == .table(0x1234_5000))
      }
    }
    check(el1)
    check(el2)
    check(x86)
  }

  @Test func bitsTheHardwareSetsDoNotChangeTheMeaning() {
    let accessedAndDirty: UInt64 = 0x60
    let entry = x86.leaf(0x20_0000, level: 1, access: .readWrite, cache: .writeBack) | accessedAndDirty
    #expect(x86.decode(entry, level: 1) == .leaf(0x20_0000, .readWrite, .writeBack))
  }

  @Test func writableAndExecutableIsFound() {
    #expect(el1.isWritableExecutable(0x0040_0000_4000_1707, level: 0))
    #expect(el2.isWritableExecutable(0x0000_0000_4000_1747, level: 0))
    #expect(x86.isWritableExecutable(0x20_1003, level: 0))
  }

  @Test func withoutNoExecuteTheBitIsNeverSetAndTheTruthIsTold() {
    let old = X86Encoding(fiveLevels: false, gigabytePages: false, noExecute: false, physicalBits: 36)
    let entry = old.leaf(0x20_1000, level: 0, access: .readOnly, cache: .writeBack)
    #expect(entry == 0x20_1001)
    #expect(old.decode(entry, level: 0) == .leaf(0x20_1000, .readExecute, .writeBack))
  }

  @Test func onlyPermissionsChangeWithoutABreak() {
    let writable = el1.leaf(0x20_0000, level: 1, access: .readWrite, cache: .writeBack)
    let code = el1.leaf(0x20_0000, level: 1, access: .readExecute, cache: .writeBack)
    let device = el1.leaf(0x20_0000, level: 1, access: .readWrite, cache: .device)
    #expect(!el1.needsBreak(from: writable, to: code, level: 1))
    #expect(!el1.needsBreak(from: 0, to: code, level: 1))
    #expect(!el1.needsBreak(from: code, to: 0, level: 1))
    #expect(el1.needsBreak(from: writable, to: device, level: 1))
    #expect(el1.needsBreak(from: writable, to: el1.table(at: 0x5000), level: 1))
  }

  @Test func addressesEndWhereTheCPUsDo() {
    #expect(AArch64Encoding(singlePrivilege: false, physicalAddressRange: 2).addressLimit == 1 << 40)
    #expect(AArch64Encoding(singlePrivilege: false, physicalAddressRange: 6).addressLimit == 1 << 48)
    func x86(fiveLevels: Bool, bits: Int) -> X86Encoding {
      X86Encoding(fiveLevels: fiveLevels, gigabytePages: true, noExecute: true, physicalBits: bits)
    }
    #expect(x86(fiveLevels: false, bits: 40).addressLimit == 1 << 40)
    #expect(x86(fiveLevels: false, bits: 52).addressLimit == 1 << 47)
    #expect(x86(fiveLevels: true, bits: 52).addressLimit == 1 << 52)
    #expect(x86(fiveLevels: true, bits: 255).addressLimit == 1 << 52)
  }
}
