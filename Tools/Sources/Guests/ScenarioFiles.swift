// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import ArchiveWriter
import AtomicFile
import Foundation
import SystemPackage

extension Scenario {
  /// A machine ready to run, and the scripts it will run.
  public struct Prepared: Sendable {
    public let machine: QEMU
    /// The script of the first kernel and the kexec command that it runs; `nil` without a first kernel.
    public let script: String?
  }

  /// Makes the files that the machine needs in `folder`.
  ///
  /// Throws `Failure`, `BootImage.Failure`, `Material.Failure`, `SecureBootKey.Failure`, `Cpio.Failure`,
  /// `AtomicFile.Failure`, and Foundation's errors where copying fails.
  public func prepare(in folder: FilePath, material: Material) async throws -> Prepared {
    try check(initrdSize: try initrd.map { try BootImage(path: $0).fileSize } ?? 0)
    var machine = QEMU(architecture: architecture)
    machine.memory = memory
    machine.cpus = cpus
    machine.exceptionLevel = exceptionLevel
    machine.cpu = cpu
    machine.machineOptions = machineOptions
    if secureBoot == nil, road == .firmware || firstFirmware { machine.firmware = try firmware(in: folder, material) }
    // A first kernel that firmware has given a seed passes one on. With Secure Boot both roads have that source and a disk.
    machine.hasEntropy = firstIsByFirmware || road == .firmware && secureBoot != nil
    // By either road there is one PCI device, as QEMU's ACPI tables tell: that source, a disk, or this.
    machine.hasIdleDevice = road == .firmware && commandLine != nil && secureBoot == nil
    switch road {
    case .firmware:
      try prepareFirmwareBoot(&machine, in: folder)
      if let secureBoot { try await secure(&machine, by: secureBoot, in: folder, material) }
      return Prepared(machine: machine, script: nil)
    case .kexec, .kexecFile, .kexecCrash:
      try prepareFirstKernel(&machine, in: folder, material)
      if let secureBoot { try await secure(&machine, by: secureBoot, in: folder, material) }
      return Prepared(
        machine: machine, script: firstScript + "\n# /virgil/kexec\n" + Initramfs.kexecScript(kexecCommand))
    }
  }

  private func firmware(in folder: FilePath, _ material: Material) throws -> QEMU.Firmware {
    let files = try material.firmware(architecture)
    let copy = folder.appending("vars.fd")
    try FileManager.default.copyItem(atPath: files.variables.string, toPath: copy.string)
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: copy.string)
    return QEMU.Firmware(code: files.code, variables: copy)
  }

  /// An image that is whole is booted from a disk, as firmware finds it in life. One that needs an initrd or command
  /// line gets them from QEMU, through the firmware's kernel loader.
  private func prepareFirmwareBoot(_ machine: inout QEMU, in folder: FilePath) throws {
    if let commandLine {
      machine.kernel = image.path
      machine.initrd = initrd
      machine.append = commandLine
    } else {
      let place = try makeDisk(&machine, in: folder)
      try FileManager.default.copyItem(atPath: image.path.string, toPath: place.string)
    }
  }

  /// Makes the folder of a disk, with the files that shall be there.
  ///
  /// - Returns: the place of the image on it, where nothing is yet.
  func makeDisk(_ machine: inout QEMU, in folder: FilePath) throws -> FilePath {
    let disk = folder.appending("disk")
    if let diskFiles { try FileManager.default.copyItem(atPath: diskFiles.string, toPath: disk.string) }
    let boot = disk.appending("EFI").appending("BOOT")
    try FileManager.default.createDirectory(atPath: boot.string, withIntermediateDirectories: true)
    machine.disk = disk
    return boot.appending(architecture.removableMediaName)
  }

  private func prepareFirstKernel(_ machine: inout QEMU, in folder: FilePath, _ material: Material) throws {
    var modules: [Initramfs.Modules] = []
    if let firstKernel {
      machine.kernel = firstKernel
    } else {
      let kernel = try material.kernel(architecture, line: kernelLine)
      machine.kernel = kernel.image
      if firstIsByFirmware { modules.append(Initramfs.Modules(of: kernel)) }
    }
    var carrying = ["image": image.path]
    if let initrd { carrying["initrd"] = initrd }
    let archive = try Initramfs.first(
      busybox: material.busybox(architecture), kexec: material.kexecTools(architecture, version: kexecTools),
      command: kexecCommand, carrying: carrying, modules: modules)
    let initramfs = folder.appending("first.cpio")
    try AtomicFile.write(to: initramfs) { try archive.write(to: $0) }
    machine.initrd = initramfs
    machine.append = firstCommandLine
  }
}
