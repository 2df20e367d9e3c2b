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
      if canReset { _ = callFirmware(type == .shutdown ? 0x8400_0008 : 0x8400_0009) }
      halt()
    }

    /// Returns w0 and x3.
    private func callFirmware(_ function: UInt64, _ argument: UInt64 = 0) -> (status: Int32, value: UInt64) {
      var value: UInt64 = 0
      let status = virgil_smccc(resetMethod.psci == VIRGIL_PSCI_SMC.rawValue, function, argument, &value)
      return (Int32(truncatingIfNeeded: status), value)
    }

    /// The firmware's conduit is what is described, not guessed: it may be asked what it offers.
    public func useDescribedReset(_ method: virgil_reset_record) {
      resetMethod = method
      hasTrueRandomNumbers = canReset && offersTrueRandomNumbers { callFirmware($0, $1).status }
    }

    /// RNDR, where ID_AA64ISAR0_EL1 announces it, or else the firmware's TRNG_RND64 (Arm DEN 0098, 2.4). Either may have
    /// none for a moment when it is asked too fast.
    public func random() -> UInt64? {
      let hasInstruction = virgil_read_id_aa64isar0_el1() >> 60 != 0
      guard hasInstruction || hasTrueRandomNumbers else { return nil }
      for _ in 0..<10 {
        if hasInstruction {
          var value: UInt64 = 0
          if virgil_rndr(&value) { return value }
        } else {
          let (status, value) = callFirmware(SMCCC.trngRandom64, 64)
          if status >= 0 { return value }
        }
      }
      return nil
    }
  }
#endif
