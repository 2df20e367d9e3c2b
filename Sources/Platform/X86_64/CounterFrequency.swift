// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
#if arch(x86_64)
  extension MachinePlatform {
    /// The time-stamp counter's frequency: from CPUID where it tells, else measured for 5 ms.
    func findCounterFrequency() -> UInt64 {
      Self.announcedFrequency() ?? Self.frequencyByPIT() ?? pmTimerPort.flatMap(Self.frequencyByPMTimer) ?? 0
    }

    private static func announcedFrequency() -> UInt64? {
      let highest = virgil_cpuid(0, 0).eax
      if highest >= 0x15 {
        let ratio = virgil_cpuid(0x15, 0)  // ECX: crystal in Hz; EBX/EAX: counter to crystal
        if ratio.eax != 0, ratio.ebx != 0, ratio.ecx != 0 {
          return UInt64(ratio.ecx) * UInt64(ratio.ebx) / UInt64(ratio.eax)
        }
      }
      if virgil_cpuid(1, 0).ecx & 1 << 31 != 0, virgil_cpuid(0x4000_0000, 0).eax >= 0x4000_0010 {
        let kilohertz = virgil_cpuid(0x4000_0010, 0).eax  // a convention of hypervisors
        if kilohertz != 0 { return UInt64(kilohertz) * 1000 }
      }
      if highest >= 0x16 {
        let megahertz = virgil_cpuid(0x16, 0).eax & 0xffff
        if megahertz != 0 { return UInt64(megahertz) * 1_000_000 }
      }
      return nil
    }

    /// Counter 2 of the interval timer, 1193182 Hz, counts down once; port 0x61 bit 5 shows that it is through.
    private static func frequencyByPIT() -> UInt64? {
      let ticks: UInt64 = 5966  // 5 ms
      let gate = virgil_in8(0x61) & 0xfc
      virgil_out8(0x61, gate | 1)  // counting, without the speaker
      virgil_out8(0x43, 0xb0)  // counter 2, low byte then high byte, mode 0
      virgil_out8(0x42, UInt8(ticks & 0xff))
      virgil_out8(0x42, UInt8(ticks >> 8))
      let start = virgil_counter()
      for _ in 0..<100_000 where virgil_in8(0x61) & 0x20 != 0 {
        let elapsed = virgil_counter() &- start
        virgil_out8(0x61, gate)
        // Without a timer the bit may be stuck: the count is then over at once.
        return elapsed > 100_000 ? elapsed.multipliedReportingOverflow(by: 1_193_182).partialValue / ticks : nil
      }
      virgil_out8(0x61, gate)
      return nil
    }

    /// ACPI's timer, 3579545 Hz, 24 bits wide at least (ACPI 6.5, 4.8.3.3).
    private static func frequencyByPMTimer(_ port: UInt16) -> UInt64? {
      let ticks: UInt64 = 17898  // 5 ms
      let first = virgil_in32(port)
      let start = virgil_counter()
      for _ in 0..<100_000 {
        let passed = UInt64((virgil_in32(port) &- first) & 0xff_ffff)
        if passed >= ticks {
          return (virgil_counter() &- start).multipliedReportingOverflow(by: 3_579_545).partialValue / passed
        }
      }
      return nil
    }
  }
#endif
