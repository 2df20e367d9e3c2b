// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import ArgumentParser
import CarriedImage

/// `virgil compose`: makes one file that firmware and kexec boot.
struct Compose: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Make an EFI image bootable by kexec, or build a Unified Kernel Image that is.",
    discussion: """
      INPUT is a Unified Kernel Image, a kernel with an EFI stub, or another EFI application. With --linux the image \
      is built from parts instead, under ukify's option names and in ukify's section order; with neither, but with \
      other parts such as --cmdline, it is an add-on, which UKIs take, or with --profile a profile to be joined to one. The \
      result boots by firmware as before and by kexec as well. A signature of INPUT is left out; --sign-key makes one of the \
      result.

      What is built can be described in a file instead, as for ukify: --config, or the first ukify.conf in /etc/systemd, \
      /run/systemd, /usr/local/lib/systemd, /usr/lib/systemd. Options count more than the file; lists are joined. \
      Documentation/ukify.md has all keys, and tells what differs from ukify.

      The emulator is virgil-aarch64.blob or virgil-x86_64.blob, looked for in $VIRGIL_EMULATORS, beside this program, \
      in ../lib/virgil, and then inside of it.

      EXAMPLES
        virgil compose uki.efi -o uki-kexec.efi
        virgil compose --linux vmlinuz --initrd initrd.img --cmdline 'root=/dev/vda1' -o uki-kexec.efi
        virgil compose --config uki.conf --no-emulator -o uki.efi
        virgil compose uki.efi --sidecar host.cred --sidecar site.addon.efi -o uki-kexec.efi
        virgil compose uki.efi --initrd drivers.cpio --cmdline '@1' -o uki-kexec.efi
        virgil compose uki.efi -o uki-kexec.efi --sign-key db.key --sign-cert db.pem
        virgil compose vmlinuz --console pl011,0x9000000 --dry-run --json

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

  @OptionGroup(title: "Signatures of PCR 11, by systemd-measure")
  var signatures: PCROptions

  @OptionGroup
  var foreign: ForeignOptions

  @Option(name: .shortAndLong, help: "A configuration file, as ukify's. /dev/null: none, and none is looked for.")
  var config: String?

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

  @Flag(help: "Print the layout and the kexec commands, and write nothing.")
  var dryRun = false

  @Flag(help: "With --dry-run: print JSON. Its fields keep their names and meaning.")
  var json = false

  @Flag(help: .hidden)
  var settingsTable = false

  /// Whether it is an add-on, or a profile to be joined.
  var isAddon: Bool { input == nil && parts.makesAddon }

  func validate() throws {
    // What is missing may be in the file: `run` checks then.
    if configurationPath == nil { try check() }
  }

  /// ukify's own file is for images that are built.
  var configurationPath: String? {
    if let config { return config == "/dev/null" ? nil : config }
    return input == nil ? ComposeConfiguration.defaultPath() : nil
  }

  func run() throws {
    if settingsTable { return print(ComposeSettingsTable.markdown) }
    try CommandFailure.reporting(about: input ?? parts.linux ?? parts.joinProfile.first ?? parts.stub ?? "") {
      var completed = self
      if let path = configurationPath { try completed.read(path) }
      try completed.compose()
    }
  }

  private mutating func read(_ path: String) throws {
    let left = try ComposeConfiguration(path: path).apply(to: &self, builds: input == nil)
    if config == nil { complain("note: settings of \(path) are used; --config /dev/null leaves them out") }
    if !left.isEmpty, let input {
      complain("note: \(path): \(left.joined(separator: ", ")): for images that are built; \(input) has its own")
    }
    try check()
  }

  /// What is wrong with the options, those of a configuration file included.
  private func check() throws {
    if settingsTable { return }
    try foreign.check()
    try signing.check(needsKey: configurationPath == nil && signatures.given.isEmpty)
    try signatures.check()
    guard signing.signingEngine == nil || signatures.signingProvider == nil else {
      throw ValidationError("--signing-engine and --signing-provider exclude each other")
    }
    guard signing.signKey == nil || signatures.signingProvider == nil else {
      throw ValidationError("--signing-provider is for PCR signatures; for --sign-key there is --signing-engine")
    }
    try parts.check()
    try sidecars.check()
    try checkInput()
    guard output != nil || dryRun else { throw ValidationError("--output FILE is missing (or --dry-run)") }
    guard !json || dryRun else { throw ValidationError("--json needs --dry-run: what is printed is the plan") }
    guard !noEmulator || input == nil else { throw ValidationError("--no-emulator needs --linux") }
    guard !(noEmulator || isAddon) || (emulator == nil && console == nil) || configurationPath != nil else {
      throw ValidationError("--no-emulator leaves nothing for --emulator and --console to act on")
    }
    guard !(noEmulator || isAddon) || sidecars.isEmpty else {
      throw ValidationError("--no-emulator leaves nobody to show sidecars to the image: put them on its ESP")
    }
    guard !(noEmulator || isAddon) || trust.db.isEmpty else {
      throw ValidationError("--no-emulator leaves nobody to show --db to the next kernel")
    }
    if let console, console != "none", ConsoleOption.parse(console) == nil {
      throw ValidationError(
        "--console \(console) names no console; such are pl011,0x9000000 and uart8250,io,0x3f8")
    }
  }

  private func checkInput() throws {
    let built = (parts.given + signatures.given).first
    if signatures.joinPcrsig != nil {
      guard input == nil, built == nil, parts.initrd.isEmpty, parts.cmdline == nil else {
        throw ValidationError("--join-pcrsig names the image: no \(input ?? built ?? "--initrd or --cmdline") with it")
      }
      return
    }
    if let input {
      guard let built else { return }
      throw ValidationError("\(built) is for building an image: it needs --linux, and no \(input)")
    }
    guard parts.linux != nil || parts.makesAddon else {
      throw ValidationError("give either an image or --linux with the parts of one")
    }
  }
}
