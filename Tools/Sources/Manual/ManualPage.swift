// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// A command's manual page, in mdoc(7), from what the command says of itself.
public struct ManualPage: Sendable {
  /// `virgil-compose.1`
  public let fileName: String
  public let text: String

  /// - Parameters:
  ///   - command: one of `siblings`
  ///   - siblings: all commands of the project that have a page
  ///   - date: as in `November 25, 2026`
  public init(_ command: CommandDump, siblings: [CommandDump], date: String) {
    let name = Self.name(command)
    fileName = "\(name).1"
    let help = HelpText(command.discussion ?? "")
    var lines = [
      ".\\\" SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only",
      ".\\\" Made from the command's help by virgil-manual.",
      ".Dd \(date)", ".Dt \(name.uppercased()) 1", ".Os",
      ".Sh NAME", ".Nm \(name)", ".Nd \(Self.withoutDot(command.abstract ?? ""))",
    ]
    lines += Self.synopsis(command)
    lines += Self.description(command, help)
    lines += Self.options(command)
    for section in help.sections where !["EXAMPLE", "EXAMPLES", "EXIT STATUS"].contains(section.title) {
      lines += [".Sh \(section.title)"] + Self.body(section)
    }
    if let section = help.section("EXIT STATUS") { lines += [".Sh EXIT STATUS"] + Self.body(section) }
    if let section = help.section("EXAMPLE", "EXAMPLES") {
      lines += [".Sh EXAMPLES", ".Bd -literal -offset indent"] + section.lines.map(MdocText.line) + [".Ed"]
    }
    lines += Self.seeAlso(command, siblings)
    lines += [
      ".Sh HISTORY", ".Nm", "is part of Virgil, which lets kexec boot EFI images.",
      ".Sh AUTHORS", ".An The authors of Virgil",
    ]
    text = lines.joined(separator: "\n") + "\n"
  }

  static func name(_ command: CommandDump) -> String { command.words.joined(separator: "-") }

  private static func withoutDot(_ text: String) -> String {
    MdocText.line(text.hasSuffix(".") ? text.dropLast() : text[...])
  }

  private static func synopsis(_ command: CommandDump) -> [String] {
    var lines = [".Sh SYNOPSIS", ".Nm \(command.words.joined(separator: " "))"]
    if command.all.count > 1 { return lines + [".Ar command", ".Op Ar argument ..."] }
    let options = command.displayed.filter { $0.kind != .positional }
    // Many options are no help in one line.
    if options.count > 12 {
      lines.append(".Op Ar option ...")
      lines += options.filter { !$0.isOptional }.map { ".\(use($0))" }
    } else {
      lines += options.map { $0.isOptional ? ".Op \(use($0))" : ".\(use($0))" }
    }
    for argument in command.displayed where argument.kind == .positional {
      let value = "Ar \(MdocText.argument(argument.valueName ?? "argument"))" + (argument.isRepeating ? " ..." : "")
      lines.append(argument.isOptional ? ".Op \(value)" : ".\(value)")
    }
    return lines
  }

  private static func use(_ option: CommandDump.Argument) -> String {
    let name = option.preferredName?.text ?? option.sortedNames.last ?? ""
    return flag(name) + (option.kind == .option ? " Ar \(MdocText.argument(option.valueName ?? "value"))" : "")
  }

  /// `Fl` writes the first dash.
  private static func flag(_ name: String) -> String { "Fl \(MdocText.line(name.dropFirst()))" }

  private static func description(_ command: CommandDump, _ help: HelpText) -> [String] {
    var lines = [".Sh DESCRIPTION"]
    let parts = help.parts.isEmpty ? [.paragraph(command.abstract ?? "")] : help.parts
    for (index, part) in parts.enumerated() {
      switch part {
      case .paragraph(let text): lines += (index == 0 ? [] : [".Pp"]) + MdocText.sentences(text)
      case .block(let block): lines += body(block)
      }
    }
    let commands = command.all.dropFirst()
    if !commands.isEmpty {
      lines += [".Pp", "The commands are as follows:", ".Bl -tag -width Ds"]
      for command in commands {
        lines += [".It Xr \(name(command)) 1"] + MdocText.sentences(command.abstract ?? "")
      }
      lines.append(".El")
    }
    return lines
  }

  private static func options(_ command: CommandDump) -> [String] {
    guard !command.displayed.isEmpty else { return [] }
    // Those of a group may be far from each other: the groups' order is that of their first ones.
    var titles: [String?] = []
    for argument in command.displayed where !titles.contains(argument.sectionTitle) {
      titles.append(argument.sectionTitle)
    }
    var lines = [".Sh OPTIONS"]
    for title in titles.sorted(by: { $0 == nil && $1 != nil }) {
      if let title { lines.append(".Ss \(MdocText.line(title))") }
      lines.append(".Bl -tag -width Ds")
      for argument in command.displayed where argument.sectionTitle == title { lines += item(argument) }
      lines.append(".El")
    }
    return lines
  }

  private static func item(_ argument: CommandDump.Argument) -> [String] {
    let value = "Ar \(MdocText.argument(argument.valueName ?? "value"))"
    let head =
      switch argument.kind {
      case .positional: value
      case .flag: argument.sortedNames.map(flag).joined(separator: " , ")
      case .option: argument.sortedNames.map { "\(flag($0)) \(value)" }.joined(separator: " , ")
      }
    return [".It \(head)"] + argument.sentences.flatMap(MdocText.sentences)
  }

  private static func body(_ section: HelpText.Section) -> [String] {
    guard let table = section.table else {
      return [".Bd -literal -offset indent"] + section.lines.map(MdocText.line) + [".Ed"]
    }
    return [".Bl -tag -width Ds"]
      + table.flatMap { [".It \(MdocText.argument($0.word))"] + MdocText.sentences($0.text) } + [".El"]
  }

  /// The project's own pages, and those of the programs that it works with.
  private static func seeAlso(_ command: CommandDump, _ siblings: [CommandDump]) -> [String] {
    let own = siblings.filter { $0.words != command.words && $0.words.first == command.words.first }
    let others = [("systemctl", 1), ("ukify", 1), ("systemd-stub", 7), ("kexec", 8)]
    let pages = (own.map { (name($0), 1) } + others).sorted { ($0.1, $0.0) < ($1.1, $1.0) }
    return [".Sh SEE ALSO"]
      + pages.enumerated().map { ".Xr \($1.0) \($1.1)" + ($0 == pages.count - 1 ? "" : " ,") }
  }
}
