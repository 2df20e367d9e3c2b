// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
#if !HOSTED
  import CRuntime

  /// ResetSystem (UEFI 2.10, 8.5.1). What cannot be powered off is reset: the specification's way for a type that a
  /// system does not have. It returns where nothing answers, and Linux then tries its own ways.
  @c @implementation public func virgil_runtime_reset_system(_ type: UInt32) {
    let method = virgil_runtime_parameters().pointee.reset
    let shutdown: UInt32 = 2
    #if arch(arm64)
      // PSCI 1.1, 5.1.9 and 5.1.10.
      guard method.psci != VIRGIL_PSCI_NONE.rawValue else { return }
      virgil_runtime_psci(type == shutdown ? 0x8400_0008 : 0x8400_0009, method.psci == VIRGIL_PSCI_SMC.rawValue ? 1 : 0)
    #else
      if type == shutdown, method.pm1a_control != 0 {
        sleep(method.pm1a_control, method.sleep_type_a)
        if method.pm1b_control != 0 { sleep(method.pm1b_control, method.sleep_type_b) }
        pause(milliseconds: 100)
      }
      // A register in memory has no address that is mapped here.
      if method.reset_address != 0, method.reset_space == 1 {
        virgil_runtime_out8(UInt16(truncatingIfNeeded: method.reset_address), method.reset_value)
        pause(milliseconds: 10)
      }
      // The keyboard controller's pulse on the reset line.
      virgil_runtime_out8(0x64, 0xfe)
      pause(milliseconds: 10)
    #endif
  }

  #if arch(x86_64)
    /// SLP_TYP and SLP_EN (ACPI 6.5, 4.8.3.2.1).
    private func sleep(_ port: UInt32, _ type: UInt8) {
      virgil_runtime_out16(UInt16(truncatingIfNeeded: port), UInt16(type & 7) << 10 | 1 << 13)
    }

    /// A port access takes about a microsecond, without any clock.
    private func pause(milliseconds: Int) {
      var count = milliseconds * 1000
      while count > 0 {
        _ = virgil_runtime_in8(0x80)
        count -= 1
      }
    }
  #endif
#endif
