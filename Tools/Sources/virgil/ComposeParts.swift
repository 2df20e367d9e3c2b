// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import ArgumentParser
import UKI

/// The parts of a Unified Kernel Image, under ukify's names.
struct PartOptions: ParsableArguments {
  @Option(help: "The kernel: section .linux. One that is compressed as a whole is unpacked.")
  var linux: String?

  @Option(
    help: ArgumentHelp(
      "An initrd: section .initrd. Given again, the archives are joined.",
      discussion:
        "With an image as INPUT, it is carried along: by kexec, its kernel gets it behind what kexec loads, and before "
        + "the image's own.", valueName: "initrd"))
  var initrd: [String] = []

  @Option(
    help: ArgumentHelp(
      "The kernel's command line, as text or @file: section .cmdline.",
      discussion:
        "With an image as INPUT, it is carried along: what the image is given by kexec where that has none of its "
        + "own. Profiles of a UKI are chosen by @1 and so on in front of it.", valueName: "text|@file"))
  var cmdline: String?

  @Option(
    help: ArgumentHelp(
      "The text of os-release, or @file: section .osrel. By default, with --linux, this machine's; '' leaves it out.",
      valueName: "text|@file"))
  var osRelease: String?

  @Option(
    help: ArgumentHelp(
      "The kernel's release: section .uname. By default what the kernel says; '' leaves it out.", valueName: "release"))
  var uname: String?

  @Option(name: [.customLong("devicetree"), .customLong("dtb")], help: "A device tree: section .dtb.")
  var devicetree: String?

  @Option(
    help: ArgumentHelp(
      "A device tree to choose by hardware: section .dtbauto. Can be given again.", valueName: "devicetree"))
  var devicetreeAuto: [String] = []

  @Option(
    help: ArgumentHelp(
      "A folder of hardware descriptions (JSON), by which a device tree is chosen: section .hwids. By default, with "
        + "--linux, /usr/lib/systemd/boot/hwids/ARCH if it is there; '' leaves it out.", valueName: "folder"))
  var hwids: String?

  @Option(help: "A boot picture: section .splash.")
  var splash: String?

  @Option(help: "The public key for PCR signatures: section .pcrpkey. By default the only --pcr-public-key.")
  var pcrpkey: String?

  @Option(
    help: ArgumentHelp(
      "A folder that holds one firmware image and is named by its ID: section .efifw. Can be given again.",
      valueName: "folder"))
  var efifw: [String] = []

  @Option(help: "Microcode: section .ucode.")
  var microcode: String?

  @Option(
    help: ArgumentHelp(
      "SBAT entries, as text or @file, in place of ukify's own for a UKI. Can be given again.", valueName: "text|@file")
  )
  var sbat: [String] = []

  @Option(
    help: ArgumentHelp(
      "What the image says of its profile, as text or @file: section .profile. Without --join-profile the image is "
        + "a profile to be joined to another; it has no .sbat of its own.", valueName: "text|@file"))
  var profile: String?

  @Option(
    help: ArgumentHelp(
      "The image of a profile, made with --profile, whose sections are added. Can be given again.", valueName: "image"))
  var joinProfile: [String] = []

  @Option(
    help: ArgumentHelp("Another section, as text or @file. Can be given again.", valueName: "name:text|@file"))
  var section: [String] = []

  @Option(
    help: ArgumentHelp(
      "The architecture under EFI's name. By default the kernel's, else this machine's.", valueName: "arch"))
  var efiArch: EFIArchitecture?

  @Option(
    help: ArgumentHelp(
      "systemd-stub. By default the one of this machine's systemd for the architecture; without --linux, the one "
        + "for add-ons."))
  var stub: String?

  /// The options that are there of those that build an image, for messages.
  var given: [String] {
    let all: [(String, Bool)] = [
      ("--linux", linux != nil), ("--os-release", osRelease != nil), ("--uname", uname != nil),
      ("--devicetree", devicetree != nil), ("--devicetree-auto", !devicetreeAuto.isEmpty), ("--hwids", hwids != nil),
      ("--splash", splash != nil), ("--pcrpkey", pcrpkey != nil), ("--efifw", !efifw.isEmpty),
      ("--microcode", microcode != nil), ("--sbat", !sbat.isEmpty), ("--profile", profile != nil),
      ("--join-profile", !joinProfile.isEmpty), ("--section", !section.isEmpty), ("--efi-arch", efiArch != nil),
      ("--stub", stub != nil),
    ]
    return all.filter(\.1).map(\.0)
  }

  /// Whether there are parts of an image without a kernel: of an add-on, or a profile.
  var makesAddon: Bool {
    linux == nil
      && (!initrd.isEmpty || cmdline != nil || given.contains { !["--efi-arch", "--stub", "--linux"].contains($0) })
  }

  func check() throws {
    for text in section where Self.parse(section: text) == nil {
      throw ValidationError("--section \(text): must be NAME:TEXT or NAME:@FILE, with a NAME of 1 to 8 characters")
    }
  }

  static func parse(section text: String) -> (name: SectionName, value: String)? {
    guard let colon = text.firstIndex(of: ":"), let name = SectionName(text[..<colon]) else { return nil }
    return (name, String(text[text.index(after: colon)...]))
  }
}
