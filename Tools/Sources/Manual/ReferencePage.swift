// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// Documentation/reference.md: every command, its options, examples and exit statuses, from what the commands say.
public enum ReferencePage {
  /// - Parameter programs: each with its subcommands
  public static func text(_ programs: [CommandDump]) -> String {
    let commands = programs.flatMap(\.all)
    var lines = [
      "<!-- SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only -->", "# The commands", "",
      "Made from the commands' own help by `make reference`; a test holds it to that. `COMMAND --help` has the same, and so",
      "have the manual pages (`make man`).", "", "| command | |", "|---|---|",
    ]
    lines += commands.map { "| [`\(title($0))`](#\(anchor($0))) | \(cell($0.abstract ?? "")) |" }
    for command in commands { lines += [""] + section(command) }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func title(_ command: CommandDump) -> String { command.words.joined(separator: " ") }
  private static func anchor(_ command: CommandDump) -> String { command.words.joined(separator: "-") }

  private static func section(_ command: CommandDump) -> [String] {
    let help = HelpText(command.discussion ?? "")
    var lines = ["## \(title(command))", "", command.abstract ?? ""]
    for part in help.parts {
      switch part {
      case .paragraph(let text): lines += ["", escaped(text)]
      case .block(let block): lines += ["", "```"] + block.lines + ["```"]
      }
    }
    var titles: [String?] = []
    for argument in command.displayed where !titles.contains(argument.sectionTitle) {
      titles.append(argument.sectionTitle)
    }
    for title in titles.sorted(by: { $0 == nil && $1 != nil }) {
      lines += ["", "| \(title ?? "option") | |", "|---|---|"]
      for argument in command.displayed where argument.sectionTitle == title {
        lines.append("| \(head(argument)) | \(cell(argument.sentences.joined(separator: " "))) |")
      }
    }
    for section in help.sections {
      if let table = section.table, !section.title.hasPrefix("EXAMPLE") {
        lines += ["", "| \(section.title.lowercased()) | |", "|---|---|"]
        lines += table.map { "| `\($0.word)` | \(cell($0.text)) |" }
      } else {
        lines += ["", "```sh"] + section.lines + ["```"]
      }
    }
    return lines
  }

  private static func head(_ argument: CommandDump.Argument) -> String {
    let value = argument.valueName.map { "<\($0)>" } ?? ""
    switch argument.kind {
    case .positional: return "`\(value)`"
    case .flag: return argument.sortedNames.map { "`\($0)`" }.joined(separator: ", ")
    case .option: return argument.sortedNames.map { "`\($0) \(value)`" }.joined(separator: ", ")
    }
  }

  private static func cell(_ text: String) -> String { escaped(text).replacing("|", with: "\\|") }

  /// What Markdown would take for its own.
  private static func escaped(_ text: String) -> String {
    text.replacing("*", with: "\\*").replacing("_", with: "\\_").replacing("<", with: "\\<")
  }
}
