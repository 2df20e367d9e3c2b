// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Foundation
import Manual
import Testing

/// Completions do something in the shells that they are for.
@Suite("Completions")
struct CompletionTests {
  private static func inFolder(_ body: (URL) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("virgil-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let program = Executables.folder.appendingPathComponent("virgil").path
    let made = try Executables.run("virgil-manual completions \(program) -o .", in: folder)
    #expect(made == .init(status: 0, standardOutput: "", standardError: ""))
    try Data().write(to: folder.appendingPathComponent("image.efi"))
    try body(folder)
  }

  /// What bash offers for the last of these words.
  private static func bash(_ words: [String], in folder: URL) throws -> [String] {
    let quoted = words.map { "'\($0)'" }.joined(separator: " ")
    let script = """
      source ./virgil.bash
      COMP_WORDS=(\(quoted)); COMP_CWORD=\(words.count - 1); COMP_LINE="\(words.joined(separator: " "))"
      COMP_POINT=${#COMP_LINE}; COMP_TYPE=9
      function=$(complete -p virgil | sed 's/.*-F \\([^ ]*\\).*/\\1/')
      $function virgil "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
      printf '%s\\n' "${COMPREPLY[@]}"
      """
    try script.write(to: folder.appendingPathComponent("try"), atomically: true, encoding: .utf8)
    let output = try Executables.run("bash --norc ./try", in: folder)
    #expect(output.standardError == "")
    return output.standardOutput.split(whereSeparator: \.isNewline).map { $0.trimmingCharacters(in: .whitespaces) }
  }

  @Test func `bash completes commands, options, values and files`() throws {
    if !Surroundings.has("bash") { try Test.cancel("bash is not here") }
    try Self.inFolder { (folder: URL) throws in
      #expect(try Self.bash(["virgil", "comp"], in: folder) == ["compose"])
      #expect(try Self.bash(["virgil", "compose", "--dry"], in: folder) == ["--dry-run"])
      #expect(try Self.bash(["virgil", "boot", "--via", "kexec-f"], in: folder) == ["kexec-file"])
      #expect(try Self.bash(["virgil", "boot", "--nothing-like-it"], in: folder) == [])
      for command in Executables.commands where command.words.first == "virgil" && command.words.count == 2 {
        #expect(try Self.bash(["virgil", String(command.commandName.dropLast())], in: folder) == [command.commandName])
      }
    }
  }

  @Test func `zsh takes its completion`() throws {
    if !Surroundings.has("zsh") { try Test.cancel("zsh is not here") }
    try Self.inFolder { (folder: URL) throws in
      let output = try Executables.run("zsh -f -n _virgil && head -n 1 _virgil", in: folder)
      #expect(output == .init(status: 0, standardOutput: "#compdef virgil\n", standardError: ""))
    }
  }

  @Test func `fish takes its completion, and completes commands`() throws {
    if !Surroundings.has("fish") { try Test.cancel("fish is not here") }
    try Self.inFolder { (folder: URL) throws in
      #expect(try Executables.run("fish --no-execute virgil.fish", in: folder).status == 0)
      let output = try Executables.run(
        "HOME=$PWD fish --no-config -c 'source virgil.fish; complete -C \"virgil comp\"'", in: folder)
      #expect(output.standardOutput.hasPrefix("compose"), "\(output)")
    }
  }
}
