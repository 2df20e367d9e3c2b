// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Bytes
import Foundation
import Testing

@testable import CarriedImage

/// The `virgil` executable beside this test's own.
enum Command {
  struct Output {
    let status: Int32
    let standardOutput: String
    let standardError: String
  }

  private static let program = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    .deletingLastPathComponent().appendingPathComponent("virgil")

  static func run(
    _ arguments: [String], in folder: URL, environment: [String: String] = [:], umask: String = "022"
  ) throws -> Output {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", "umask \(umask); exec \"$0\" \"$@\"", program.path] + arguments
    process.currentDirectoryURL = folder
    process.environment = ProcessInfo.processInfo.environment.filter { $0.key != "VIRGIL_EMULATORS" }
      .merging(environment) { $1 }
    let logs = FileManager.default.temporaryDirectory.appendingPathComponent("virgil-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: logs, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: logs) }
    let files = try ["out", "err"].map { name in
      let url = logs.appendingPathComponent(name)
      try Data().write(to: url)
      return (url, try FileHandle(forWritingTo: url))
    }
    process.standardOutput = files[0].1
    process.standardError = files[1].1
    try process.run()
    process.waitUntilExit()
    let texts = try files.map { try String(contentsOf: $0.0, encoding: .utf8) }
    return Output(status: process.terminationStatus, standardOutput: texts[0], standardError: texts[1])
  }
}

@Suite("virgil compose and virgil inspect")
struct CommandTests {
  private func inFolder(_ body: (URL) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("virgil-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    func write(_ bytes: [UInt8], _ name: String) throws {
      try Data(bytes).write(to: folder.appendingPathComponent(name))
    }
    try write(Fixture.payload(0xaa64).build(), "uki.efi")
    try write(Fixture.blob(), "virgil-aarch64.blob")
    try write(PEBuilder().build(), "stub.efi")
    var kernel = PEBuilder()
    kernel.sections[0].data = pattern(0x700, 8)
    try write(kernel.build(), "vmlinuz")
    try write(Array("text".utf8), "text")
    try write([], "empty")
    try body(folder)
  }

  private func files(_ folder: URL) throws -> Set<String> {
    Set(try FileManager.default.contentsOfDirectory(atPath: folder.path))
  }

  private static let inputs: Set<String> = ["uki.efi", "virgil-aarch64.blob", "stub.efi", "vmlinuz", "text", "empty"]

