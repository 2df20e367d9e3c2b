// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import ArgumentParser
import AtomicFile
import Bytes
import CarriedImage
import Foundation
import Handover
import SystemPackage
import UKI

/// `virgil compose`: makes one file that firmware and kexec boot.
struct Compose: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Make an EFI image bootable by kexec, or build a Unified Kernel Image that is.",
    discussion: """
      INPUT is a Unified Kernel Image, a kernel with an EFI stub, or another EFI application. With --linux the image \
      is built from parts instead, under ukify's option names and in ukify's section order; with neither, but with an \
      add-on's --stub and --cmdline, --devicetree or --microcode, it is an add-on, which other UKIs take. The result boots by \
      firmware as before and by kexec as well. A signature of INPUT is left out; --sign-key makes one of the result.

      The emulator is virgil-aarch64.blob or virgil-x86_64.blob, looked for in $VIRGIL_EMULATORS, beside this program \
      and in ../lib/virgil.

      EXAMPLES
        virgil compose uki.efi -o uki-kexec.efi
        virgil compose --linux vmlinuz --initrd initrd.img --cmdline 'root=/dev/vda1' -o uki-kexec.efi
        virgil compose uki.efi --sidecar host.cred --sidecar site.addon.efi -o uki-kexec.efi
        virgil compose uki.efi --initrd drivers.cpio --cmdline '@1' -o uki-kexec.efi
        virgil compose uki.efi -o uki-kexec.efi --sign-key db.key --sign-cert db.pem
        virgil compose vmlinuz --console pl011,0x9000000 --dry-run

      EXIT STATUS
        0    done
        1    an input was refused
        64   the command line is wrong
        74   a file could not be read or written
      """)

  @Argument(help: "The image to make bootable by kexec; none with --linux.")
  var input: String?

  @OptionGroup(title: "Parts of a Unified Kernel Image")
  var parts: PartOptions

  @Option(name: .shortAndLong, help: "The file to write.")
  var output: String?

  @Option(help: "The emulator's blob.")
  var emulator: String?

  @Flag(help: "Build a plain Unified Kernel Image, without an emulator.")
  var noEmulator = false

  @Option(
    help: ArgumentHelp(
      "The emulator's console where the machine describes none: as after earlycon= (pl011,0x9000000; "
        + "uart8250,io,0x3f8), or none. By default what the image's own command line names.", valueName: "console"))
  var console: String?

  @OptionGroup(title: "When something goes wrong")
  var policy: PolicyOptions

  @OptionGroup(title: "Files beside the image")
  var sidecars: SidecarOptions

  @OptionGroup(title: "With Secure Boot")
  var trust: TrustOptions

  @OptionGroup(title: "Signing the result")
  var signing: SigningOptions

  @Flag(help: "Print the layout and the kexec command, and write nothing.")
  var dryRun = false

  func validate() throws {
    guard (input == nil) != (parts.linux == nil && !parts.makesAddon) else {
      throw ValidationError("give either an image or --linux with the parts of one")
    }
    if input != nil, let option = parts.firstGiven {
      throw ValidationError("\(option) is for building an image: it needs --linux, and no \(input ?? "")")
    }
    guard output != nil || dryRun else { throw ValidationError("--output FILE is missing (or --dry-run)") }
    guard !noEmulator || input == nil else { throw ValidationError("--no-emulator needs --linux") }
    let noEmulator = noEmulator || isAddon
    guard !noEmulator || (emulator == nil && console == nil) else {
      throw ValidationError("--no-emulator leaves nothing for --emulator and --console to act on")
    }
    guard !noEmulator || sidecars.isEmpty else {
      throw ValidationError("--no-emulator leaves nobody to show sidecars to the image: put them on its ESP")
    }
    guard !noEmulator || trust.db.isEmpty else {
      throw ValidationError("--no-emulator leaves nobody to show --db to the next kernel")
    }
    if let console, console != "none" {
      guard ConsoleOption.parse(console) != nil else {
        throw ValidationError(
          "--console \(console) names no console; such are pl011,0x9000000 and uart8250,io,0x3f8")
      }
    }
  }

  private var isAddon: Bool { input == nil && parts.makesAddon }

  func run() throws {
    try CommandFailure.reporting(about: input ?? parts.linux ?? parts.stub ?? "") {
      // A wrong key is told before the work.
      _ = try signing.signer()
      if let input {
        try MappedFile(path: input).withBytes { try carry($0, named: input) }
      } else if noEmulator || isAddon {
        try writeUKI()
      } else {
        try withUKI { try carry($0, named: builtName) }
      }
    }
  }

  // MARK: A carried image

  private func carry(_ payload: ByteView, named name: String) throws {
    // The payload's fault is told first: without a machine there is no emulator to look for.
    let machine = try EmulatorFile.machine(of: payload)
    let emulator = try EmulatorFile.open(self.emulator, machine: machine)
    var options = CarriedImage.Options()
    options.console = consoleDefault(payload, machine)
    options.policy = policy.policy
    options.signatures = try trust.signatures().bytes
    try sidecars.withSidecars(for: output) { sidecars in
      options.sidecars = sidecars
      // What goes with a built image is in its sections.
      try parts.withExtras(ifNotBuilt: input != nil) { initrd, commandLine in
        options.initrd = initrd
        options.commandLine = commandLine
        if console == nil, let commandLine {
          options.console = ConsoleOption.find(in: commandLine, machine) ?? options.console
        }
        try emulator.withBytes { blob in
          try finish(plan(payload, named: name, blob, emulator.path, options))
        }
      }
    }
  }

  private func plan(
    _ payload: ByteView, named name: String, _ blob: ByteView, _ blobPath: String, _ options: CarriedImage.Options
  ) throws -> Plan {
    var hashing = Progress("reading \(name)", total: payload.count)
    do {
      return try CarriedImage.plan(payload: payload, emulator: blob, options: options) { hashing.report($0) }
    } catch {
      if error.concernsEmulator { throw Problem(path: blobPath, reason: "\(error)") }
      throw error
    }
  }

  private func finish(_ plan: Plan) throws {
    let hint = KexecCommand.line(output ?? "OUT.efi", plan)
    guard !dryRun, let output else {
      print("\(plan)\n\n\(hint)")
      return
    }
    try write(output, size: plan.fileSize) { try plan.write(progress: $0, to: $1) }
    print("\(output): \(plan.fileSize) bytes; boot it with: \(hint)")
  }

  private func consoleDefault(_ payload: ByteView, _ machine: UInt16) -> ConsoleDescription? {
    if let console { return ConsoleOption.parse(console) }
    return ConsoleOption.fromCommandLine(of: payload, machine: machine)
  }

  private func write(
    _ path: String, size: Int,
    _ body: ((Int) -> Void, (UnsafeRawBufferPointer) throws -> Void) throws -> Void
  ) throws {
    var progress = Progress("writing \(path)", total: size)
    func write(_ file: FileDescriptor) throws {
      try body({ progress.report($0) }, { try file.writeAll($0) })
    }
    if let signer = try signing.signer() {
      let signature = try signer.write(path, write)
      print("\(path): \(Sign.line(signature)) (\(signer.tool.rawValue))")
    } else {
      try AtomicFile.write(to: FilePath(path), write)
    }
  }

  // MARK: A Unified Kernel Image

  private var builtName: String { "the image built from \(parts.linux ?? "")" }

  private func writeUKI() throws {
    try parts.withImage { image in
      let size = image.contents.count
      guard !dryRun, let output else {
        print("\(isAddon ? "add-on" : "UKI"): \(size) bytes")
        return
      }
      try write(output, size: size) { try image.contents.write(progress: $0, to: $1) }
      print("\(output): \(size) bytes, \(isAddon ? "an add-on to UKIs" : "a Unified Kernel Image")")
    }
  }

  /// Builds the image into a file without a name, beside the output, and hands it over mapped: a carried image is
  /// made from a file, and an initrd may be larger than the memory.
  private func withUKI(_ body: (ByteView) throws -> Void) throws {
    let beside = output.map { FilePath($0).removingLastComponent() } ?? FilePath(NSTemporaryDirectory())
    let folder = beside.isEmpty ? "." : beside.string
    let file = try UnnamedFile(in: folder)
    defer { file.close() }
    try parts.withImage { image in
      var progress = Progress("building the image", total: image.contents.count)
      do {
        try image.contents.write(progress: { progress.report($0) }) { try file.descriptor.writeAll($0) }
      } catch let error as Errno {
        throw IOProblem(path: folder, reason: error.description)
      }
    }
    try MappedFile(descriptor: file.descriptor.rawValue, path: builtName).withBytes(body)
  }
}
