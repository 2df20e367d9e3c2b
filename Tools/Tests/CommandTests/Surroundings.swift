// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Foundation

/// Where transcripts run: a folder with a few inputs, and what there is on the machine.
enum Surroundings {
  private static let material: URL = {
    let environment = ProcessInfo.processInfo.environment
    let cache =
      environment["XDG_CACHE_HOME"].map { URL(fileURLWithPath: $0) }
      ?? URL(fileURLWithPath: environment["HOME"] ?? "/").appendingPathComponent(".cache")
    return cache.appendingPathComponent("virgil/material")
  }()

  /// A new folder with the inputs that transcripts use:
  ///
  ///     uki.efi              like a UKI, for aarch64       stub.efi, vmlinuz   parts of one
  ///     foreign.efi          the same for riscv64          text, empty         no image at all
  ///     virgil-aarch64.blob  with an emulator's header     machines/           recorded ones, for doctor
  static func makeFolder() throws -> URL {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("virgil-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    func write(_ bytes: [UInt8], _ name: String) throws {
      try Data(bytes).write(to: folder.appendingPathComponent(name))
    }
    try write(Fixture.payload(0xaa64).build(), "uki.efi")
    try write(Fixture.payload(0x5064).build(), "foreign.efi")
    try write(Fixture.blob(), "virgil-aarch64.blob")
    try write(PEBuilder().build(), "stub.efi")
    var kernel = PEBuilder()
    kernel.sections[0].data = pattern(0x700, 8)
    try write(kernel.build(), "vmlinuz")
    try write(Array("text".utf8), "text")
    try write([], "empty")
    let machines = Snapshots.folder.deletingLastPathComponent().appendingPathComponent("DoctorTests/Machines")
    try FileManager.default.createSymbolicLink(
      at: folder.appendingPathComponent("machines"), withDestinationURL: machines)
    return folder
  }

  static func places(in folder: URL) -> [(text: String, name: String)] {
    [
      (folder.path, "{folder}"), (Snapshots.repository.path + "/kernel", "{kernel}"),
      (Executables.folder.path, "{programs}"),
      // Where emulators are looked for as well.
      (Executables.folder.deletingLastPathComponent().path + "/lib", "{programs}/../lib"),
      (material.path, "{material}"),
      (FileManager.default.temporaryDirectory.path + "/", "{temporary}/"),
    ]
  }

  /// A word of `# needs:`: an item of the material if there is a slash in it, else a program.
  static func has(_ word: String) -> Bool {
    if word.contains("/") { return FileManager.default.fileExists(atPath: material.appendingPathComponent(word).path) }
    let path = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
    return path.contains { FileManager.default.isExecutableFile(atPath: "\($0)/\(word)") }
  }
}
