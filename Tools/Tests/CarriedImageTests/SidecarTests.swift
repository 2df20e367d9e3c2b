// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Bytes
import Foundation
import PE
import Testing

@testable import CarriedImage

/// Files that go with an image: `virgil compose --sidecars` and `--sidecar`, and what `virgil inspect` says of them.
@Suite("sidecars")
struct SidecarTests {
  private struct Report {
    let json: [String: Any]
    var carried: [String: Any] { json["carried"] as? [String: Any] ?? [:] }
    var files: [String] {
      (carried["sidecars"] as? [[String: Any]] ?? []).map { "\($0["path"]!) \($0["size"]!) \($0["time"]!)" }
    }
    var path: String? {
      (carried["records"] as? [[String: Any]])?.first { $0["type"] as? String == "image path" }?["path"] as? String
    }
  }

  private func inFolder(_ body: (URL) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("virgil-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    func write(_ name: String, _ bytes: [UInt8]) throws {
      let place = folder.appendingPathComponent(name)
      try FileManager.default.createDirectory(at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(bytes).write(to: place)
    }
    for machine in [0xaa64, 0x8664] as [UInt16] {
      try write("uki-\(machine).efi", Fixture.payload(machine).build())
      try write("blob-\(machine)", Fixture.blob(machine: machine))
    }
    try write("esp/EFI/Linux/a.efi.extra.d/x.cred", Array("secret".utf8))
    try write("esp/loader/addons/y.addon.efi", pattern(9000, 4))
    try write("other.cred", [1, 2, 3])
    try FileManager.default.createSymbolicLink(
      atPath: folder.appendingPathComponent("esp/loader/z.cred").path,
      withDestinationPath: folder.appendingPathComponent("other.cred").path)
    try body(folder)
  }

  private func compose(
    _ arguments: [String], machine: UInt16 = 0xaa64, in folder: URL, environment: [String: String] = [:]
  ) throws -> Command.Output {
    try Command.run(
      ["compose", "uki-\(machine).efi", "-o", "out.efi", "--emulator", "blob-\(machine)"] + arguments, in: folder,
      environment: environment)
  }

  private func inspect(_ folder: URL) throws -> Report {
    let output = try Command.run(["inspect", "--json", "out.efi"], in: folder)
    #expect(output.status == 0)
    return Report(
      json: try #require(JSONSerialization.jsonObject(with: Data(output.standardOutput.utf8)) as? [String: Any]))
  }

  @Test(arguments: [0xaa64, 0x8664] as [UInt16])
  func `a folder is carried, and all of it is covered`(_ machine: UInt16) throws {
    try inFolder { folder in
      let output = try compose(["--sidecars", "esp", "--sidecar", "other.cred"], machine: machine, in: folder)
      #expect(output.status == 0, "\(output.standardError)")
      let report = try inspect(folder)
      #expect(report.path == "EFI/Linux/a.efi")
      #expect(
        report.files == [
          "EFI/Linux/a.efi.extra.d/other.cred 3 0", "EFI/Linux/a.efi.extra.d/x.cred 6 0",
          "loader/addons/y.addon.efi 9000 0", "loader/z.cred 3 0",
        ])
      #expect((report.json["problems"] as? [String]) == [] && (report.json["uncovered"] as? [Any])?.isEmpty == true)
      let text = try Command.run(["inspect", "out.efi"], in: folder).standardOutput
      #expect(text.contains("sidecar       loader/z.cred, 3 bytes") && text.contains("image path EFI/Linux/a.efi"))
    }
  }

  @Test func `the archive does not depend on when and by whom it is made`() throws {
    try inFolder { folder in
      #expect(try compose(["--sidecars", "esp"], in: folder).status == 0)
      let first = try Data(contentsOf: folder.appendingPathComponent("out.efi"))
      let file = folder.appendingPathComponent("esp/EFI/Linux/a.efi.extra.d/x.cred").path
      try FileManager.default.setAttributes(
        [.modificationDate: Date(timeIntervalSince1970: 1e9), .posixPermissions: 0o600], ofItemAtPath: file)
      #expect(try compose(["--sidecars", "esp"], in: folder).status == 0)
      #expect(try Data(contentsOf: folder.appendingPathComponent("out.efi")) == first)
      #expect(
        try compose(["--sidecars", "esp"], in: folder, environment: ["SOURCE_DATE_EPOCH": "1700000000"]).status == 0)
      #expect(try inspect(folder).files.allSatisfy { $0.hasSuffix(" 1700000000") })
    }
  }

