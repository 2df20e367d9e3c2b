// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import ArchiveWriter
import ArgumentParser
import AtomicFile
import Bytes
import CPIO
import CarriedImage
import Foundation
import PE
import SystemPackage
import UKI

/// `virgil stand-alone initrd`: an EFI file and what goes with it, as one file for kexec's --initrd.
struct StandAloneInitrd: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "initrd",
    abstract: "Join an EFI file with its sidecars and initrds, for kexec's --initrd.",
    discussion: """
      The result is an archive that is laid out like an ESP, and the initrds behind it. The file is in it as \
      EFI/BOOT/BOOTAA64.EFI or EFI/BOOT/BOOTX64.EFI, which is what firmware starts from a removable medium. Without FILE, \
      --sidecars has to hold that: a whole ESP with its boot manager, say.

      EXAMPLES
        virgil stand-alone initrd vmlinuz --initrd initrd.img -o both
        virgil stand-alone initrd uki.efi --sidecar host.cred --sidecar site.addon.efi -o uki-with-files
        virgil stand-alone initrd --sidecars /boot/efi -o whole-esp
        kexec -l virgil-x86_64.img --initrd=both --reuse-cmdline && kexec -e

      EXIT STATUS
        0    done
        1    an input was refused
        64   the command line is wrong
        74   a file could not be read or written
      """)

  @Argument(help: "The EFI file to start.")
  var file: String?

  @Option(help: "An initrd for it. Can be given again: they are joined in that order.")
  var initrd: [String] = []

  @Option(help: ArgumentHelp("A folder laid out like an ESP, whose files it finds.", valueName: "folder"))
  var sidecars: String?

  @Option(
    help: ArgumentHelp(
      "A file for it to find, beside it in its .extra.d; or where NAME says from the root on, if it has a slash. Can be "
        + "given again.", valueName: "file[:name]"))
  var sidecar: [String] = []

  @Option(name: .shortAndLong, help: "The file to write.")
  var output: String

  func validate() throws {
    guard file != nil || sidecars != nil else {
      throw ValidationError("give an EFI file, or a folder with EFI/BOOT/BOOT*.EFI as --sidecars")
    }
    for text in sidecar where SidecarOptions.split(text).name.isEmpty {
      throw ValidationError("--sidecar \(text): must be FILE or FILE:NAME")
    }
  }

  func run() throws {
    try CommandFailure.reporting(about: file ?? sidecars ?? "") {
      let archive = try archive()
      var files: [MappedFile] = []
      defer { withExtendedLifetime(files) {} }
      for path in initrd {
        let file = try MappedFile(path: path)
        try PartOptions.check(file.unsafeBytes, path)
        files.append(file)
      }
      var size = 0
      try AtomicFile.write(to: FilePath(output)) { descriptor in
        try archive.write(to: descriptor)
        let start = Int(try descriptor.seek(offset: 0, from: .end))
        var contents = FileContents()
        for (index, file) in files.enumerated() {
          // Each starts at a multiple of 4, and the first on a page.
          let alignment = index == 0 ? 0x1000 : 4
          contents.pad(to: (start + contents.count).roundedUp(to: alignment)! - start)
          contents.append(.view(file.unsafeBytes))
        }
        size = start + contents.count
        var progress = Progress("writing \(output)", total: contents.count)
        try contents.write(progress: { progress.report($0) }) { try descriptor.writeAll($0) }
      }
      print("\(output): \(size) bytes, for kexec --initrd")
    }
  }

  /// The file and what it finds beside itself.
  private func archive() throws -> Cpio {
    var archive = Cpio()
    archive.time = try SidecarOptions.time()
    let mark = "\(InitrdSidecars.mark)"
    try archive.add(mark, .folder)
    if let sidecars { try archive.add(tree: FilePath(sidecars), links: .followed) }
    let place = try place(in: archive)
    if let file { try archive.add(place, .file(FilePath(file)), permissions: 0o644) }
    for text in sidecar {
      let (file, name) = SidecarOptions.split(text)
      let path = name.contains("/") ? name : "\(place).extra.d/\(name)"
      guard !archive.contains(path.split(separator: "/").joined(separator: "/")) else {
        throw Problem(path: file, reason: "there is another sidecar named \(path) already")
      }
      try archive.add(path, .file(FilePath(file)), permissions: 0o644)
    }
    guard archive.names.first == mark else {
      throw Problem(path: archive.names[0], reason: "the emulator looks for \(mark) first, and this sorts before it")
    }
    return archive
  }

  /// Where the file that is started goes, or is. Names on an ESP have no case.
  private func place(in archive: Cpio) throws -> String {
    let names = [PEMachine.arm64: "EFI/BOOT/BOOTAA64.EFI", PEMachine.x86_64: "EFI/BOOT/BOOTX64.EFI"]
    guard let file else {
      guard let found = archive.names.first(where: { name in names.values.contains { $0 == name.uppercased() } }) else {
        throw Problem(
          path: sidecars ?? "",
          reason: "there is neither EFI/BOOT/BOOTAA64.EFI nor EFI/BOOT/BOOTX64.EFI in it; give an EFI file")
      }
      return found
    }
    let machine = try MappedFile(path: file).withBytes { try EmulatorFile.machine(of: $0) }
    guard let name = names[machine] else { throw Refusal.machine(machine) }
    if let taken = archive.names.first(where: { $0.uppercased() == name }) {
      throw Problem(path: file, reason: "\(taken) in \(sidecars ?? "") has its place already; leave one of them away")
    }
    return name
  }
}
