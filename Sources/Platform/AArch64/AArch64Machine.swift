// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
#if arch(arm64)
  extension MachinePlatform {
    static var hasPorts: Bool { false }
    static var defaultConduit: virgil_psci_conduit {
      virgil_regime() == UInt64(VIRGIL_REGIME_EL1.rawValue) ? VIRGIL_PSCI_HVC : VIRGIL_PSCI_SMC
    }

    func findCounterFrequency() -> UInt64 { virgil_read_cntfrq_el0() }

    public func synchronizeInstructions(address: UInt64, size: UInt64) {
      virgil_synchronize_instructions(address, size)
    }

    public func quiesce() {
      virgil_mask_interrupts()
      virgil_stop_timers()
    }

    public var canReset: Bool { resetMethod.psci != VIRGIL_PSCI_NONE.rawValue }

    /// By PSCI (PSCI 1.1, 5.1.9 and 5.1.10). Where that does not answer, nothing else can: the machine halts.
    public func reset(_ type: ResetType) -> Never {
      virgil_mask_interrupts()
      let function: UInt64 = type == .shutdown ? 0x8400_0008 : 0x8400_0009
      switch resetMethod.psci {
      case VIRGIL_PSCI_HVC.rawValue: _ = virgil_hvc(function)
      case VIRGIL_PSCI_SMC.rawValue: _ = virgil_smc(function)
      default: break
      }
      halt()
    }

    /// RNDR, where ID_AA64ISAR0_EL1 announces it. It may fail for a moment when it is asked too fast.
    public func random() -> UInt64? {
      guard virgil_read_id_aa64isar0_el1() >> 60 != 0 else { return nil }
      var value: UInt64 = 0
      for _ in 0..<10 where virgil_rndr(&value) { return value }
      return nil
    }
  }
#endif
