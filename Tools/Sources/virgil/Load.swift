// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import ArgumentParser
import CarriedImage
import Foundation
import Guests
import InstalledImages
import SystemPackage
import UKI

/// `virgil load`: has kexec load an image, for `systemctl kexec` or a crash to enter.
struct Load: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Load an image into the running kernel, so that 'systemctl kexec' boots it.",
    discussion: """
      IMAGE is a file, or a version that --list shows: of the kernels that are installed, the hooks keep images in \
      /var/lib/virgil. Without IMAGE it is what Image= says in /etc/virgil/virgil.conf, section [Load], or else the \
      newest. A file that is not composed yet is composed for this once. kexec-tools' kexec does the loading, with \
      kexec_file_load where the kernel has it for such files (with lockdown it takes no other way, and signed images only).

      A crash kernel (--crash) is given 'nr_cpus=1 reset_devices' behind its command line, unless --command-line says all \
      of it; with Secure Boot, systemd-stub takes the UKI's own line only.

      What is loaded replaces what was; it takes memory until it is booted or unloaded. From systemd 254 on 'systemctl \
      reboot' boots it as well.

      EXAMPLES
        virgil load && systemctl kexec
        virgil load 6.12.117+deb13-cloud-amd64
        virgil load uki.efi --dry-run
        virgil load --crash uki.efi
        virgil load --list
        virgil load --unload

      EXIT STATUS
      \(ExitStatus.table([
        (.done, "loaded, or nothing was to be done"),
        (.refused, "the image or the settings were refused: by virgil, kexec or the kernel"),
        (.usage, nil), (.io, "a file could not be read, or kexec is missing")]))
      """)

  @Argument(help: "A file, or the version of a kernel that is installed.")
  var image: String?

  @Flag(help: "Load it as crash kernel: it boots when the running one panics.")
  var crash = false

  @Flag(help: "Leave what is loaded already; then nothing is to be done.")
  var keep = false

  @Option(help: "An initrd for the image, which it sees before its own.")
  var initrd: String?

  @Option(
    help: ArgumentHelp("A command line, in the place of the image's own.", valueName: "text"))
  var commandLine: String?

  @Option(
    help: ArgumentHelp(
      "The system call: file (kexec_file_load), classic (kexec_load), or auto: file where the kernel can. By default "
        + "what Method= says in the settings, or else auto; for --crash classic, unless lockdown is on."))
  var method: LoadCommand.Method?

  @Flag(help: "Print the kexec command, and run nothing.")
  var dryRun = false

  @Flag(help: "List the images of installed kernels, the one that is loaded by default first, and load nothing.")
  var list = false

  @Flag(help: "Unload what is loaded (with --crash, the crash kernel).")
  var unload = false

  @Flag(help: "Print the result as JSON on standard output.")
  var json = false

  @Option(help: ArgumentHelp("Where the images of installed kernels are.", valueName: "folder"))
  var images = ImageStore.standardFolder

  @Option(help: ArgumentHelp("The settings.", valueName: "file"))
  var settings = Settings.standardFile

  func validate() throws {
    guard !(list && unload) else { throw ValidationError("give either --list or --unload") }
    guard !(list || unload) || image == nil && initrd == nil && commandLine == nil && !keep else {
      throw ValidationError("\(list ? "--list" : "--unload") loads nothing: without an image and what goes with one")
    }
    guard !(list && (crash || dryRun)) else { throw ValidationError("--list goes without --crash and --dry-run") }
  }

  func run() async throws {
    do {
      try await perform()
    } catch let error as Settings.Failure {
      throw ending(error.isIO ? CommandFailure.io : CommandFailure.refused, error)
    } catch let error as ImageStore.Failure {
      if case .unreadable = error { throw ending(CommandFailure.io, error) }
      throw ending(CommandFailure.refused, error)
    } catch let error as MappedFile.Failure {
      throw ending(CommandFailure.io, error)
    } catch let error as KexecProgram.Failure {
      throw ending(error.isMissing ? CommandFailure.io : CommandFailure.refused, error)
    } catch let error as TemporaryFolder.Failure {
      throw ending(CommandFailure.io, error)
    } catch let error as Problem {
      throw ending(CommandFailure.refused, "\(error.path): \(error.reason)")
    }
  }

  private func ending(_ status: Int32, _ message: Any) -> ExitCode {
    complain("error: \(message)")
    return ExitCode(status)
  }

  private func perform() async throws {
    if unload {
      try await finish(KexecProgram.unloading(crash: crash), done: "unloaded", image: nil)
      return
    }
    let settings = try Settings(file: self.settings)
    if list {
      try printList(settings.value("Image", in: "Load"))
      return
    }
    if keep, KernelState.isLoaded(crash: crash) {
      try report("kept", image: nil, command: nil, text: "there is something loaded already; it is kept (--keep)")
      return
    }
    let path = try ImageStore(folder: images).choose(image ?? settings.value("Image", in: "Load"))
    let report = try Self.look(at: path)
    var command = LoadCommand(image: path)
    command.method = try method(settings)
    command.isCrash = crash
    command.line = commandLine.map { .given($0) } ?? Self.line(of: report)
    command.initrd = initrd
    command.options = Self.options(report, crash: crash, settings)
    if crash, !dryRun, let problem = KernelState.crashProblem() { throw Problem(path: path, reason: problem) }
    guard report.carried == nil else { return try await load(command) }
    if dryRun { return try await load(command, of: path) }
    try await TemporaryFolder.with { folder in
      command.image = folder.appending(FilePath(path).lastComponent?.string ?? "image.efi").string
      try await KexecProgram.compose(path, to: command.image)
      try await load(command, of: path)
    }
  }

  private func load(_ command: LoadCommand, of path: String? = nil) async throws {
    if dryRun, path != nil { complain("\(command.image) would be composed first, into a temporary file") }
    try await finish(command.arguments, done: "loaded", image: path ?? command.image)
  }

  private func finish(_ arguments: [String], done: String, image: String?) async throws {
    if !dryRun { try await KexecProgram.run(arguments) }
    let command = LoadCommand.line(arguments)
    let next = crash ? "it boots when this kernel panics" : "boot it with: systemctl kexec"
    let text = dryRun ? command : image.map { "\($0): loaded; \(next)" } ?? done
    try report(dryRun ? "dry-run" : done, image: image, command: command, text: text)
  }

  // MARK: What is said

  /// With --json, fields keep their names and meaning.
  private struct Report: Encodable {
    let outcome: String
    let image: String?
    let command: String?
  }

  private func report(_ outcome: String, image: String?, command: String?, text: String) throws {
    try print(json ? Self.encoded(Report(outcome: outcome, image: image, command: command)) : text)
  }

  private struct Listed: Encodable {
    let version: String
    let path: String
    let isDefault: Bool
  }

  private func printList(_ chosen: String?) throws {
    let store = try ImageStore(folder: images)
    let first = store.images.isEmpty && chosen == nil ? nil : try store.choose(chosen)
    var rows = store.images.map { Listed(version: "\($0.version)", path: $0.path, isDefault: $0.path == first) }
    if let first, !rows.contains(where: \.isDefault) {
      rows.append(Listed(version: "", path: first, isDefault: true))
    }
    // Stable: the others stay the newest first.
    rows = rows.filter(\.isDefault) + rows.filter { !$0.isDefault }
    if json { return print(try Self.encoded(rows)) }
    for row in rows { print(row.isDefault ? "\(row.path)  (default)" : row.path) }
    if rows.isEmpty { complain("there is no image in \(images)") }
  }

  private static func encoded(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }

  // MARK: The plan

  private func method(_ settings: Settings) throws -> LoadCommand.Method {
    if let method { return method }
    if let text = settings.value("Method", in: "Load") {
      guard let method = LoadCommand.Method(rawValue: text) else {
        throw Problem(path: self.settings, reason: "[Load] Method=\(text): must be auto, file or classic")
      }
      return method
    }
    return crash && !KernelState.isLockedDown ? .classic : .auto
  }

  private static func look(at path: String) throws -> ImageReport {
    try MappedFile(path: path).withBytes { bytes in
      do {
        return try ImageReport(file: path, bytes: bytes)
      } catch {
        throw Problem(path: path, reason: "\(error)")
      }
    }
  }

  private static func line(of report: ImageReport) -> LoadCommand.Line {
    if let line = report.carried?.commandLine ?? report.commandLine { return .own(line) }
    // What is no kernel has its own idea of load options, and the running kernel's command line is none of them.
    let isKernel = [.uki, .zboot, .arm64Image, .bzImage].contains(report.carried?.payloadKind ?? report.kind)
    return isKernel ? .running : .own("")
  }

  private static func options(_ report: ImageReport, crash: Bool, _ settings: Settings) -> [String] {
    // purgatory's SHA-256 runs with arm64's caches off, and takes seconds in the kernel that has just crashed.
    let checks = crash && report.machine == "aarch64" ? ["--no-checks"] : []
    return checks + (settings.value("KexecOptions", in: "Load")?.split(separator: " ").map(String.init) ?? [])
  }
}

extension LoadCommand.Method: ExpressibleByArgument {}
