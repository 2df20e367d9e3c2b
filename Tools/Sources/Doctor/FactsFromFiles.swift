// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Foundation

extension Facts {
  /// What the files of a machine say. Nothing is run and no system call is asked for; see `ofThisMachine`.
  ///
  /// - Parameter emulators: Virgil's, by architecture
  public init(files: MachineFiles, isRoot: Bool, emulators: [String: String]) {
    self.init(isRoot: isRoot)
    kernelRelease = files.text("/proc/sys/kernel/osrelease")
    if let found = KernelConfiguration.find(in: files, release: kernelRelease) {
      configurationFile = found.path
      configuration = found.options
      architecture = found.options["ARM64"] == "y" ? "aarch64" : found.options["X86_64"] == "y" ? "x86_64" : nil
    }
    kexec = Kexec(files)
    trust = Trust(files)
    firmware = Firmware(files)
    programs.stubs = StubFiles.find(in: files)
    programs.emulators = emulators
    for (name, _) in ProgramFiles.known where ProgramFiles.find(name, in: files, path: nil) != nil {
      programs.versions[name] = ""
    }
  }
}

extension Facts.Kexec {
  init(_ files: MachineFiles) {
    isDisabled = files.number("/proc/sys/kernel/kexec_load_disabled").map { $0 != 0 }
    rebootLimit = files.number("/proc/sys/kernel/kexec_load_limit_reboot")
    panicLimit = files.number("/proc/sys/kernel/kexec_load_limit_panic")
    isLoaded = files.number("/sys/kernel/kexec_loaded").map { $0 != 0 }
    isCrashLoaded = files.number("/sys/kernel/kexec_crash_loaded").map { $0 != 0 }
    crashMemory = files.number("/sys/kernel/kexec_crash_size")
  }
}

extension Facts.Trust {
  /// EFI_GLOBAL_VARIABLE (UEFI 2.10, 3.3)
  private static let vendor = "8be4df61-93ca-11d2-aa0d-00e098032b8c"

  init(_ files: MachineFiles) {
    // none [integrity] confidentiality
    lockdown = files.text("/sys/kernel/security/lockdown").flatMap { text in
      guard let start = text.firstIndex(of: "["), let end = text[start...].firstIndex(of: "]") else { return nil }
      return String(text[text.index(after: start)..<end])
    }
    securityModules = files.text("/sys/kernel/security/lsm")?.split(separator: ",").map(String.init)
    if let text = files.text("/proc/keys") {
      let keys = Keyrings(text)
      // Who may not see the rings sees some other keys all the same.
      if !keys.rings.isEmpty {
        keyrings = keys.rings
        certificates = keys.certificates
      }
    }
    secureBoot = Self.flag("SecureBoot", files)
    setupMode = Self.flag("SetupMode", files)
  }

  /// A variable of one byte, which efivarfs puts behind its four bytes of attributes.
  private static func flag(_ name: String, _ files: MachineFiles) -> Bool? {
    guard let bytes = files.bytes("/sys/firmware/efi/efivars/\(name)-\(vendor)"), bytes.count == 5 else { return nil }
    return bytes.last == 1
  }
}

extension Facts.Firmware {
  init(_ files: MachineFiles) {
    isEFI = files.exists("/sys/firmware/efi")
    efiBits = files.number("/sys/firmware/efi/fw_platform_size")
    let mounts = files.text("/proc/mounts") ?? ""
    efivarsMounted = mounts.split(whereSeparator: \.isNewline).contains { line in
      let columns = line.split(separator: " ")
      return columns.count > 2 && columns[1] == "/sys/firmware/efi/efivars" && columns[2] == "efivarfs"
    }
    isVirgil = files.names(in: "/sys/firmware/efi/efivars").contains { $0.hasPrefix("VirgilLog-") }
    let tree = "/sys/firmware/devicetree/base"
    hasDeviceTree = files.exists("/sys/firmware/fdt") || files.exists(tree)
    deviceTreeHasMemory = files.names(in: tree).contains { $0 == "memory" || $0.hasPrefix("memory@") }
    hasACPI = files.exists("/sys/firmware/acpi/tables/FACP")
    model = files.text("\(tree)/model")?.trimmingCharacters(in: ["\0"])
    keepsMemory = files.exists("/sys/kernel/debug/kho") || files.exists("/sys/kernel/kexec/kho")
  }
}
