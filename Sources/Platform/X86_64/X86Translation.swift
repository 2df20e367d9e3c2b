// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
#if arch(x86_64)
  typealias NativeEncoding = X86Encoding

  extension X86Encoding {
    /// The encoding of this CPU, in the paging mode that start-up has left on.
    static func native() -> X86Encoding {
      let highest = virgil_cpuid(0x8000_0000, 0).eax
      let features = highest >= 0x8000_0001 ? virgil_cpuid(0x8000_0001, 0).edx : 0
      let width = highest >= 0x8000_0008 ? virgil_cpuid(0x8000_0008, 0).eax & 0xff : 36
      return X86Encoding(
        fiveLevels: virgil_read_cr4() & 1 << 12 != 0, gigabytePages: features & 1 << 26 != 0,
        noExecute: features & 1 << 20 != 0, physicalBits: Int(width))
    }
  }

  extension MachineTables {
    func replace(_ value: UInt64, at address: UInt64) {
      store(value, at: address)
      invalidateAll()
    }
    func invalidate(_ address: UInt64) { virgil_invlpg(address) }
    func invalidateAll() { virgil_write_cr3(virgil_read_cr3()) }
    /// Stores are seen in order by the walker, and a missing entry is never cached.
    func publish() {}
  }
#endif
