// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Foundation

/// A command as it describes itself with `--experimental-dump-help` (swift-argument-parser, version 0 of the form).
public struct CommandDump: Decodable, Sendable {
  public struct Argument: Decodable, Sendable {
    public enum Kind: String, Decodable, Sendable { case positional, option, flag }
    public struct Name: Decodable, Sendable {
      public let kind: String
      public let name: String
      /// With its dashes.
      public var text: String { (kind == "long" ? "--" : "-") + name }
    }

    public let kind: Kind
    public let shouldDisplay: Bool
    public let sectionTitle: String?
    public let isOptional: Bool
    public let isRepeating: Bool
    public let names: [Name]?
    public let preferredName: Name?
    public let valueName: String?
    public let defaultValue: String?
    public let allValues: [String]?
    public let abstract: String?
    public let discussion: String?
  }

  public let commandName: String
  public let superCommands: [String]?
  public let shouldDisplay: Bool
  public let abstract: String?
  public let discussion: String?
  public let subcommands: [CommandDump]?
  public let arguments: [Argument]?

  /// The words that call it: `["virgil", "compose"]`.
  public var words: [String] { (superCommands ?? []) + [commandName] }

  /// It and all below it, but `help`, which ArgumentParser adds.
  public var all: [CommandDump] {
    [self] + (subcommands ?? []).filter { $0.commandName != "help" && $0.shouldDisplay }.flatMap(\.all)
  }

  public var displayed: [Argument] { (arguments ?? []).filter(\.shouldDisplay) }

  /// Reads what the program printed.
  public init(json: Data) throws {
    struct Header: Decodable { let serializationVersion: Int; let command: CommandDump }
    let header = try JSONDecoder().decode(Header.self, from: json)
    guard header.serializationVersion == 0 else { throw Unknown(version: header.serializationVersion) }
    self = header.command
  }

  struct Unknown: Error, CustomStringConvertible {
    let version: Int
    var description: String { "its --experimental-dump-help has version \(version), and only 0 is known" }
  }
}

extension CommandDump.Argument {
  /// All names, short ones first, as help texts have them.
  public var sortedNames: [String] {
    (names ?? []).map(\.text).sorted { ($0.hasPrefix("--") ? 1 : 0, $0) < ($1.hasPrefix("--") ? 1 : 0, $1) }
  }

  /// What is said of it: its help, which values there are and which one is taken when none is given.
  public var sentences: [String] {
    var sentences = [abstract, discussion].compactMap { $0 }.filter { !$0.isEmpty }
    if let values = allValues, !values.isEmpty { sentences.append("One of \(values.joined(separator: ", ")).") }
    if let value = defaultValue, kind != .flag { sentences.append("The default is \(value).") }
    return sentences
  }
}
