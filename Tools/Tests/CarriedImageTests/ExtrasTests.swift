// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Foundation
import Testing

@testable import CarriedImage

/// An initrd and a command line that go with a finished image: `virgil compose IMAGE --initrd --cmdline`, and what
/// `virgil inspect` says of them.
@Suite("extras")
struct ExtrasTests {
  private func inFolder(_ body: (URL) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("virgil-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    func write(_ name: String, _ bytes: [UInt8]) throws {
      try Data(bytes).write(to: folder.appendingPathComponent(name))
    }
    for machine in [0xaa64, 0x8664] as [UInt16] {
      try write("uki-\(machine).efi", Fixture.payload(machine).build())
      try write("blob-\(machine)", Fixture.blob(machine: machine))
    }
    try write("one", [1, 2, 3, 4, 5])
    try write("two", pattern(9001, 4))
    try write("line", Array("root=/dev/vda1\nquiet\n".utf8))
    try body(folder)
  }

  private func compose(_ arguments: [String], machine: UInt16 = 0xaa64, in folder: URL) throws -> Command.Output {
    try Command.run(
      ["compose", "uki-\(machine).efi", "-o", "out.efi", "--emulator", "blob-\(machine)"] + arguments, in: folder)
  }

  private func inspect(_ folder: URL) throws -> [String: Any] {
    let output = try Command.run(["inspect", "--json", "out.efi"], in: folder)
    #expect(output.status == 0)
    return try #require(JSONSerialization.jsonObject(with: Data(output.standardOutput.utf8)) as? [String: Any])
  }

  private func carried(_ report: [String: Any]) -> [String: Any] { report["carried"] as? [String: Any] ?? [:] }

  @Test(arguments: [0xaa64, 0x8664] as [UInt16])
  func `initrds and a command line are carried, and all of them is covered`(_ machine: UInt16) throws {
    try inFolder { folder in
      let output = try compose(
        ["--initrd", "one", "--initrd", "two", "--cmdline", "a=ä  b"], machine: machine, in: folder)
      #expect(output.status == 0, "\(output.standardError)")
      let report = try inspect(folder)
      #expect(carried(report)["commandLine"] as? String == "a=ä  b")
      // 5 bytes, to the next multiple of 4, 9001 bytes, and again.
      #expect(carried(report)["initrdSize"] as? Int == 8 + 9004)
      #expect((report["uncovered"] as? [Any])?.isEmpty == true && (report["problems"] as? [Any])?.isEmpty == true)
      let sources = (report["initrds"] as? [[String: Any]])?.compactMap { $0["source"] as? String }
      #expect(sources?.starts(with: ["given", "carried"]) == true)
      let file = try Data(contentsOf: folder.appendingPathComponent("out.efi"))
      #expect(file.range(of: Data([1, 2, 3, 4, 5, 0, 0, 0] + pattern(9001, 4) + [0, 0, 0])) != nil)
    }
  }

  @Test func `a file's lines are one line, and a profile is no file`() throws {
    try inFolder { folder in
      for (given, line) in [("@line", "root=/dev/vda1 quiet"), ("@1", "@1"), ("@12 quiet", "@12 quiet")] {
        #expect(try compose(["--cmdline", given], in: folder).status == 0)
        #expect(try carried(inspect(folder))["commandLine"] as? String == line)
      }
      let missing = try compose(["--cmdline", "@none"], in: folder)
      #expect(missing.status == 74 && missing.standardError.contains("none: cannot read"))
    }
  }

  @Test func `what is carried is told before it is written, and how to boot it`() throws {
    try inFolder { folder in
      let output = try compose(["--initrd", "two", "--cmdline", "quiet", "--dry-run"], in: folder)
      #expect(output.status == 0)
      for text in [
        "1. what is given when it is loaded (kexec --initrd)", "2. what it carries along, 9001 bytes", "MiB or more",
        "firmware does not see", "--command-line=' '",
      ] {
        #expect(output.standardOutput.contains(text), "\(output.standardOutput)")
      }
      #expect(!FileManager.default.fileExists(atPath: folder.appendingPathComponent("out.efi").path))
    }
  }

  @Test func `what could not be joined is refused`() throws {
    try inFolder { folder in
      func newc(_ name: String, mode: Int) -> [UInt8] {
        let fields = [0, mode, 0, 0, 1, 0, 0, 0, 0, 0, 0, name.utf8.count + 1, 0]
        let digits = fields.map {
          String(repeating: "0", count: 8 - String($0, radix: 16).count) + String($0, radix: 16)
        }
        let entry = Array(("070701" + digits.joined() + name).utf8) + [0]
        return entry + [UInt8](repeating: 0, count: -entry.count & 3)
      }
      let mark = newc(".virgil-sidecars", mode: 0o040755)
      try Data().write(to: folder.appendingPathComponent("empty"))
      try Data(mark + newc("TRAILER!!!", mode: 0)).write(to: folder.appendingPathComponent("sidecars"))
      try Data(mark + Array("070701".utf8)).write(to: folder.appendingPathComponent("broken"))
      for (arguments, text) in [
        (["--initrd", "empty"], "empty: it is empty"),
        (["--initrd", "sidecars"], "sidecars: it holds sidecars; give"),
        (["--initrd", "broken"], "broken: it begins with sidecars, and their archive is damaged"),
        (["--cmdline", " "], "must be text"),
      ] {
        let output = try compose(arguments, in: folder)
        #expect(output.status == 1 && output.standardError.contains(text), "\(output.standardError)")
        #expect(output.standardError.split(separator: "\n").count == 1)
        #expect(!FileManager.default.fileExists(atPath: folder.appendingPathComponent("out.efi").path))
      }
    }
  }
}
