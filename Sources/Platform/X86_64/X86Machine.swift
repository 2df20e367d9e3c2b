// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
#if arch(x86_64)
  extension MachinePlatform {
    static var hasPorts: Bool { true }
    static var defaultConduit: PSCIConduit? { nil }

    /// Instruction fetches see stores at once; a serialising instruction drops what was fetched before.
    public func synchronizeInstructions(address: UInt64, size: UInt64) { _ = virgil_cpuid(0, 0) }

    /// No timer and no interrupt controller is ever set up here.
    public func quiesce() { virgil_mask_interrupts() }

    /// By what ACPI describes, then the chipset's reset register, the keyboard controller, and a triple fault.
    public func reset(_ type: ResetType) -> Never {
      virgil_mask_interrupts()
      if type == .shutdown { shutdown() }
      if let acpiReset { write(acpiReset) }
      pause(milliseconds: 10)
      virgil_out8(0xcf9, 0x02)
      virgil_out8(0xcf9, 0x06)
      pause(milliseconds: 10)
      virgil_out8(0x64, 0xfe)
      pause(milliseconds: 10)
      virgil_triple_fault()
    }

    private func shutdown() {
      guard let acpiSleep else { return }
      let enable: UInt16 = 1 << 13
      virgil_out16(acpiSleep.pm1a, UInt16(acpiSleep.sleepTypeA & 7) << 10 | enable)
      if acpiSleep.pm1b != 0 { virgil_out16(acpiSleep.pm1b, UInt16(acpiSleep.sleepTypeB & 7) << 10 | enable) }
      pause(milliseconds: 100)
    }

    private func write(_ register: ACPIReset) {
      switch register.space {
      case 1:
        virgil_out8(UInt16(truncatingIfNeeded: register.address), register.value)
      case 0 where map(address: register.address & ~0xfff, size: 4096, access: .readWrite, cache: .device):
        virgil_write8(register.address, register.value)
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
