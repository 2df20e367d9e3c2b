// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
#if arch(x86_64)
  extension MachinePlatform {
    static var hasPorts: Bool { true }
    static var defaultConduit: virgil_psci_conduit { VIRGIL_PSCI_NONE }

    /// Instruction fetches see stores at once; a serialising instruction drops what was fetched before.
    public func synchronizeInstructions(address: UInt64, size: UInt64) { _ = virgil_cpuid(0, 0) }

    /// No timer and no interrupt controller is ever set up here.
    public func quiesce() { virgil_mask_interrupts() }

    public func useDescribedReset(_ method: virgil_reset_record) { resetMethod = method }

    /// The keyboard controller's line is always there to be tried.
    public var canReset: Bool { true }

    /// By what ACPI describes, then the chipset's reset register, the keyboard controller, and a triple fault.
    public func reset(_ type: ResetType) -> Never {
      virgil_mask_interrupts()
      if type == .shutdown { shutdown() }
      writeResetRegister()
      pause(milliseconds: 10)
      virgil_out8(0xcf9, 0x02)
      virgil_out8(0xcf9, 0x06)
      pause(milliseconds: 10)
      virgil_out8(0x64, 0xfe)
      pause(milliseconds: 10)
      virgil_triple_fault()
    }

    private func shutdown() {
      guard resetMethod.pm1a_control != 0 else { return }
      sleep(resetMethod.pm1a_control, resetMethod.sleep_type_a)
      if resetMethod.pm1b_control != 0 { sleep(resetMethod.pm1b_control, resetMethod.sleep_type_b) }
      pause(milliseconds: 100)
    }

    /// SLP_TYP and SLP_EN into a PM1 control register (ACPI 6.5, 4.8.3.2).
    private func sleep(_ port: UInt32, _ type: UInt8) {
      virgil_out16(UInt16(truncatingIfNeeded: port), UInt16(type & 7) << 10 | 1 << 13)
    }

    /// RESET_VALUE into RESET_REG (ACPI 6.5, 4.8.3.6).
    private func writeResetRegister() {
      let address = resetMethod.reset_address
      guard address != 0 else { return }
      switch resetMethod.reset_space {
      case 1:
        virgil_out8(UInt16(truncatingIfNeeded: address), resetMethod.reset_value)
      case 0 where map(address: address & ~0xfff, size: 4096, access: .readWrite, cache: .device):
        virgil_write8(address, resetMethod.reset_value)
      default: break
      }
    }

    /// Lets a reset take effect. A port access takes about a microsecond, without any clock.
    private func pause(milliseconds: Int) {
      for _ in 0..<(milliseconds * 1000) { _ = virgil_in8(0x80) }
    }

    /// RDRAND, where CPUID announces it; tried as often as Intel advises (Intel SDM, volume 1, 7.3.17.1).
    public func random() -> UInt64? {
      guard virgil_cpuid(1, 0).ecx & 1 << 30 != 0 else { return nil }
      var value: UInt64 = 0
      for _ in 0..<10 where virgil_rdrand(&value) { return value }
      return nil
    }
  }
#endif
