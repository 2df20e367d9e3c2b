// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Foundation
import PackagePlugin

/// `swift package --allow-writing-to-package-directory release ARGUMENTS...`: `virgil release`, built first if need be, of
/// this package and of what `make kernel-bundle` has put into `artefacts/`.
///
/// As BuildEmulator, it starts `swift build` itself, in the same scratch folder for tools.
@main
struct Release: CommandPlugin {
  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  func performCommand(context: PluginContext, arguments: [String]) throws {
    let package = context.package.directoryURL
    let work = context.pluginWorkDirectoryURL
    try run(
      "/usr/bin/env",
      [
        "swift", "build", "-c", "release", "--product", "virgil", "--package-path",
        package.appending(path: "Tools").path, "--scratch-path", work.appending(path: "tools").path,
      ])
    let source = arguments.contains("--source") || arguments.contains("--verify") ? [] : ["--source", package.path]
    try run(work.appending(path: "tools/release/virgil").path, ["release"] + source + arguments)
  }

  private func run(_ program: String, _ arguments: [String]) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    try process.run()
    process.waitUntilExit()
    guard process.terminationReason == .exit, process.terminationStatus == 0 else {
      throw Failure(
        description: "\(arguments.prefix(2).joined(separator: " ")) ended with \(process.terminationStatus)")
    }
  }
}
