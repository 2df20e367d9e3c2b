// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

extension Facts {
  /// All that is to be said of this machine, what matters most for kexec first.
  public var findings: [Finding] {
    let groups = [systemCallFindings, trustFindings, crashFindings, firmwareFindings, programFindings]
    return [machineFinding] + groups.flatMap { $0 } + [configurationFinding].compactMap { $0 }
  }

  private var machineFinding: Finding {
    switch architecture {
    case "aarch64", "x86_64": Finding("architecture", .good, "\(architecture ?? ""): Virgil has an emulator for it.")
    case nil: Finding("architecture", .unknown, "The architecture is not known.")
    case let name?:
      Finding(
        "architecture", .blocks, "\(name): there is no emulator for it.",
        why: "An emulator is a program for one architecture. Virgil has them for aarch64 and x86_64.")
    }
  }

  private var configurationFinding: Finding? {
    guard configuration == nil else { return nil }
    return Finding(
      "configuration", .unknown, "The kernel's configuration was not found.",
      why:
        "It is neither in /proc/config.gz nor in /boot or /lib/modules under this kernel's release: whether it checks "
        + "signatures, and knows EFI images, is not known.",
      action: "Install the kernel's package, or mount /boot.")
  }
}
