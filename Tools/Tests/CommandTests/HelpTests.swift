// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Foundation
import Manual
import Testing

/// Every command that there is has a help text with examples and exit statuses, and it is the one that was looked at.
@Suite("Help texts")
struct HelpTests {
  static let commands = Executables.commands.map { $0.words.joined(separator: " ") }

  private static let folder = Snapshots.folder.appendingPathComponent("Help")

  @Test func `The programs say which commands they have`() {
    #expect(Self.commands.contains("virgil compose"))
    #expect(Self.commands.contains("relocation-fixer"))
    #expect(Self.commands.contains("virgil-manual"))
  }

  @Test(arguments: commands) func `A help text is the one that is kept`(_ command: String) throws {
    let output = try Executables.run("\(command) --help", in: FileManager.default.temporaryDirectory)
    #expect(output.status == 0)
    #expect(output.standardError == "")
    let file = Self.folder.appendingPathComponent(command.replacing(" ", with: "-") + ".txt")
    let kept = try Snapshots.text(of: file, making: output.standardOutput)
    #expect(
      kept == output.standardOutput,
      "\(file.lastPathComponent) is not what \(command) --help says; if that is right: make snapshots")
  }

  @Test func `No text is kept of a command that is gone`() throws {
    let expected = Set(Self.commands.map { $0.replacing(" ", with: "-") + ".txt" })
    for name in try FileManager.default.contentsOfDirectory(atPath: Self.folder.path) where !expected.contains(name) {
      if Snapshots.isMaking {
        try FileManager.default.removeItem(at: Self.folder.appendingPathComponent(name))
      } else {
        Issue.record("\(name) belongs to no command; make snapshots removes it")
      }
    }
  }

  @Test(arguments: Executables.commands.map { $0.words.joined(separator: " ") })
  func `A help text has examples of the command, and exit statuses`(_ name: String) throws {
    let command = try #require(Executables.commands.first { $0.words.joined(separator: " ") == name })
    let help = HelpText(command.discussion ?? "")
    #expect(command.abstract?.hasSuffix(".") == true)
    let examples = try #require(help.section("EXAMPLES"), "\(name) has no EXAMPLES")
    #expect(examples.lines.contains { $0.contains(name) })
    let statuses = try #require(help.section("EXIT STATUS")?.table, "\(name) has no table below EXIT STATUS")
    let numbers = statuses.compactMap { Int($0.word) }
    #expect(numbers.count == statuses.count && numbers == numbers.sorted(), "\(statuses)")
    #expect(numbers.contains(0) && numbers.contains(64))
    for argument in command.displayed {
      let name = argument.sortedNames.last ?? argument.valueName ?? ""
      #expect(argument.abstract?.isEmpty == false, "\(name) has no help")
      #expect(
        argument.abstract.map { $0.hasSuffix(".") || $0.hasSuffix(")") } == true, "\(name): \(argument.abstract ?? "")")
    }
  }
}
