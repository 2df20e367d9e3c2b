// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import ArgumentParser
import Foundation
import KernelBundle

/// `virgil kernel-bundle`: the patches that teach a kernel to kexec EFI images.
struct KernelBundleCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "kernel-bundle",
    abstract: "Write the patches that let kexec_file_load() take EFI images.")

  @Option(help: "The kernel line, such as 6.12.")
  var kernel: String?

  @Option(name: [.short, .long], help: "The folder that is made.")
  var output: String?

  @Option(help: "The folder kernel/ of the project.")
  var source: String?

  @Option(help: "The folder of the emulators' blobs.")
  var emulators: String?

  @Flag(help: "Replace what is there.")
  var force = false

  func run() throws {
    try CommandFailure.reporting(about: "kernel") {
      let series = try KernelSeries.open(source)
      let line = try series.line(kernel ?? "")
      let bundle = try SeriesBundle(series, line: line, blobs: KernelSeries.blobs(for: series, in: emulators))
      try BundleWriter.write(["": bundle], to: output ?? "virgil-kernel-\(line.name)", replacing: force)
    }
  }
}
