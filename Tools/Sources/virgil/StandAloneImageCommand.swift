// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import ArgumentParser
import AtomicFile
import Bytes
import CarriedImage
import Guests
import PE
import SystemPackage
import UKI

/// `virgil stand-alone image`: the emulator as a file that kexec loads.
struct StandAloneImageCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "image",
    abstract: "Write the emulator as an image that starts what kexec loads as initrd.",
    discussion: """
      kexec -l takes the image, and so does kexec -s where the kernel has kexec_file_load for it. Firmware that is given it \
      says what it is for, and gets EFI_UNSUPPORTED. It cannot be signed: a signature would not cover what it starts.

      The emulator is virgil-aarch64.blob or virgil-x86_64.blob, looked for in $VIRGIL_EMULATORS, beside this program, \
      in ../lib/virgil, and then inside of it.

      EXAMPLES
        virgil stand-alone image --arch x86_64 -o virgil-x86_64.img
        virgil stand-alone image --arch aarch64 --console pl011,0x9000000 --on-failure halt -o virgil-aarch64.img

      EXIT STATUS
        0    done
        1    an input was refused
        64   the command line is wrong
        74   a file could not be read or written
      """)

  @Option(help: "The machine: aarch64 or x86_64. By default that of --emulator.")
  var arch: Architecture?

  @Option(name: .shortAndLong, help: "The file to write.")
  var output: String?

  @Option(help: "The emulator's blob.")
  var emulator: String?

  @Option(
    help: ArgumentHelp(
      "The emulator's console where neither the machine nor the command line names one: as after earlycon= "
        + "(pl011,0x9000000; uart8250,io,0x3f8).", valueName: "console"))
  var console: String?

  @Option(
    help: ArgumentHelp(
      "Where the file that is started is on its ESP: among the sidecars that are given with it, and as the booted system "
        + "reads it in LoaderImageIdentifier.", valueName: "path"))
  var imagePath: String?

  @OptionGroup(title: "When something goes wrong")
  var policy: PolicyOptions

  @OptionGroup(title: "With Secure Boot")
  var trust: TrustOptions

  @Flag(help: "Print the layout and the kexec command, and write nothing.")
  var dryRun = false

  func validate() throws {
    guard output != nil || dryRun else { throw ValidationError("--output FILE is missing (or --dry-run)") }
    guard arch != nil || emulator != nil else { throw ValidationError("--arch is missing (or --emulator)") }
    guard console.map({ ConsoleOption.parse($0) != nil }) ?? true else {
      throw ValidationError(
        "--console \(console ?? "") names no console; such are pl011,0x9000000 and uart8250,io,0x3f8")
    }
    if let imagePath, SidecarOptions.plain(imagePath) == nil {
      throw ValidationError("--image-path \(imagePath): must be a relative path without . and .. in it")
    }
  }

  func run() throws {
    try CommandFailure.reporting(about: emulator ?? "the emulator") {
      let machine = arch.map { $0 == .aarch64 ? PEMachine.arm64 : PEMachine.x86_64 }
      let file = try EmulatorFile.open(emulator, machine: machine ?? 0)
      var options = CarriedImage.Options()
      options.console = console.flatMap { ConsoleOption.parse($0) }
      options.policy = policy.policy
      options.signatures = try trust.signatures().bytes
      options.sidecars = imagePath.flatMap { SidecarOptions.plain($0) }.map { Sidecars(archive: nil, imagePath: $0) }
      try file.withBytes { blob in
        do {
          try StandAloneImage.withPlan(emulator: blob, options: options) { try finish($0, machine, file.path) }
        } catch let refusal as Refusal {
          throw Problem(path: file.path, reason: "\(refusal)")
        }
      }
    }
  }

  private func finish(_ plan: Plan, _ machine: UInt16?, _ blob: String) throws {
    guard machine == nil || machine == plan.machine else {
      throw Problem(
        path: blob,
        reason: "an emulator for \(Machine.name(plan.machine)), where --arch says \(Machine.name(machine ?? 0))")
    }
    let hint = "kexec --load \(KexecCommand.quoted(output ?? "OUT.img")) --initrd=FILE.efi --command-line=' '"
    guard !dryRun, let output else {
      print("\(plan)\n\n\(hint)")
      return
    }
    try AtomicFile.write(to: FilePath(output)) { file in try plan.write { try file.writeAll($0) } }
    print("\(output): \(plan.fileSize) bytes; boot an EFI file with: \(hint) && systemctl kexec")
  }
}
