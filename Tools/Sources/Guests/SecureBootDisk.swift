// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import AtomicFile
import Foundation
import SystemPackage

extension Scenario {
  /// Turns a machine into one with Secure Boot, which boots from a disk by an entry of its boot menu.
  ///
  /// QEMU's kernel loader is no road here: it changes the header of what it loads, and EDK2 then starts the kernel that
  /// LoadImage has refused by the EFI handover protocol, verified by nobody.
  func secure(_ machine: inout QEMU, by key: SecureBootKey, in folder: FilePath, _ material: Material) async throws {
    let options = try await moveToDisk(&machine, key, in: folder)
    let files = try material.firmware(architecture, isSecure: true)
    var flash = try VariableFlash(Array(Data(contentsOf: URL(fileURLWithPath: files.variables.string))))
    try flash.enableSecureBoot(key.signatureList())
    try flash.addBootOption("\\EFI\\BOOT\\\(architecture.removableMediaName)", options: options)
    machine.hasBootOption = true
    let variables = folder.appending("vars.fd")
    try flash.bytes.withUnsafeBytes { try AtomicFile.write($0, to: variables) }
    machine.firmware = QEMU.Firmware(code: files.code, variables: variables, isSecure: true)
  }

  /// Puts what QEMU would load on a disk instead; a first kernel is signed on the way.
  ///
  /// - Returns: the load options that the machine's command line makes.
  private func moveToDisk(_ machine: inout QEMU, _ key: SecureBootKey, in folder: FilePath) async throws -> String? {
    guard let kernel = machine.kernel else { return nil }
    let place = try makeDisk(&machine, in: folder)
    if road == .firmware {
      try FileManager.default.copyItem(atPath: kernel.string, toPath: place.string)
    } else {
      try await key.sign(kernel, to: place)
    }
    var options = machine.append
    if let initrd = machine.initrd, let disk = machine.disk {
      try FileManager.default.copyItem(atPath: initrd.string, toPath: disk.appending("initrd").string)
      options = (options.map { $0 + " " } ?? "") + "initrd=\\initrd"
    }
    machine.kernel = nil
    machine.initrd = nil
    machine.append = nil
    return options
  }
}
