// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Foundation
import Testing

/// The same inputs make the same bytes, wherever, whenever and by whomever.
@Suite("compose is deterministic")
struct DeterminismTests {
  /// The inputs in a new folder, made in another order, under another umask and at another time.
  private func inputs(_ variant: Int, _ body: (URL) throws -> Void) throws {
    let name = variant == 0 ? "virgil-\(UUID().uuidString)" : "virgil \(UUID().uuidString)-a longer ñame"
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(name)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    var files: [(String, [UInt8])] = [
      ("stub.efi", PEBuilder().build()), ("vmlinuz", PEBuilder().build()), ("blob", Fixture.blob()),
      ("initrd", pattern(5000, 3)), ("esp/loader/credentials/b.cred", [1, 2]), ("esp/loader/credentials/a.cred", [3]),
      ("esp/EFI/Linux/x.efi.extra.d/z.cred", [4]), ("more.cred", [5]),
      ("hwids/b.json", Array(#"{"name":"B","compatible":"b","hwids":["01234567-89ab-cdef-0123-456789abcdef"]}"#.utf8)),
      ("hwids/a.json", Array(#"{"name":"A","compatible":"a","hwids":["11234567-89ab-cdef-0123-456789abcdef"]}"#.utf8)),
    ]
    if variant == 1 { files.reverse() }
    for (name, bytes) in files {
      let url = folder.appendingPathComponent(name)
      try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(bytes).write(to: url)
      try FileManager.default.setAttributes(
        [
          .posixPermissions: variant == 0 ? 0o644 : 0o600,
          .modificationDate: Date(timeIntervalSince1970: variant == 0 ? 1 : 2e9),
        ],
        ofItemAtPath: url.path)
    }
    try body(folder)
  }

  /// Two ways to run a program.
  private static let surroundings: [(umask: String, environment: [String: String])] = [
    ("022", ["TZ": "UTC", "LC_ALL": "C", "HOME": "/home/one", "SOURCE_DATE_EPOCH": "1000000000"]),
    (
      "077",
      [
        "TZ": "Pacific/Kiritimati", "LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8", "HOME": "/nonexistent",
        "SOURCE_DATE_EPOCH": "1000000000", "USER": "somebody", "COLUMNS": "20",
      ]
    ),
  ]

  private static let finished = [
    "compose", "uki.efi", "--emulator", "blob", "--sidecars", "esp", "--sidecar", "more.cred",
  ]
  private static let parts = [
    "compose", "--linux", "vmlinuz", "--stub", "stub.efi", "--initrd", "initrd", "--initrd", "initrd", "--os-release",
    "ID=x", "--hwids", "hwids", "--cmdline", "a", "--config", "/dev/null",
  ]

  private func outputs(_ variant: Int, _ commands: [[String]]) throws -> [Data] {
    var all: [Data] = []
    try inputs(variant) { folder in
      let (umask, environment) = Self.surroundings[variant]
      for (index, command) in commands.enumerated() {
        // The first is the last one's input.
        let name = ["uki.efi", "built.efi", "carried.efi"][index]
        let output = try Command.run(command + ["-o", name], in: folder, environment: environment, umask: umask)
        #expect(output.status == 0, "\(output.standardError)")
        all.append(try Data(contentsOf: folder.appendingPathComponent(name)))
      }
    }
    return all
  }

  @Test func `Folder, names' order, times, umask, time zone, locale and user do not matter`() throws {
    let commands = [
      Self.parts + ["--no-emulator"], Self.parts + ["--emulator", "blob", "--sidecars", "esp"], Self.finished,
    ]
    let first = try outputs(0, commands)
    let second = try outputs(1, commands)
    #expect(first.count == 3 && first == second && Set(first).count == 3)
  }
}
