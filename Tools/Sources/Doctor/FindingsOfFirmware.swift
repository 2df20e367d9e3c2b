// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// Crash kernels, and what the machine tells its next kernel.
extension Facts {
  var crashFindings: [Finding] {
    let id = "crash-kernel"
    if has("CRASH_DUMP") == false {
      return [Finding(id, .limits, "The kernel cannot have a crash kernel (CONFIG_CRASH_DUMP is not set).")]
    }
    switch kexec.crashMemory {
    case nil: return [Finding(id, .unknown, "Whether memory is kept for a crash kernel is not known.")]
    case 0:
      return [
        Finding(
          id, .limits, "No memory is kept for a crash kernel.", why: "kexec -p and kdump need it.",
          action: "Boot with crashkernel=512M on the kernel's command line.")
      ]
    case let size?:
      let loaded = kexec.isCrashLoaded == true ? "one is loaded" : "none is loaded"
      // A UKI, what it unpacks to, and what its user space needs: smaller ones were seen to fail.
      let isSmall = size < 256 << 20
      return [
        Finding(
          id, isSmall ? .limits : .good, "\(size >> 20) MiB are kept for a crash kernel; \(loaded).",
          why: isSmall ? "A UKI with its initrd needs more, as a rule." : nil,
          action: isSmall ? "Boot with crashkernel=512M." : nil)
      ]
    }
  }

  var firmwareFindings: [Finding] {
    [firmwareFinding, variablesFinding, memoryFinding, handoverFinding, measurementFinding].compactMap { $0 }
  }

  private var firmwareFinding: Finding {
    let id = "firmware"
    if firmware.isVirgil {
      return Finding(id, .good, "This kernel was started through Virgil.", why: "VirgilLog is among its EFI variables.")
    }
    guard firmware.isEFI else {
      return Finding(
        id, .good, "The kernel was not booted by UEFI.",
        why: "Virgil does not need that: the next kernel gets boot services all the same.")
    }
    if firmware.efiBits == 32 {
      return Finding(
        id, .limits, "The firmware is 32-bit UEFI.", why: "Composed images boot by kexec, but not by this firmware.")
    }
    return Finding(
      id, .good, "The kernel was booted by UEFI.",
      why: "Its runtime services are not for the next kernel: they can be moved once only, and were.")
  }

  private var variablesFinding: Finding? {
    guard firmware.isEFI, !firmware.efivarsMounted else { return nil }
    return Finding(
      "efivars", .limits, "EFI variables cannot be read here: efivarfs is not mounted.",
      why: "Virgil needs none of them; the state of Secure Boot is read from them.",
      action: "mount -t efivarfs efivarfs /sys/firmware/efi/efivars")
  }

  /// Where the next kernel's memory comes from.
  private var memoryFinding: Finding? {
    let id = "memory"
    guard architecture == "aarch64" else { return nil }
    if firmware.deviceTreeHasMemory {
      return Finding(id, .good, "Memory is described by the device tree\(firmware.model.map { " (\($0))" } ?? "").")
    }
    if firmware.isEFI {
      return Finding(
        id, .good, "Memory is described by the map that UEFI gave this kernel; there is no device tree of the machine.",
        why: "kexec hands on the place of that map, and Virgil reads it; devices are described by ACPI.")
    }
    return Finding(
      id, .limits, "Neither a device tree nor UEFI describes memory.",
      why: "What kexec hands on would not say where memory is.")
  }

  private var handoverFinding: Finding? {
    guard firmware.keepsMemory else { return nil }
    return Finding(
      "kexec-handover", architecture == "x86_64" ? .limits : .good, "Memory can be kept over kexec (KHO).",
      why: architecture == "x86_64"
        ? "x86's boot protocol carries that, EFI has no place for it: through Virgil, nothing is kept."
        : "It is in the device tree, and arrives.")
  }

  private var measurementFinding: Finding? {
    guard has("IMA_KEXEC") == true else { return nil }
    return Finding(
      "measurements", architecture == "x86_64" ? .limits : .good, "IMA's list of measurements is carried over kexec.",
      why: architecture == "x86_64"
        ? "x86's boot protocol carries it, EFI has no place for it: through Virgil, it begins anew."
        : "It is in the device tree, and arrives.")
  }
}
