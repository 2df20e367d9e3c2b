// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// The programs that load, make and sign images. What is missing of them limits nothing but convenience, with the
/// exception of the one that loads.
extension Facts {
  var programFindings: [Finding] {
    [loaderFinding, systemdFinding, emulatorFinding, stubFinding, signingFinding, machineFinding].compactMap { $0 }
  }

  private func version(_ name: String) -> String? {
    programs.versions[name].map { $0.isEmpty ? name : "\(name) \($0)" }
  }

  private var loaderFinding: Finding {
    let id = "kexec-tools"
    let own = version("kexec-efi-load")
    guard let version = programs.versions["kexec"] else {
      guard let own else {
        return Finding(
          id, .blocks, "There is no program here that loads a kernel.", action: "apt install kexec-tools")
      }
      return Finding(
        id, Ability(self).kexecFileLoad == .no ? .blocks : .good, "\(own) is here, kexec-tools is not.",
        why: "kexec-efi-load uses kexec_file_load() only.")
    }
    guard let number = KexecToolsVersion(version) else {
      return Finding(id, .good, "kexec-tools is here; it takes composed images.", why: "Its version is not known.")
    }
    return Finding(
      id, .good, "kexec-tools \(version) takes composed images" + (own == nil ? "." : ", and so does kexec-efi-load."),
      why: number.makesOfUKIs)
  }

  private var systemdFinding: Finding? {
    guard let version = programs.versions["systemctl"] else { return nil }
    let name = version.isEmpty ? "systemd" : "systemd \(version)"
    return Finding("systemd", .good, "\(name): systemctl kexec ends services, then enters what is loaded.")
  }

  private var emulatorFinding: Finding? {
    if programs.emulators.isEmpty {
      return Finding(
        "emulators", .limits, "Virgil's emulators are not here.", why: "virgil compose needs one to make images with.",
        action: "Put virgil-aarch64.blob and virgil-x86_64.blob beside virgil, or into ../lib/virgil.")
    }
    let names = programs.emulators.keys.sorted().joined(separator: " and ")
    return Finding("emulators", .good, "Emulators for \(names) are here: virgil compose can make images for these.")
  }

  private var stubFinding: Finding? {
    guard !programs.stubs.isEmpty else {
      return Finding(
        "stub", .limits, "There is no systemd-stub here.", why: "Unified Kernel Images are built of one.",
        action: "apt install systemd-boot-efi, or give virgil compose --stub FILE.")
    }
    let list = programs.stubs.map { "\($0.architecture)\($0.version.map { " (\($0))" } ?? "")" }
    let ukify = version("ukify").map { "; \($0)" } ?? ""
    return Finding("stub", .good, "systemd-stub for \(list.joined(separator: ", ")) is here\(ukify).")
  }

  private var signingFinding: Finding? {
    let tools = ["sbsign", "osslsigncode"].compactMap(version)
    guard !tools.isEmpty else { return nil }
    return Finding("signing", .good, "\(tools.joined(separator: " and ")) can sign images as well.")
  }

  private var machineFinding: Finding? {
    let tools = ["qemu-system-x86_64", "qemu-system-aarch64"].compactMap(version)
    guard !tools.isEmpty else { return nil }
    return Finding("qemu", .good, "virgil boot can try images here: \(tools.joined(separator: ", ")).")
  }
}
