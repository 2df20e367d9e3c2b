// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Foundation
import PackagePlugin

/// `swift package --allow-writing-to-package-directory build-emulator [ARCH...]`: the emulator's blob for every target,
/// through the relocation fixer, into `artefacts/`.
///
/// SwiftPM's own `packageManager.build` takes no triple, so the plugin starts `swift build` itself, in scratch folders of
/// its own: the package's is locked while the plugin runs.
@main
struct BuildEmulator: CommandPlugin {
  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  func performCommand(context: PluginContext, arguments: [String]) throws {
    let package = context.package.directoryURL
    let known = try targets(of: package)
    let wanted = arguments.isEmpty ? known : arguments
    for name in wanted where !known.contains(name) {
      throw Failure(description: "no target is called \(name); there are \(known.joined(separator: " and "))")
    }
    let work = context.pluginWorkDirectoryURL
    let artefacts = package.appending(path: "artefacts")
    try FileManager.default.createDirectory(at: artefacts, withIntermediateDirectories: true)

    let tools = [
      "--package-path", package.appending(path: "Tools").path, "--scratch-path", work.appending(path: "tools").path,
    ]
    try swift(["build", "-c", "release", "--product", "relocation-fixer"] + tools)
    for architecture in wanted {
      let scratch = work.appending(path: architecture)
      try swift([
        "build", "-c", "release", "--triple", "\(architecture)-none-elf", "--package-path", package.path,
        "--scratch-path", scratch.path,
      ])
      let products = scratch.appending(path: "release")
      let blob = artefacts.appending(path: "virgil-\(architecture)")
      try run(
        work.appending(path: "tools/release/relocation-fixer"),
        [
          products.appending(path: "Emulator").path, "--runtime", products.appending(path: "Runtime").path,
          "-o", blob.path + ".blob", "--description", blob.path + ".json",
        ])
    }
  }

  /// The folders in targets/.
  private func targets(of package: URL) throws -> [String] {
    try FileManager.default
      .contentsOfDirectory(at: package.appending(path: "targets"), includingPropertiesForKeys: [.isDirectoryKey])
      .filter { try $0.resourceValues(forKeys: [.isDirectoryKey]).isDirectory == true }
      .map(\.lastPathComponent).sorted()
  }

  private func swift(_ arguments: [String]) throws {
    print("swift \(arguments.prefix(4).joined(separator: " "))")
    try run(URL(fileURLWithPath: "/usr/bin/env"), ["swift"] + arguments)
  }

  private func run(_ program: URL, _ arguments: [String]) throws {
    let process = Process()
    process.executableURL = program
    process.arguments = arguments
    try process.run()
    process.waitUntilExit()
    guard process.terminationReason == .exit, process.terminationStatus == 0 else {
      throw Failure(
        description: "\(program.lastPathComponent) \(arguments.first ?? "") ended with \(process.terminationStatus)")
    }
  }
}
