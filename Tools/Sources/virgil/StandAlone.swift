// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import ArgumentParser

/// `virgil stand-alone`: kexec any EFI file without composing.
struct StandAlone: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stand-alone",
    abstract: "Boot EFI files by kexec without composing: the emulator as an image of its own.",
    discussion: """
      kexec loads the emulator's image as the kernel, and the EFI file to start as its initrd: a Unified Kernel Image, a \
      kernel with an EFI stub, another EFI application. One image is good for all files of its machine.

      The initrd is the file as it is; the file, and an initrd for it behind; or what `virgil stand-alone initrd` makes of \
      file, sidecars and initrds. No signature covers a file that comes this way: with Secure Boot or lockdown, compose and \
      sign instead.

      EXAMPLES
        virgil stand-alone image --arch aarch64 -o virgil-aarch64.img
        kexec -l virgil-aarch64.img --initrd=uki.efi --command-line=' ' && kexec -e
        cat vmlinuz initrd.img > both
        kexec -l virgil-aarch64.img --initrd=both --reuse-cmdline && kexec -e

      EXIT STATUS
      \(ExitStatus.table([(.done, nil), (.usage, nil)]))
      The commands have more: see theirs.
      """,
    subcommands: [StandAloneImageCommand.self, StandAloneInitrd.self])
}
