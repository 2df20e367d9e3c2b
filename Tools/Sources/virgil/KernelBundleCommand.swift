// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import ArgumentParser
import AtomicFile
import Foundation
import KernelBundle
import SystemPackage

/// `virgil kernel-bundle`: the patches that teach a kernel to kexec EFI images.
struct KernelBundleCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "kernel-bundle",
    abstract: "Write the patches that let kexec_file_load() take EFI images, or check a tree for them.",
    discussion: """
      A bundle has the patches of a kernel line as git am takes them, the emulators, a README, a script that applies \
      them, and checksums. It is the same to the byte whenever and wherever it is made.

      EXAMPLES
        virgil kernel-bundle --kernel 6.12
        virgil kernel-bundle --all --output virgil-kernel.tar
        virgil kernel-bundle --check ~/src/linux
        virgil kernel-bundle --list --json | jq '.lines[].patches[].subject'

      The series is looked for in VIRGIL_KERNEL_SERIES and beside this program, the emulators where virgil compose \
      finds them. SOURCE_DATE_EPOCH replaces the patches' date.

      EXIT STATUS
        0    it was written; the tree takes the patches, or has them
        1    the series or an emulator is not right; the tree does not take the patches
        64   the command line is wrong
        74   a file could not be read or written
      """)

  @Option(help: ArgumentHelp("The kernel line, such as 6.12.", valueName: "line"))
  var kernel: String?

  @Flag(help: "A bundle for every line, each in a folder of its own.")
  var all = false

  @Flag(help: "Print the lines and their patches.")
  var list = false

  @Option(
    help: ArgumentHelp("Say whether the patches apply to a kernel tree, and what is in the way.", valueName: "tree"))
  var check: String?

  @Option(
    name: [.short, .long],
    help: ArgumentHelp("The folder that is made, or a file NAME.tar. (default: virgil-kernel-LINE)", valueName: "path"))
  var output: String?

  @Flag(help: "Replace an output that is there.")
  var force = false

  @Option(help: ArgumentHelp("The project's folder kernel/.", valueName: "folder"))
  var source: String?

  @Option(help: ArgumentHelp("The folder of the emulators' blobs.", valueName: "folder"))
  var emulators: String?

  @Flag(help: "With --list and --check: print JSON. Its fields keep their names and meaning.")
  var json = false

  func validate() throws {
    let modes = [list, check != nil].count { $0 }
    guard modes < 2 else { throw ValidationError("--list and --check exclude each other.") }
    guard modes == 0 || (output == nil && !force && !all) else {
      throw ValidationError("--list and --check write no bundle: --output, --force and --all do not go with them.")
    }
    guard modes == 1 || !json else { throw ValidationError("--json goes with --list or --check.") }
    if modes == 0 {
      guard (kernel != nil) != all else {
        throw ValidationError("Give --kernel LINE or --all; virgil kernel-bundle --list shows the lines.")
      }
      guard let output, !output.hasSuffix(".tar") else { return }
      for suffix in [".gz", ".xz", ".zst", ".bz2", ".tgz", ".zip", ".cpio"] where output.hasSuffix(suffix) {
        throw ValidationError("'\(output)': an archive is NAME.tar; pack it with a tool of your own.")
      }
    }
  }

  func run() throws {
    var fits = true
    try CommandFailure.reporting(about: source ?? "kernel") {
      let series = try KernelSeries.open(source)
      if list {
        print(try KernelSeriesList(series, only: kernel).text(json: json))
      } else if let check {
        fits = try KernelTreeCheck(series, tree: check, line: kernel, emulators: emulators).report(json: json)
      } else {
        try write(series)
      }
    }
    if !fits { throw ExitCode(CommandFailure.refused) }
  }

  private func write(_ series: Series) throws {
    let lines = try kernel.map { [try series.line($0)] } ?? series.lines
    let name = "virgil-kernel" + (all ? "" : "-\(lines[0].name)")
    let path = output ?? name
    guard force || !FileManager.default.fileExists(atPath: path) else {
      throw Problem(path: path, reason: "is there already; --force replaces it")
    }
    let blobs = try KernelSeries.blobs(for: series, in: emulators)
    let loaders = try KernelSeries.loaders(in: emulators)
    var bundles: [String: SeriesBundle] = [:]
    for line in lines {
      bundles[all ? line.name : ""] = try SeriesBundle(series, line: line, blobs: blobs, loaders: loaders)
    }
    if path.hasSuffix(".tar") {
      let inside = Dictionary(uniqueKeysWithValues: bundles.map { (name + "/" + $0.key, $0.value) })
      try AtomicFile.write(to: FilePath(path)) { try BundleArchive.write(inside, date: series.date, to: $0) }
    } else {
      try BundleWriter.write(bundles, to: path, replacing: force)
    }
    let counts = lines.map { "\(series.patches(for: $0).count) patches for \($0.name)" }
    complain("\(path): \(counts.joined(separator: ", "))")
  }
}