  @Test func `places can be named`() throws {
    try inFolder { folder in
      let output = try compose(
        [
          "--sidecar", "other.cred:loader/credentials/b.cred", "--sidecar", "other.cred:c.cred", "--image-path",
          "/EFI//x/y.efi",
        ], in: folder)
      #expect(output.status == 0, "\(output.standardError)")
      let report = try inspect(folder)
      #expect(report.path == "EFI/x/y.efi")
      #expect(report.files == ["EFI/x/y.efi.extra.d/c.cred 3 0", "loader/credentials/b.cred 3 0"])
      // Alone it is for files that come with the initrd.
      #expect(try compose(["--image-path", "x.efi"], in: folder).status == 0)
      #expect(try inspect(folder).path == "x.efi" && inspect(folder).files == [])
      #expect(try compose(["--sidecar", "other.cred"], in: folder).status == 0)
      #expect(try inspect(folder).path == "EFI/Linux/out.efi")
    }
  }

  @Test func `what cannot be carried is refused`() throws {
    try inFolder { folder in
      let cases: [([String], Int32, String)] = [
        (["--sidecar", "absent"], 1, "cannot read absent"), (["--sidecars", "absent"], 1, "cannot read absent"),
        (["--sidecar", "other.cred", "--sidecar", "other.cred"], 1, "there is another sidecar named"),
        (["--sidecar", "other.cred:../x"], 1, "is no name"), (["--image-path", "a/./x"], 64, "--image-path"),
        (["--sidecar", "other.cred", "--image-path", "../x"], 64, "--image-path"),
        (["--sidecar", "other.cred:"], 64, "--sidecar"),
      ]
      for (arguments, status, message) in cases {
        let output = try compose(arguments, in: folder)
        #expect(output.standardError.contains(message), "\(arguments): \(output.standardError)")
        #expect(output.status == (message.hasPrefix("cannot read") ? 74 : status), "\(arguments)")
      }
      try FileManager.default.createDirectory(
        at: folder.appendingPathComponent("esp/EFI/Linux/b.efi.extra.d"), withIntermediateDirectories: true)
      let two = try compose(["--sidecars", "esp"], in: folder)
      #expect(two.status == 1 && two.standardError.contains("which one is the image's?"))
      #expect(!FileManager.default.fileExists(atPath: folder.appendingPathComponent("out.efi").path))
    }
  }

  @Test func `a damaged archive is told by inspect`() throws {
    try inFolder { folder in
      #expect(try compose(["--sidecars", "esp"], in: folder).status == 0)
      let place = folder.appendingPathComponent("out.efi")
      var bytes = Array(try Data(contentsOf: place))
      let archive = try #require(bytes.indices.first { bytes[$0...].starts(with: Array("070701".utf8)) })
      bytes[archive + 3] ^= 1
      try Data(bytes).write(to: place)
      let report = try inspect(folder)
      #expect((report.json["problems"] as? [String])?.first?.contains("sidecar archive cannot be read: cpio:") == true)
    }
  }

  @Test func `without a kernel, an add-on is built`() throws {
    try inFolder { folder in
      try Data(PEBuilder().build()).write(to: folder.appendingPathComponent("addon.stub"))
      let output = try Command.run(
        ["compose", "--cmdline", "a  b", "--stub", "addon.stub", "-o", "x.addon.efi"], in: folder)
      #expect(output.status == 0 && output.standardOutput.contains("an add-on to UKIs"))
      let bytes = Array(try Data(contentsOf: folder.appendingPathComponent("x.addon.efi")))
      try bytes.withUnsafeBytes { raw in
        let view = ByteView(raw)
        let headers = try PEHeaders(view)
        let section = try #require(headers.section(named: ".cmdline"))
        #expect(view.matches("a b", at: Int(section.pointerToRawData)) && section.virtualSize == 3)
        let sbat = try #require(headers.section(named: ".sbat"))
        #expect(
          view.slice(Int(sbat.pointerToRawData), count: 300).map { String(decoding: $0.buffer, as: UTF8.self) }?
            .contains("uki-addon,1,") == true)
      }
      // No machine that this runs on has a stub for it.
      let wrong = try Command.run(["compose", "--cmdline", "x", "--efi-arch", "riscv32", "-o", "y"], in: folder)
      #expect(wrong.status == 1 && wrong.standardError.contains("addonriscv32.efi.stub: this machine has no such stub"))
      let more = try Command.run(
        ["compose", "--cmdline", "x", "--stub", "addon.stub", "--emulator", "blob-43620", "-o", "y"], in: folder)
      #expect(more.status == 64)
    }
  }
}
