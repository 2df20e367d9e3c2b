// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// Lockdown, Secure Boot, and whose signatures count.
extension Facts {
  var trustFindings: [Finding] {
    [lockdownFinding, secureBootFinding, signatureFinding, keyringFinding].compactMap { $0 }
  }

  private var lockdownFinding: Finding {
    switch trust.lockdown {
    case "none": return Finding("lockdown", .good, "The kernel is not locked down.")
    case let state?:
      return Finding(
        "lockdown", .limits, "The kernel is locked down (\(state)).",
        why: trust.secureBoot == true
          ? "Secure Boot does that with this kernel."
          : "The kernel's command line or somebody with root's rights did that.",
        action: "Sign images (virgil sign), and load them by kexec -s -l.")
    case nil where has("SECURITY_LOCKDOWN_LSM") == false || trust.securityModules?.contains("lockdown") == false:
      return Finding("lockdown", .good, "The kernel has no lockdown.")
    case nil:
      return Finding(
        "lockdown", .unknown, "Whether the kernel is locked down could not be found out.",
        why: "/sys/kernel/security/lockdown cannot be read.",
        action: "mount -t securityfs securityfs /sys/kernel/security")
    }
  }

  private var secureBootFinding: Finding? {
    guard firmware.isEFI else { return nil }
    switch (trust.secureBoot, trust.setupMode) {
    case (true, _):
      return Finding(
        "secure-boot", .good, "Secure Boot is on.",
        why:
          "A carried image hands that on: the next kernel sees it on as well, and its add-ons count only if they are "
          + "sealed in it.")
    case (false, true):
      return Finding("secure-boot", .good, "Secure Boot is off, and in setup mode: it has no platform key.")
    case (false, _): return Finding("secure-boot", .good, "Secure Boot is off.")
    case (nil, _):
      return Finding(
        "secure-boot", .unknown, "Whether Secure Boot is on could not be read from the firmware's variables.")
    }
  }

  private var signatureFinding: Finding? {
    guard wantsSignatures else { return nil }
    switch verifiesImages {
    case false:
      return Finding(
        "signatures", closed, "Images must be signed, but this kernel cannot check that.",
        why: "It was built without CONFIG_\(signatureOption).",
        action: "Use a kernel that has it, or turn lockdown off.")
    case true:
      return Finding(
        "signatures", .limits, "Images must be signed; the kernel checks that itself.",
        why: isLockedDown ? "Lockdown asks for it." : "The kernel was built so (CONFIG_KEXEC_SIG_FORCE).",
        action: "Sign images with a key whose certificate is in one of the kernel's keyrings.")
    default:
      return Finding("signatures", .unknown, "Images must be signed; whether the kernel can check it is not known.")
    }
  }

  private var keyringFinding: Finding {
    guard let rings = trust.keyrings, let signers else {
      return Finding(
        "keyrings", .unknown, "The kernel's keyrings cannot be seen" + (isRoot ? "." : " without root's rights."),
        why: isRoot ? "/proc/keys does not list them: the kernel has none, or this is a container." : nil,
        action: isRoot ? nil : "Look as root.")
    }
    let counts = rings.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
    if signers.isEmpty {
      return Finding(
        "keyrings", wantsSignatures ? closed : .good, "Nobody's signature would count for kexec (\(counts)).",
        why: "There is no certificate, or only that of the kernel's build, whose key is gone.",
        action: wantsSignatures
          ? "Enrol a certificate in the firmware's db or, with shim, by mokutil --import; then reboot." : nil)
    }
    return Finding(
      "keyrings", .good, "Signatures by these count: \(signers.joined(separator: "; ")).", why: "Entries: \(counts).")
  }
}
