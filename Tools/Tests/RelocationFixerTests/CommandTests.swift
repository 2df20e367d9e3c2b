// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import ELF
import Foundation
import RelocationFixer
import Testing

/// The command as a script meets it: files, one line, exit status.
@Suite("The command")
struct CommandTests {
  /// Beside this test's own executable.
  private static let command = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    .deletingLastPathComponent().appendingPathComponent("relocation-fixer")

  private func inFolder(_ body: (Toolchain) throws -> Void) throws {
    let toolchain = try Toolchain()
    defer { toolchain.remove() }
    let fixture = try Fixture.of(.aarch64)
    try Data(fixture.emulator).write(to: toolchain.folder.appendingPathComponent("emulator.elf"))
    try Data(fixture.runtime).write(to: toolchain.folder.appendingPathComponent("runtime.elf"))
    try body(toolchain)
  }

  private func files(_ toolchain: Toolchain) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: toolchain.folder.path).sorted()
  }

  @Test func `It writes blob and description, says so in one line, and does the same again`() throws {
    try inFolder { toolchain in
      let arguments = ["emulator.elf", "--runtime", "runtime.elf", "-o"]
      let first = try toolchain.run(Self.command, arguments + ["virgil.blob"])
      #expect(first.status == 0)
      #expect(first.standardError == "")
      #expect(first.standardOutput.split(separator: "\n").count == 1)
      #expect(first.standardOutput.hasPrefix("virgil: aarch64, "))
      let plain = try EmulatorBlob(
        prove(Fixture.of(.aarch64).emulator), runtime: prove(Fixture.of(.aarch64).runtime, as: .runtime), name: "virgil"
      )
      let expected = try PackedBlob(plain)
      #expect(try toolchain.read("virgil.blob") == expected.bytes)
      #expect(try toolchain.read("virgil.json") == expected.description.json())

      let again = try toolchain.run(
        Self.command, arguments + ["virgil.blob", "--description", "other.json", "--json"])
      #expect(again.status == 0)
      #expect(try toolchain.read("virgil.blob") == expected.bytes)
      #expect(try toolchain.read("other.json") == Array(again.standardOutput.utf8))
      #expect(try files(toolchain) == ["emulator.elf", "other.json", "runtime.elf", "virgil.blob", "virgil.json"])

      #expect(try toolchain.run(Self.command, arguments + ["virgil.blob", "--plain"]).status == 0)
      #expect(try toolchain.read("virgil.blob") == plain.bytes)
      #expect(try toolchain.read("virgil.json") == plain.description.json())
    }
  }

  @Test func `A blob over the limit is refused, and leaves nothing`() throws {
    try inFolder { toolchain in
      let packed = try PackedBlob(EmulatorBlob(prove(Fixture.of(.aarch64).emulator), name: "virgil")).bytes.count
      let over = try toolchain.run(
        Self.command, ["emulator.elf", "-o", "virgil.blob", "--limit", String(packed - 1)])
      #expect(over.status == 1)
      #expect(
        over.standardError == "relocation-fixer: error: emulator.elf: the blob takes \(packed) bytes; "
          + "expected at most \(packed - 1)\n")
      #expect(try files(toolchain) == ["emulator.elf", "runtime.elf"])
      #expect(
        try toolchain.run(Self.command, ["emulator.elf", "-o", "virgil.blob", "--limit", String(packed)]).status == 0)
    }
  }

  @Test func `A refused file leaves nothing, and its reason is one line`() throws {
    try inFolder { toolchain in
      try toolchain.write("not an ELF file", "text")
      let output = try toolchain.run(Self.command, ["text", "-o", "virgil.blob"])
      #expect(output.status == 1)
      #expect(
        output.standardError
          == "relocation-fixer: error: text: not an ELF file: it does not start with 7f 45 4c 46\n")
      let swapped = try toolchain.run(Self.command, ["runtime.elf", "-o", "virgil.blob"])
      #expect(swapped.status == 1)
      #expect(swapped.standardError.hasPrefix("relocation-fixer: error: runtime.elf: section "))
      #expect(swapped.standardError.split(separator: "\n").count == 1)
      #expect(try files(toolchain) == ["emulator.elf", "runtime.elf", "text"])
    }
  }

  @Test func `Wrong usage and files that cannot be read or written have their own status`() throws {
    try inFolder { toolchain in
      #expect(try toolchain.run(Self.command, ["emulator.elf"]).status == 64)
      #expect(try toolchain.run(Self.command, ["emulator.elf", "-o", "/"]).status == 64)
      let absent = try toolchain.run(Self.command, ["absent.elf", "-o", "virgil.blob"])
      #expect(absent.status == 74)
      #expect(absent.standardError.hasPrefix("relocation-fixer: error: cannot read absent.elf"))
      let unwritable = try toolchain.run(Self.command, ["emulator.elf", "-o", "no/such/folder/virgil.blob"])
      #expect(unwritable.status == 74)
      #expect(unwritable.standardError.contains("cannot write no/such/folder/virgil.blob"))
      #expect(try toolchain.run(Self.command, ["--help"]).standardOutput.contains("EXAMPLE"))
    }
  }
}
