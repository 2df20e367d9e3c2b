// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// The two ways to load a kernel, and what turns them off.
extension Facts {
  var systemCallFindings: [Finding] {
    [disabledFinding, limitFinding, loadFinding, fileLoadFinding, anyImageFinding, loadedFinding].compactMap { $0 }
  }

  private var disabledFinding: Finding? {
    guard kexec.isDisabled == true else { return nil }
    return Finding(
      "kexec-disabled", .blocks, "Loading is switched off: kernel.kexec_load_disabled is 1.",
      why: "What was loaded before stays and can be executed; nothing else can be loaded until the next boot.",
      action: "Look for who sets it (/etc/sysctl.d, the kernel's command line), and reboot without.")
  }

  private var limitFinding: Finding? {
    guard let limit = kexec.rebootLimit, limit >= 0 else { return nil }
    if limit == 0 {
      return Finding(
        "kexec-limit", .blocks, "Nothing may be loaded any more: kernel.kexec_load_limit_reboot is 0.",
        why: "It counts down with each load and cannot be raised.", action: "Reboot without this setting.")
    }
    return Finding(
      "kexec-limit", .limits, "Something may be loaded \(limit == 1 ? "once" : "\(limit) times") more.",
      why: "kernel.kexec_load_limit_reboot is \(limit). Each try counts, one that fails as well; so the system calls "
        + "were not asked here.")
  }

  private var loadFinding: Finding {
    let id = "kexec-load"
    let what = "kexec_load(), by which kexec -l loads"
    if isLockedDown {
      return Finding(
        id, .limits, "\(what), is refused under lockdown.",
        why: "It hands over memory, of which no signature can be checked.", action: otherWay)
    }
    switch Ability(self).kexecLoad {
    case .yes where isRoot || kexec.load == .permitted: return Finding(id, .good, "\(what), is there.")
    case .yes: return Finding(id, .good, "\(what), is there; it needs root.")
    case .unknown, .signed:
      return Finding(id, .unknown, "Whether there is \(what), could not be found out.", action: "Look as root.")
    case .no:
      switch kexec.load {
      case .absent:
        return Finding(id, closed, "\(what), is not in this kernel.", why: "It was built without CONFIG_KEXEC.")
      case .againstPolicy:
        return Finding(
          id, closed, "\(what), is against the integrity policy (IMA).",
          why: "With Secure Boot, IMA's policy for the architecture wants a signature that can be checked.",
          action: otherWay)
      default:
        return Finding(id, closed, "\(what), cannot be used here.", why: refusal ?? "CONFIG_KEXEC is not set.")
      }
    }
  }

  private var otherWay: String? { Ability(self).kexecFileLoad == .no ? nil : "Use kexec -s -l." }

  private var fileLoadFinding: Finding {
    let id = "kexec-file-load"
    let what = "kexec_file_load(), by which kexec -s -l loads"
    switch Ability(self).kexecFileLoad {
    case .yes: return Finding(id, .good, "\(what), is there.")
    case .signed: return Finding(id, .good, "\(what), is there, for signed images.")
    case .unknown:
      return Finding(id, .unknown, "Whether there is \(what), could not be found out.", action: "Look as root.")
    case .no:
      if kexec.fileLoad == .absent || has("KEXEC_FILE") == false {
        return Finding(
          id, closed, "\(what), is not in this kernel.",
          why: "It was built without CONFIG_KEXEC_FILE"
            + (architecture == "aarch64" ? ", as Debian's for arm64 are: kexec -l does it there." : "."))
      }
      return Finding(
        id, closed, "\(what), takes no carried image here.",
        why: refusal ?? "It wants signed images, and none that this kernel could check (see below).")
    }
  }

  /// Why neither system call can be used, if that is so.
  private var refusal: String? {
    if kexec.isDisabled == true { return "kernel.kexec_load_disabled is 1." }
    if kexec.rebootLimit == 0 { return "kernel.kexec_load_limit_reboot is 0." }
    if isRoot, kexec.load == .notPermitted, !isLockedDown {
      return "The kernel says EPERM: root is without CAP_SYS_BOOT, or a filter is in between, as in containers."
    }
    return nil
  }

  private var anyImageFinding: Finding {
    switch has("KEXEC_EFI") {
    case true: Finding("kexec-efi", .good, "The kernel takes any EFI image as it is (CONFIG_KEXEC_EFI).")
    case false:
      Finding(
        "kexec-efi", .limits, "The kernel takes no EFI images but composed ones.",
        why: "It is without Virgil's kernel series (CONFIG_KEXEC_EFI).",
        action: "Compose images (virgil compose), or build a kernel with the series (virgil kernel-bundle).")
    default: Finding("kexec-efi", .unknown, "Whether the kernel has Virgil's series (CONFIG_KEXEC_EFI) is not known.")
    }
  }

  private var loadedFinding: Finding? {
    guard kexec.isLoaded == true else { return nil }
    return Finding(
      "kexec-loaded", .good, "A kernel is loaded: systemctl kexec enters it.",
      why: "Loading another one takes its place; kexec -u takes it out.")
  }
}
