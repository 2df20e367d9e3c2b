// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Foundation
import Testing

@testable import Manual

/// Manual pages and the reference page say what the commands say, in a form that their readers take.
@Suite("Manual pages")
struct ManualTests {
  private static let commands = Executables.documented.flatMap { name in
    Executables.commands.filter { $0.words.first == name }
  }

  private static func inFolder(_ body: (URL) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("virgil-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder)
  }

  private static func singleSpaced(_ text: String) -> String {
    text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }

  private static var programs: String {
    Executables.documented.map { Executables.folder.appendingPathComponent($0).path }.joined(separator: " ")
  }

  @Test func `Every command has a page, the same each time, and mandoc has nothing against it`() throws {
    if !Surroundings.has("mandoc") { try Test.cancel("mandoc is not here (apt install mandoc)") }
    try Self.inFolder { (folder: URL) throws in
      for name in ["one", "two"] {
        let made = try Executables.run(
          "virgil-manual man \(Self.programs) -o \(name)", in: folder,
          environment: ["SOURCE_DATE_EPOCH": "1764028800", "TZ": name == "one" ? "Pacific/Kiritimati" : "Etc/GMT+12"])
        #expect(made == .init(status: 0, standardOutput: "", standardError: ""))
      }
      #expect(try Executables.run("diff -r one two", in: folder).status == 0)
      let names = try FileManager.default.contentsOfDirectory(atPath: folder.appendingPathComponent("one").path)
      #expect(names.sorted() == Self.commands.map { ManualPage.name($0) + ".1" }.sorted())
      let lint = try Executables.run("mandoc -T lint -W warning one/*", in: folder)
      #expect(lint.status == 0, "\(lint.standardOutput)")
      #expect(lint.standardOutput == "")
    }
  }

  @Test func `Formatted, a page has all options, examples and statuses`() throws {
    if !Surroundings.has("mandoc") { try Test.cancel("mandoc is not here (apt install mandoc)") }
    try Self.inFolder { (folder: URL) throws in
      for command in Self.commands {
        let page = ManualPage(command, siblings: Self.commands, date: "November 25, 2025")
        try page.text.write(to: folder.appendingPathComponent("page"), atomically: true, encoding: .utf8)
        // Without the columns' width lines would be broken in the middle of what is looked for.
        let overstruck = try Executables.run("mandoc -T utf8 -O width=1000 page", in: folder).standardOutput
        // Bold is a letter, a step back, and the letter again.
        let lines = overstruck.replacing(/.\x08/, with: "")
        let text = Self.singleSpaced(lines)
        let help = HelpText(command.discussion ?? "")
        for argument in command.displayed {
          for name in argument.sortedNames { #expect(text.contains(name), "\(page.fileName) lacks \(name)") }
          for sentence in argument.sentences {
            #expect(text.contains(Self.singleSpaced(sentence)), "\(page.fileName) lacks: \(sentence)")
          }
        }
        for line in help.section("EXAMPLES")?.lines ?? [] {
          #expect(text.contains(Self.singleSpaced(line)), "\(page.fileName) lacks: \(line)")
        }
        for row in help.section("EXIT STATUS")?.table ?? [] { #expect(text.contains(Self.singleSpaced(row.text))) }
        for title in ["NAME", "SYNOPSIS", "DESCRIPTION", "EXIT STATUS", "EXAMPLES", "SEE ALSO", "AUTHORS"] {
          #expect(lines.contains("\n\(title)\n"), "\(page.fileName) has no \(title)")
        }
      }
    }
  }

  @Test func `What mdoc would take for its own is taken literally`() {
    #expect(MdocText.line(".Sh no request") == "\\&.Sh no request")
    #expect(MdocText.line("'quoted'") == "\\&'quoted'")
    #expect(MdocText.line("a\\b --c") == "a\\eb \\-\\-c")
    #expect(MdocText.argument("No \"Ar\"") == "\"\\&No \\(dqAr\\(dq\"")
    #expect(MdocText.sentences("One. Two three. Four") == ["One.", "Two three.", "Four"])
  }

  @Test func `The date is the one that is asked for, wherever and whenever`() {
    #expect(PageDate.text(epoch: "0") == "January 1, 1970")
    #expect(PageDate.text(epoch: "951782400") == "February 29, 2000")
    for text in ["", "-1", "1e9", "253402300800", "now"] { #expect(PageDate.text(epoch: text) == nil) }
  }

  @Test func `A help text is taken apart`() {
    let help = HelpText(
      "One\ntwo.\n  a  b\n\nThree.\n\nEXAMPLES\n  a\n\n  b\n\nLast.\n\nEXIT STATUS\n  0   fine\n      so far\n  64  bad"
    )
    let parts = help.parts.map { part in
      switch part {
      case .paragraph(let text): text
      case .block(let block): "[\(block.lines.joined(separator: "|"))]"
      }
    }
    #expect(parts == ["One two.", "[a  b]", "Three.", "Last."])
    #expect(help.section("EXAMPLES")?.lines == ["a", "", "b"])
    let table = help.section("EXIT STATUS")?.table ?? []
    #expect(table.map(\.word) == ["0", "64"])
    #expect(table.map(\.text) == ["fine so far", "bad"])
    #expect(help.section("EXAMPLES")?.table == nil)
  }

  @Test func `The reference page says what the commands say`() throws {
    let text = ReferencePage.text(try Executables.documented.map { try Executables.program($0).dump() })
    let file = Snapshots.repository.appendingPathComponent("Documentation/reference.md")
    #expect(
      try Snapshots.text(of: file, making: text) == text,
      "Documentation/reference.md is not what the commands say; make snapshots makes it anew")
  }
}
