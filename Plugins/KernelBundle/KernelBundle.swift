// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Foundation
import PackagePlugin

/// `swift package --allow-writing-to-package-directory kernel-bundle ARGUMENTS...`: `virgil kernel-bundle`, built first
/// if need be, with this package's kernel series and the emulators in `artefacts/`.
///
/// As BuildEmulator, it starts `swift build` itself, in the same scratch folder for tools.
@main
struct KernelBundle: CommandPlugin {
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
    var environment = ProcessInfo.processInfo.environment
    if environment["VIRGIL_EMULATORS"] == nil {
      environment["VIRGIL_EMULATORS"] = package.appending(path: "artefacts").path
    }
    if environment["VIRGIL_KERNEL_SERIES"] == nil {
      environment["VIRGIL_KERNEL_SERIES"] = package.appending(path: "kernel").path
    }
    try run(work.appending(path: "tools/release/virgil").path, ["kernel-bundle"] + arguments, environment)
  }

  private func run(_ program: String, _ arguments: [String], _ environment: [String: String]? = nil) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    if let environment { process.environment = environment }
    try process.run()
    process.waitUntilExit()
    guard process.terminationReason == .exit, process.terminationStatus == 0 else {
      throw Failure(
        description: "\(arguments.prefix(2).joined(separator: " ")) ended with \(process.terminationStatus)")
    }
  }
}
