// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// What a section is for, by its name: those of the UKI specification (UAPI.5), of systemd-stub, of linkers, and ours.
public enum SectionMeaning {
  /// In a few words; nil for another name.
  public static func text(_ name: String) -> String? { texts[name] }

  private static let texts = [
    "headers": "boot header, PE header, section table",
    ".vhead": "the rest of the first pages, for kexec",
    ".virgil": "Virgil's block and emulator",
    ".text": "code", ".rodata": "constants", ".data": "data", ".reloc": "relocations",
    ".bss": "memory without contents",
    ".sbat": "SBAT: what can be revoked", ".sdmagic": "systemd's mark", ".setup": "x86 boot header and real-mode code",
    ".osrel": "os-release", ".cmdline": "the kernel's command line", ".dtb": "device tree",
    ".dtbauto": "device tree, chosen by hardware", ".hwids": "hardware IDs", ".uname": "the kernel's release",
    ".splash": "boot picture", ".pcrpkey": "public key for PCR signatures", ".pcrsig": "PCR signatures",
    ".linux": "the kernel", ".initrd": "initrd", ".efifw": "firmware image, chosen by hardware", ".ucode": "microcode",
    ".profile": "a profile begins here",
  ]
}
