// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import AtomicFile
import Bytes
import Foundation
import SystemPackage
import UKI

@testable import Guests

/// Real guests' parts. Nothing is fetched here: without the material the boot tests are skipped.
enum BootFixture {
  static let material = try? Material()

  /// Why real boots are not possible here; `nil` if they are.
  static let obstacle: String? = {
    guard let material else { return "no cache folder for material" }
    do {
      for architecture in Architecture.allCases {
        _ = try material.kernel(architecture, line: "6.12")
        _ = try material.kexecTools(architecture, version: "2.0.29")
        _ = try material.busybox(architecture)
        _ = try material.firmware(architecture)
        _ = try stub(architecture, material)
      }
    } catch { return "\(error)" }
    let path = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
    for architecture in Architecture.allCases {
      let program = QEMU(architecture: architecture).program
      if !path.contains(where: { FileManager.default.isExecutableFile(atPath: "\($0)/\(program)") }) {
        return "\(program) is not in PATH"
      }
    }
    return nil
  }()

  static func stub(_ architecture: Architecture, _ material: Material) throws -> FilePath {
    let name = architecture == .aarch64 ? "linuxaa64.efi.stub" : "linuxx64.efi.stub"
    let item = "\(architecture.rawValue)/stub/257"
    let path = material.root.appending(item).appending(name)
    guard FileManager.default.fileExists(atPath: path.string) else { throw Material.Failure.missing(path, item: item) }
    return path
  }

  /// The marker initramfs, and the command line that makes the second kernel tell its hash.
  struct Marks {
    let initrd: FilePath
    let sha256: String
    let commandLine: String

    init(_ architecture: Architecture, in folder: FilePath, _ material: Material) throws {
      let path = folder.appending("marks.cpio")
      let archive = try Initramfs.second(
        busybox: material.busybox(architecture),
        modules: [Initramfs.Modules(of: material.kernel(architecture, line: "6.12"))])
      try AtomicFile.write(to: path) { try archive.write(to: $0) }
      initrd = path
      sha256 = try FileHash.sha256(of: path)
      let size = try BootImage(path: path).fileSize
      commandLine = "console=\(architecture.console) panic=-1 retain_initrd virgil.initrd_size=\(size)"
    }
  }

  static func makeUKI(_ architecture: Architecture, marks: Marks, at path: FilePath, _ material: Material) throws {
    let stub = try MappedFile(path: stub(architecture, material).string)
    let kernel = try MappedFile(path: material.kernel(architecture, line: "6.12").image.string)
    let initrd = try MappedFile(path: marks.initrd.string)
    defer { withExtendedLifetime((stub, kernel, initrd)) {} }
    let image = try UnifiedKernelImage(
      stub: stub.unsafeBytes, kernel: kernel.unsafeBytes,
      parts: [
        .init(SectionName(literal: ".osrel"), .bytes(Array("ID=test\n".utf8))),
        .init(SectionName(literal: ".cmdline"), .bytes(Array(marks.commandLine.utf8))),
        .init(SectionName(literal: ".initrd"), .view(initrd.unsafeBytes)),
        .init(SectionName(literal: ".linux"), .view(kernel.unsafeBytes)),
      ])
    try AtomicFile.write(to: path) { file in try image.contents.write { try file.writeAll($0) } }
  }
}