  @Test func `compose writes the planned file and says how to boot it`() throws {
    try inFolder { folder in
      let output = try Command.run(
        ["compose", "uki.efi", "-o", "out.efi", "--emulator", "virgil-aarch64.blob", "--console", "none"], in: folder)
      #expect(output.status == 0)
      #expect(output.standardError == "")
      // By its name firmware would have found it.
      let expected = try Fixture.carry(
        Fixture.payload(0xaa64).build(), Fixture.blob(), imagePath: "EFI/Linux/out.efi"
      ) { $1 }
      #expect(try Data(contentsOf: folder.appendingPathComponent("out.efi")) == Data(expected))
      #expect(
        output.standardOutput
          == "out.efi: \(expected.count) bytes; boot it with: kexec --load out.efi --command-line=' ' && systemctl kexec\n"
      )
      #expect(try files(folder) == Self.inputs.union(["out.efi"]))
      // The environment names the folder; the result is the same.
      let again = try Command.run(
        ["compose", "uki.efi", "-o", "again.efi", "--console", "none", "--image-path", "EFI/Linux/out.efi"], in: folder,
        environment: ["VIRGIL_EMULATORS": folder.path])
      #expect(again.status == 0)
      #expect(try Data(contentsOf: folder.appendingPathComponent("again.efi")) == Data(expected))
    }
  }

  @Test func `A dry run shows the layout and writes nothing`() throws {
    try inFolder { folder in
      let output = try Command.run(
        ["compose", "uki.efi", "--dry-run", "--emulator", "virgil-aarch64.blob"], in: folder)
      #expect(output.status == 0)
      for word in [".virgil", "headers", ".linux", "kexec --load OUT.efi", "file offset"] {
        #expect(output.standardOutput.contains(word))
      }
      #expect(try files(folder) == Self.inputs)
    }
  }

  @Test func `Parts are built into a carried image in one go`() throws {
    try inFolder { folder in
      let parts = [
        "--linux", "vmlinuz", "--stub", "stub.efi", "--cmdline", "earlycon=pl011,0x9000000", "--section",
        ".extra:@text",
      ]
      let direct = try Command.run(
        ["compose"] + parts + ["-o", "a.efi", "--emulator", "virgil-aarch64.blob", "--image-path", "c.efi"], in: folder)
      #expect(direct.status == 0, "\(direct.standardError)")
      #expect(try Command.run(["compose"] + parts + ["-o", "b.efi", "--no-emulator"], in: folder).status == 0)
      #expect(
        try Command.run(
          ["compose", "b.efi", "-o", "c.efi", "--emulator", "virgil-aarch64.blob", "--image-path", "c.efi"], in: folder
        ).status == 0)
      #expect(
        try Data(contentsOf: folder.appendingPathComponent("a.efi"))
          == Data(contentsOf: folder.appendingPathComponent("c.efi")))
      let report = try Command.run(["inspect", "--json", "a.efi"], in: folder)
      let json = try #require(
        JSONSerialization.jsonObject(with: Data(report.standardOutput.utf8)) as? [String: Any])
      #expect(json["kind"] as? String == "carried-image")
      #expect(json["format"] as? Int == 1)
      let carried = try #require(json["carried"] as? [String: Any])
      #expect(carried["payloadKind"] as? String == "uki")
      let records = try #require(carried["records"] as? [[String: Any]])
      #expect(records.compactMap { $0["console"] as? String } == ["mmio 0x9000000, 32 bits"])
      let text = try Command.run(["inspect", "a.efi"], in: folder).standardOutput
      #expect(text.contains(".extra") && text.contains("earlycon=pl011,0x9000000"))
      #expect(try files(folder) == Self.inputs.union(["a.efi", "b.efi", "c.efi"]))
    }
  }

  @Test func `A refused input is one line, status 1, and leaves nothing`() throws {
    try inFolder { folder in
      let emulator = ["--emulator", "virgil-aarch64.blob"]
      let cases: [([String], String)] = [
        (["compose", "text", "-o", "out.efi"] + emulator, "text: not a PE file: it does not start with \"MZ\""),
        (
          ["compose", "uki.efi", "-o", "out.efi", "--emulator", "text"],
          "text: not an emulator: the file has 4 bytes, 136 are needed"
        ),
        (
          ["compose", "--linux", "vmlinuz", "--stub", "text", "-o", "out.efi"] + emulator,
          "text: the stub cannot be used: not a PE file: it does not start with \"MZ\""
        ),
        (
          ["compose", "--linux", "text", "--stub", "stub.efi", "-o", "out.efi"] + emulator,
          "text: not a PE file: it does not start with \"MZ\""
        ),
        (
          ["compose", "--linux", "vmlinuz", "--stub", "stub.efi", "--cmdline", "@empty", "-o", "out.efi"] + emulator,
          "vmlinuz: section .cmdline would be empty; leave it out"
        ),
        (["inspect", "text"], "text: not a PE file: it does not start with \"MZ\""),
      ]
      for (arguments, message) in cases {
        let output = try Command.run(arguments, in: folder)
        #expect(output.status == 1, "\(arguments)")
        #expect(output.standardError == "virgil: error: \(message)\n")
        #expect(output.standardOutput == "")
      }
      #expect(try files(folder) == Self.inputs)
    }
  }

  @Test func `Wrong usage is status 64, files that cannot be used 74`() throws {
    try inFolder { folder in
      let usage = [
        ["compose"], ["compose", "uki.efi"], ["compose", "uki.efi", "--linux", "vmlinuz", "-o", "x"],
        ["compose", "uki.efi", "--no-emulator", "-o", "x"], ["compose", "uki.efi", "--uname", "text", "-o", "x"],
        ["compose", "uki.efi", "-o", "x", "--console", "nonsense"],
        ["compose", "--linux", "vmlinuz", "--section", "toolongname:x", "-o", "x"], ["inspect"],
      ]
      for arguments in usage { #expect(try Command.run(arguments, in: folder).status == 64, "\(arguments)") }
      let io = [
        (["compose", "absent.efi", "-o", "x"], "absent.efi: cannot read: No such file or directory"),
        (["inspect", "absent.efi"], "absent.efi: cannot read: No such file or directory"),
        (["inspect", "."], ".: cannot read: not a regular file"),
        (
          ["compose", "uki.efi", "-o", "no/folder/x", "--emulator", "virgil-aarch64.blob"],
          "cannot write no/folder/x: No such file or directory"
        ),
        (["compose", "uki.efi", "-o", "x", "--emulator", "absent"], "absent: cannot read: No such file or directory"),
      ]
      for (arguments, message) in io {
        let output = try Command.run(arguments, in: folder)
        #expect(output.status == 74, "\(arguments)")
        #expect(output.standardError == "virgil: error: \(message)\n")
      }
      #expect(try files(folder) == Self.inputs)
    }
  }

  @Test func `whom the next kernel trusts is carried along`() throws {
    try inFolder { folder in
      let certificate = "-----BEGIN CERTIFICATE-----\nMAMCAQU=\n-----END CERTIFICATE-----\n"
      try Data(certificate.utf8).write(to: folder.appendingPathComponent("own.pem"))
      let arguments = ["compose", "uki.efi", "-o", "out.efi", "--emulator", "virgil-aarch64.blob"]
      let output = try Command.run(arguments + ["--db", "own.pem", "--db", "own.pem"], in: folder)
      #expect(output.status == 0, "\(output.standardError)")
      let report = try Command.run(["inspect", "out.efi"], in: folder).standardOutput
      // Two lists of one certificate of five bytes: 28, 16 and 5 bytes each.
      #expect(report.contains("signatures (db), 0x62 bytes"))
      let text = try Command.run(arguments + ["--db", "text"], in: folder)
      #expect(text.status == 1 && text.standardError.contains("text: it holds neither PEM certificates"))
      let none = try Command.run(arguments + ["--db", "none.pem"], in: folder)
      #expect(none.status == 74 && none.standardError.contains("none.pem"))
    }
  }
}
