// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
#if arch(arm64)
  typealias NativeEncoding = AArch64Encoding

  extension AArch64Encoding {
    /// The encoding that start-up has set the registers for.
    static func native() -> AArch64Encoding {
      AArch64Encoding(
        singlePrivilege: virgil_regime() == UInt64(VIRGIL_REGIME_EL2.rawValue),
        physicalAddressRange: virgil_read_id_aa64mmfr0_el1() & 0xf)
    }
  }

  extension MachineTables {
    func replace(_ value: UInt64, at address: UInt64) { virgil_replace_entry(address, value) }
    func invalidate(_ address: UInt64) { virgil_tlb_invalidate_page(address) }
    func invalidateAll() { virgil_tlb_invalidate_all() }
    func publish() {
      virgil_table_barrier()
      virgil_tlb_finish()
    }
  }
#endif
