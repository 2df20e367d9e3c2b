// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Foundation
import SystemPackage

/// What a folder of `Scenario.export` holds, as its `boot.json` says it: for whoever boots it instead of this program,
/// a lab for example. Files are named relative to the folder.
struct BootDescription: Encodable {
  var architecture: String
  /// The first kernel or, by firmware, the image, where the firmware's kernel loader boots it.
  var kernel: String?
  var initrd: String?
  var append: String?
  /// Flash banks: code, and the variables' initial state.
  var firmware: [String]?
  /// The folder that the firmware's boot disk is to hold.
  var disk: String?
  var memory: String
  var cpus: Int
  var exceptionLevel: Int
  /// QEMU's command line, to be run in the folder.
  var qemu: [String]
  /// The command that the first kernel runs; none by firmware.
  var kexec: String?
}

extension Scenario {
  /// Writes the files that the machine boots, and `boot.json`, to a folder that does not exist yet and appears whole or
  /// not at all.
  ///
  /// Throws what `prepare` throws, and Foundation's errors.
  public func export(to folder: FilePath, material: Material) async throws {
    let files = FileManager.default
    guard !files.fileExists(atPath: folder.string) else {
      throw Failure.cannotExport(folder, reason: "it exists already; a new folder is wanted")
    }
    let name = folder.lastComponent?.string ?? "export"
    let partial = folder.removingLastComponent().appending(".\(name).\(UInt32.random(in: 0...UInt32.max)).tmp")
    do {
      try files.createDirectory(atPath: partial.string, withIntermediateDirectories: false)
    } catch {
      throw Failure.cannotExport(folder, reason: "the folder that it is to lie in is missing or cannot be written to")
    }
    do {
      var machine = try await prepare(in: partial, material: material).machine
      // Whatever lies elsewhere is copied; then all is named by what it is called in the folder.
      machine.kernel = try machine.kernel.map { try Self.bring($0, as: "kernel", into: partial) }
      machine.initrd = try machine.initrd.map { try Self.bring($0, as: "initrd", into: partial) }
      machine.firmware = try machine.firmware.map {
        QEMU.Firmware(
          code: try Self.bring($0.code, as: "code.fd", into: partial),
          variables: try Self.bring($0.variables, as: "vars.fd", into: partial), isSecure: $0.isSecure)
      }
      machine.disk = try machine.disk.map { try Self.bring($0, as: "disk", into: partial) }
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      try encoder.encode(description(of: machine)).write(
        to: URL(fileURLWithPath: partial.appending("boot.json").string))
      try files.moveItem(atPath: partial.string, toPath: folder.string)
    } catch {
      try? files.removeItem(atPath: partial.string)
      throw error
    }
  }

  private func description(of machine: QEMU) -> BootDescription {
    BootDescription(
      architecture: architecture.rawValue, kernel: machine.kernel?.string, initrd: machine.initrd?.string,
      append: machine.append, firmware: machine.firmware.map { [$0.code.string, $0.variables.string] },
      disk: machine.disk?.string, memory: machine.memory.description, cpus: machine.cpus,
      exceptionLevel: machine.exceptionLevel, qemu: [machine.program] + machine.arguments,
      kexec: road == .firmware ? nil : Initramfs.kexecScript(kexecCommand).trimmingCharacters(in: .newlines))
  }

  /// A file that `prepare` has made lies in the folder already; another is copied.
  private static func bring(_ file: FilePath, as name: String, into folder: FilePath) throws -> FilePath {
    let place = folder.appending(name)
    let source = URL(fileURLWithPath: file.string).resolvingSymlinksInPath().path
    if file == place { return FilePath(name) }
    if file.removingLastComponent() == folder {
      try FileManager.default.moveItem(atPath: file.string, toPath: place.string)
    } else {
      try FileManager.default.copyItem(atPath: source, toPath: place.string)
    }
    return FilePath(name)
  }
}
