// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Foundation

/// A kernel's configuration, as its build left it.
enum KernelConfiguration {
  /// What is read of it. In the report's facts is no more than this.
  static let options: Set<String> = [
    "ARM64", "X86_64", "KEXEC", "KEXEC_FILE", "KEXEC_SIG", "KEXEC_SIG_FORCE", "KEXEC_VERIFY_SIG",
    "KEXEC_BZIMAGE_VERIFY_SIG", "KEXEC_IMAGE_VERIFY_SIG", "KEXEC_EFI", "KEXEC_EFI_FIRMWARE", "KEXEC_EFI_VERIFY_SIG",
    "KEXEC_HANDOVER", "CRASH_DUMP", "EFI", "EFI_STUB", "EFI_ZBOOT", "EFIVAR_FS", "SECURITY_LOCKDOWN_LSM",
    "LOCK_DOWN_IN_EFI_SECURE_BOOT", "INTEGRITY_PLATFORM_KEYRING", "SECONDARY_TRUSTED_KEYRING", "IMA", "IMA_KEXEC",
  ]

  /// The running kernel's, from itself or from where distributions put it.
  static func find(in files: MachineFiles, release: String?) -> (path: String, options: [String: String])? {
    var paths = ["/proc/config.gz"]
    if let release, !release.contains("/") {
      paths += ["/boot/config-\(release)", "/lib/modules/\(release)/config", "/usr/lib/modules/\(release)/config"]
    }
    for path in paths where files.exists(path) {
      guard let bytes = files.bytes(path) else { continue }
      let text = path.hasSuffix(".gz") ? (try? PackedFile.unpack(Array(bytes), limit: 4 << 20)) : Array(bytes)
      guard let text else { continue }
      let options = parse(String(decoding: text, as: UTF8.self))
      // Every kernel has some of them: without any this is something else.
      if !options.isEmpty { return (path, options) }
    }
    return nil
  }

  static func parse(_ text: String) -> [String: String] {
    var found: [String: String] = [:]
    for line in text.split(whereSeparator: \.isNewline) where line.hasPrefix("CONFIG_") {
      guard let equals = line.firstIndex(of: "=") else { continue }
      let name = String(line[..<equals].dropFirst("CONFIG_".count))
      if options.contains(name) { found[name] = String(line[line.index(after: equals)...]) }
    }
    return found
  }
}
