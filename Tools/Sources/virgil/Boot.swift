// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import ArgumentParser
import AtomicFile
import Foundation
import Guests
import SystemPackage

/// `virgil boot`: runs an image in QEMU.
struct Boot: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Boot an image in QEMU, by kexec from a first kernel or by UEFI firmware.",
    discussion: """
      The image boots with an initramfs that prints marks (VIRGIL-MARK key=value) and, last, VIRGIL-MARK end. \
      --prepare-initrd writes it; compose an image with it, or give it with --initrd. For the mark initrd-sha256 the \
      image's command line has to say 'retain_initrd virgil.initrd_size=BYTES'.

      The kernels, tools and firmware are those that scripts/material fetched.

      EXAMPLES
        virgil boot --prepare-initrd marks.cpio --arch aarch64
        virgil boot image.efi
        virgil boot image.efi --via kexec-file --first-firmware --expect efi=yes
        virgil boot image.efi --via firmware --json
        virgil boot image.efi --via kexec-file --secure-boot db.key:db.pem
        virgil boot shell-kexec.efi --interactive --command-line 'earlycon=pl011,0x9000000'
        virgil boot image.efi --first-firmware --export folder
        virgil boot vmlinuz --initrd marks.cpio --command-line 'console=ttyS0' --smp 4 --memory 6G

      EXIT STATUS
      \(ExitStatus.table([
        (.done, "the last mark was reached and every expectation met"),
        (.refused, "it was not, or an expectation was not met; the key or its certificate was refused"),
        (.usage, nil), (.missing, "a material, QEMU or sbsign is missing"), (.io, nil), (.timedOut, nil),
      ]))
      """)

  @Argument(help: "The image: a UKI, a kernel, any EFI application that ends in the marks.")
  var image: String?

  @Option(
    help: ArgumentHelp(
      "How the image is booted: kexec (kexec -c), kexec-file (kexec -s), kexec-crash (kexec -p, and the first kernel "
        + "panics) or firmware (UEFI)."))
  var via = Scenario.Road.kexec

  @Option(help: "The machine: aarch64 or x86_64. By default the image's.")
  var arch: Architecture?

  @Option(help: ArgumentHelp("The guest's memory.", valueName: "size"))
  var memory = Memory(mebibytes: 1024)

  @Option(help: "The guest's number of CPUs, 1 to 8.")
  var smp = 1

  @Option(help: "The exception level an arm64 guest starts at: 1 or 2.")
  var el = 1

  @Option(help: ArgumentHelp("QEMU's CPU model and features, instead of the usual ones.", valueName: "model"))
  var cpu: String?

  @Option(
    help: ArgumentHelp("Options of QEMU's machine, such as acpi=off, besides the usual ones.", valueName: "options"))
  var machineOptions: String?

  @Option(help: "An initrd for the image, given to kexec or to the firmware's kernel loader.")
  var initrd: String?

  @Option(help: "A command line for the image, given likewise.")
  var commandLine: String?

  @Option(
    help: ArgumentHelp(
      "A folder whose files are on the firmware's disk as well, beside the image in EFI/BOOT.", valueName: "folder"))
  var diskFiles: String?

  @Option(help: "The first kernel's line, of those in the material.")
  var kernelLine = "6.12"

  @Option(help: "A file to use as first kernel instead.")
  var firstKernel: String?

  @Flag(help: "Boot the first kernel by UEFI firmware, too.")
  var firstFirmware = false

  @Option(
    help: ArgumentHelp(
      "Secure Boot, with this key (PEM) enrolled in the firmware; x86_64.",
      discussion:
        "The first kernel is signed with it, boots by firmware, and is in lockdown. The image is taken as it is.",
      valueName: "key:certificate"))
  var secureBoot: SecureBootKey?

  @Option(help: "Text to add to the first kernel's command line.")
  var appendFirst: String?

  @Option(help: "The version of kexec-tools.")
  var kexecTools = "2.0.29"

  @Option(help: ArgumentHelp("Kill the guest after so long.", valueName: "seconds"))
  var timeout = 180

  @Option(
    help: ArgumentHelp(
      "What a mark must say; KEY~TEXT for a part of it. Can be given again.",
      discussion: "The mark qemu-exit says 'self' if the guest could reset itself.", valueName: "key=value"))
  var expect: [Expectation] = []

  @Option(help: "Write the serial log to a file.")
  var log: String?

  @Flag(help: "Do not print the serial log and the progress.")
  var quiet = false

  @Flag(help: "Print the result as JSON, and nothing else, on standard output.")
  var json = false

  @Flag(
    help: ArgumentHelp(
      "Talk to the guest: its serial port is this terminal.",
      discussion: "No mark is waited for, and no time-out applies: the guest ends by itself, or by Ctrl-C."))
  var interactive = false

  @Flag(help: "Print QEMU's command line and the first kernel's script, and run nothing.")
  var dryRun = false

  @Option(
    help: ArgumentHelp(
      "Write what the machine boots to a new folder, with a description (boot.json), and run nothing.",
      valueName: "folder"))
  var export: String?

  @Flag(help: "With --export: the machine is hardware, of whose memory nothing is known.")
  var hardware = false

  @Flag(help: "Keep the temporary files and say where they are.")
  var keep = false

  @Option(
    help: ArgumentHelp(
      "Write the initramfs with the marks for --arch and print its size and SHA-256; no image is booted.",
      valueName: "file"))
  var prepareInitrd: String?

  func validate() throws {
    if prepareInitrd != nil {
      guard image == nil else { throw ValidationError("--prepare-initrd boots nothing: leave \(image ?? "") away") }
      guard arch != nil else { throw ValidationError("--prepare-initrd needs --arch") }
    } else if image == nil {
      throw ValidationError("an image to boot is missing")
    }
    guard diskFiles == nil || via == .firmware && (commandLine == nil || secureBoot != nil) else {
      throw ValidationError("--disk-files is for --via firmware, from a disk: without --command-line")
    }
    guard !interactive || expect.isEmpty && log == nil && !json else {
      throw ValidationError("--interactive leaves the serial port to you: without --expect, --log and --json")
    }
    guard export == nil || !interactive && !dryRun && !json && expect.isEmpty && log == nil && prepareInitrd == nil
    else {
      throw ValidationError("--export runs nothing: without --interactive, --dry-run, --json, --expect and --log")
    }
    guard !hardware || export != nil && via != .firmware && !firstFirmware else {
      throw ValidationError("--hardware is for --export of a first kernel, without --first-firmware")
    }
    guard (1...8).contains(smp) else { throw ValidationError("--smp \(smp): must be 1 to 8") }
    guard (1...2).contains(el) else { throw ValidationError("--el \(el): must be 1 or 2") }
    guard (1...86400).contains(timeout) else { throw ValidationError("--timeout \(timeout): must be 1 to 86400") }
  }

  func run() async throws {
    do {
      try await Interruption.cancelling { try await perform() }
    } catch let error as Interruption.Interrupted {
      complain(error)
      throw ExitCode(128 + error.signal)
    } catch {
      guard let status = BootFailure.status(of: error) else { throw error }
      complain("error: \(error)")
      throw ExitCode(status.rawValue)
    }
  }

  private func perform() async throws {
    let material = try Material()
    if let prepareInitrd, let arch {
      try writeInitrd(to: FilePath(prepareInitrd), arch, material)
      return
    }
    let scenario = try self.scenario()
    if let export {
      try await scenario.export(to: FilePath(export), material: material)
      return
    }
    try await TemporaryFolder.with(keep: keep) { folder in
      if keep { complain("temporary files are in \(folder)") }
      let prepared = try await scenario.prepare(in: folder, material: material)
      if dryRun {
        print(prepared.machine.commandLine)
        if let script = prepared.script { print("\n\(script)", terminator: "") }
        return
      }
      if interactive {
        guard try await Guest(machine: prepared.machine, timeout: .seconds(timeout)).attach() else { throw ExitCode(1) }
        return
      }
      try await run(prepared.machine)
    }
  }

  private func scenario() throws -> Scenario {
    var scenario = try Scenario(image: try BootImage(path: FilePath(image ?? "")), architecture: arch)
    scenario.road = via
    scenario.memory = memory
    scenario.cpus = smp
    scenario.exceptionLevel = el
    scenario.cpu = cpu
    scenario.machineOptions = machineOptions
    scenario.initrd = initrd.map { FilePath($0) }
    scenario.commandLine = commandLine
    scenario.diskFiles = diskFiles.map { FilePath($0) }
    scenario.kernelLine = kernelLine
    scenario.firstKernel = firstKernel.map { FilePath($0) }
    scenario.firstFirmware = firstFirmware
    scenario.secureBoot = secureBoot
    scenario.appendFirst = appendFirst
    scenario.kexecTools = kexecTools
    scenario.isHardware = hardware
    return scenario
  }

  private func run(_ machine: QEMU) async throws {
    let report = BootReport(printsLines: !quiet && !json, printsPhases: !quiet, keepsLog: log != nil)
    let ended: Result<GuestResult, any Error>
    do {
      ended = .success(try await Guest(machine: machine, timeout: .seconds(timeout)).run { report.take($0) })
    } catch {
      ended = .failure(error)
    }
    // The log of a guest that failed or was interrupted is the one that is wanted most.
    if let log { try report.writeLog(to: FilePath(log)) }
    let result = try ended.get()
    let differences = expect.compactMap { $0.difference(in: result) }
    if json { print(try BootSummary(result, differences: differences).json()) }
    try conclude(result, differences)
  }

  /// Says what became of the guest; throws the exit code unless all is well.
  private func conclude(_ result: GuestResult, _ differences: [String]) throws {
    switch result.outcome {
    case .reached: break
    case .failed(let reason):
      explain(result, reason)
      throw ExitCode(1)
    case .timedOut(let limit):
      explain(result, "timed out after \(limit.components.seconds) s")
      throw ExitCode(124)
    }
    for difference in differences { complain(difference) }
    if !differences.isEmpty { throw ExitCode(1) }
  }

  private func explain(_ result: GuestResult, _ reason: String) {
    complain("not reached: \(reason); last phase: \(result.phase.rawValue)")
    for line in result.lastLines.suffix(15) { complain("| \(line)") }
  }

  private func writeInitrd(to path: FilePath, _ architecture: Architecture, _ material: Material) throws {
    let modules = try [Initramfs.Modules(of: material.kernel(architecture, line: kernelLine))]
    let archive = try Initramfs.second(busybox: material.busybox(architecture), modules: modules)
    try AtomicFile.write(to: path) { try archive.write(to: $0) }
    print("size=\(try BootImage(path: path).fileSize) sha256=\(try FileHash.sha256(of: path))")
  }
}

extension Scenario.Road: ExpressibleByArgument {}
extension Architecture: ExpressibleByArgument {}
extension Memory: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }
  public var defaultValueDescription: String { description }
}
extension Expectation: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }
}
extension SecureBootKey: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }
}
