// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import ArgumentParser

/// The host command. One file per subcommand.
@main
struct Virgil: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "virgil",
    abstract: "Make EFI images bootable by kexec, look into them, and boot them.",
    discussion: """
      EXAMPLES
        virgil compose uki.efi -o uki-kexec.efi
        virgil help compose

      EXIT STATUS
      \(ExitStatus.table([(.done, nil), (.usage, nil)]))
      The commands have more: see theirs.
      """,
    version: Version.text,
    subcommands: [
      Compose.self,
      StandAlone.self,
      Sign.self,
      Verify.self,
      Inspect.self,
      DoctorCommand.self,
      Boot.self,
      Load.self,
      KernelBundleCommand.self,
      ReleaseCommand.self,
    ])

  /// ArgumentParser's own errors look like all others.
  static var _errorPrefix: String { "virgil: error: " }
}
