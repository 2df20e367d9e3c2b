// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import ArgumentParser

/// The host command. One file per subcommand.
@main
struct Virgil: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "virgil",
    abstract: "Make EFI images bootable by kexec, look into them, and boot them.",
    version: Version.text,
    subcommands: [Compose.self, Inspect.self, Boot.self, KernelBundleCommand.self])
}
