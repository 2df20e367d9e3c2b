// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

extension MachinePlatform {
  /// Seconds since 1970; nil when there is no clock, or it does not run.
  public func clock() -> UInt64? {
    guard let clock = clockDescription else { return nil }
    switch clock.kind {
    case VIRGIL_CLOCK_PL031.rawValue:
      // RTCDR (Arm DDI 0224, 3.3.1).
      guard map(address: clock.base & ~0xfff, size: 4096, access: .readWrite, cache: .device) else { return nil }
      return UInt64(virgil_read32(clock.base))
    #if arch(x86_64)
      case VIRGIL_CLOCK_CMOS.rawValue: return CMOSClock(port: UInt16(truncatingIfNeeded: clock.base)).seconds
    #endif
    default: return nil
    }
  }
}

#if arch(x86_64)
  /// The real-time clock of the PC (Motorola MC146818): registers behind an index and a data port.
  private struct CMOSClock {
    let port: UInt16

    private func register(_ index: UInt8) -> UInt64 {
      virgil_out8(port, index | 0x80)  // bit 7: no NMI meanwhile
      return UInt64(virgil_in8(port + 1))
    }

    /// Read between two updates, and twice alike.
    var seconds: UInt64? {
      var tries = 0
      var last: UInt64?
      while tries < 10_000 {
        tries += 1
        if register(0x0a) & 0x80 != 0 { continue }  // an update is in progress
        let now = read()
        if let now, now == last { return now }
        last = now
      }
      return nil
    }

    /// nil for what is no date: registers of a clock that is not there read as 0xff.
    private func read() -> UInt64? {
      let mode = register(0x0b)
      func value(_ raw: UInt64) -> UInt64 { mode & 4 != 0 ? raw : (raw >> 4) * 10 + (raw & 0xf) }
      let hourRegister = register(4)
      var hour = value(hourRegister & 0x7f)
      if mode & 2 == 0 { hour = hour % 12 + (hourRegister & 0x80 != 0 ? 12 : 0) }
      // Two digits of a year: this century's.
      let date = CivilTime(
        year: 2000 + value(register(9)), month: value(register(8)), day: value(register(7)), hour: hour,
        minute: value(register(2)), second: value(register(0)))
      return date.isValid ? date.seconds : nil
    }
  }
#endif
