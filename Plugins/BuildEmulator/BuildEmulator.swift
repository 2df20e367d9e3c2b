// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Foundation
import PackagePlugin

/// `swift package --allow-writing-to-package-directory build-emulator [ARCH...]`: the emulator's blob for every target,
/// through the relocation fixer, into `artefacts/`.
///
/// `scripts/build-emulators` does it, for `make emulators` and for `virgil` as well, in scratch folders of its own: the
/// package's is locked while the plugin runs.
@main
struct BuildEmulator: CommandPlugin {
  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  func performCommand(context: PluginContext, arguments: [String]) throws {
    let package = context.package.directoryURL
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/bash")
    process.arguments =
      [
        package.appending(path: "scripts/build-emulators").path, "--output",
        package.appending(path: "artefacts").path,
      ] + arguments
    try process.run()
    process.waitUntilExit()
    guard process.terminationReason == .exit, process.terminationStatus == 0 else {
      throw Failure(description: "scripts/build-emulators ended with \(process.terminationStatus)")
    }
  }
}
