// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Foundation
import PackagePlugin

/// Builds the emulators, by `scripts/build-emulators`, and makes of them a source that embeds them.
///
/// The script has the builds in scratch folders that debug and release share, and knows what has changed. SwiftPM starts it
/// only when one of the inputs has.
@main
struct EmbedEmulators: BuildToolPlugin {
  func createBuildCommands(context: PluginContext, target: Target) throws -> [Command] {
    // This package is a folder of the emulator's.
    let root = context.package.directoryURL.deletingLastPathComponent()
    let script = root.appending(path: "scripts/build-emulators")
    let source = context.pluginWorkDirectoryURL.appending(path: "EmbeddedFiles.swift")
    return [
      .buildCommand(
        displayName: "Building the emulators",
        executable: URL(filePath: "/bin/bash"),
        arguments: [script.path, "--source", source.path],
        inputFiles: try inputs(root) + [script],
        outputFiles: [source])
    ]
  }

  /// What blobs are made of: the emulator's package and the relocation fixer.
  private func inputs(_ root: URL) throws -> [URL] {
    let folders =
      ["Sources", "targets", "toolchains/emulator", "toolchains/runtime", "toolchains/swift"]
      + ["RelocationFixer", "relocation-fixer", "ELF", "AtomicFile"].map { "Tools/Sources/" + $0 }
    return ["VERSION", "Package.swift", "Tools/Package.swift", "scripts/build-host"].map { root.appending(path: $0) }
      + (try folders.flatMap { try files(in: root.appending(path: $0)) })
  }

  /// The regular files below a folder, sorted.
  private func files(in folder: URL) throws -> [URL] {
    guard let found = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: [.isRegularFileKey]) else {
      throw CocoaError(.fileReadNoSuchFile)
    }
    return try found.compactMap { $0 as? URL }
      .filter { try $0.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile == true }
      .sorted { $0.path < $1.path }
  }
}
