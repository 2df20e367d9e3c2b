// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// A configuration file as ukify reads them, which is as Python's configparser does: sections in brackets, `Key = value`, a
/// value going on in indented lines, `#` for a comment where a line begins or behind a blank. Of a key that is there
/// again in a section of the same name, the last one counts.
public struct INIFile {
  public struct Entry: Equatable {
    public var section: String
    public var key: String
    /// Without blanks around it; its lines joined by line feeds.
    public var value: String
    /// From 1 on, of the key.
    public var line: Int
  }

  /// A section's name as it stands in brackets, and where.
  public struct Section: Equatable {
    public var name: String
    public var line: Int
  }

  public struct Failure: Error, Equatable, CustomStringConvertible {
    public var line: Int
    public var reason: String
    public var description: String { "line \(line): \(reason)" }

    public init(line: Int, reason: String) {
      self.line = line
      self.reason = reason
    }
  }

  /// In the order of the file; of keys that are there again, the place of the first and the value of the last.
  public private(set) var entries: [Entry] = []
  public private(set) var sections: [Section] = []

  public init(_ text: String) throws(Failure) {
    var section: String?
    // The entry that a line which is indented further goes on with: none behind an empty line, or a new section.
    var continues: (entry: Int, indent: Int)?
    let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    for (index, line) in lines.enumerated() {
      let content = Self.trimmed(Self.withoutComment(line))
      let isComment = content.isEmpty && !Self.trimmed(line).isEmpty
      if content.isEmpty {
        if !isComment { continues = nil }
        continue
      }
      let indent = line.prefix(while: \.isWhitespace).count
      if let (entry, own) = continues, indent > own {
        entries[entry].value += (entries[entry].value.isEmpty ? "" : "\n") + content
        continue
      }
      if content.hasPrefix("[") {
        section = try Self.section(content, line: index + 1)
        sections.append(Section(name: section!, line: index + 1))
        continues = nil
        continue
      }
      guard let section else {
        throw Failure(line: index + 1, reason: "\(content): a section such as [UKI] must come first")
      }
      continues = (try add(content, section: section, line: index + 1), indent)
    }
  }

  /// - Returns: the index of the entry
  private mutating func add(_ content: String, section: String, line: Int) throws(Failure) -> Int {
    guard let equals = content.firstIndex(of: "=") else {
      throw Failure(line: line, reason: "\(content): neither a section nor KEY = VALUE")
    }
    let key = Self.trimmed(content[..<equals])
    guard !key.isEmpty else { throw Failure(line: line, reason: "\(content): there is no key in front of =") }
    let entry = Entry(
      section: section, key: key, value: Self.trimmed(content[content.index(after: equals)...]), line: line)
    if let index = entries.firstIndex(where: { $0.section == section && $0.key == key }) {
      entries[index] = entry
      return index
    }
    entries.append(entry)
    return entries.count - 1
  }

  private static func section(_ content: String, line: Int) throws(Failure) -> String {
    guard content.hasSuffix("]"), content.count > 2 else {
      throw Failure(line: line, reason: "\(content): a section is [NAME], with nothing behind it but a comment")
    }
    return String(content.dropFirst().dropLast())
  }

  private static func withoutComment(_ line: Substring) -> Substring {
    var previous: Character = " "
    for index in line.indices {
      if line[index] == "#", previous.isWhitespace { return line[..<index] }
      previous = line[index]
    }
    return line
  }

  private static func trimmed(_ text: Substring) -> String {
    let front = text.drop(while: \.isWhitespace)
    let end = front.lastIndex { !$0.isWhitespace }
    return end.map { String(front[...$0]) } ?? ""
  }

  private static func trimmed(_ text: String) -> String { trimmed(text[...]) }
}

/// The nearest of several names, for errors.
public enum NearestName {
  /// - Returns: nil when none is near: more than a third of the letters differ
  public static func find(_ name: String, in names: [String]) -> String? {
    let ranked = names.map { ($0, distance(Array(name.lowercased().utf8), Array($0.lowercased().utf8))) }
    guard let best = ranked.min(by: { $0.1 < $1.1 }), best.1 <= max(1, max(name.count, best.0.count) / 3) else {
      return nil
    }
    return best.0
  }

  /// How many letters to add, remove or change (Levenshtein).
  private static func distance(_ a: [UInt8], _ b: [UInt8]) -> Int {
    // What a name in a file has more than this makes it no slip of the pen.
    let a = a.prefix(64)
    var row = Array(0...b.count)
    for (i, letter) in a.enumerated() {
      var diagonal = row[0]
      row[0] = i + 1
      for (j, other) in b.enumerated() {
        let change = diagonal + (letter == other ? 0 : 1)
        diagonal = row[j + 1]
        row[j + 1] = min(change, row[j] + 1, row[j + 1] + 1)
      }
    }
    return row[b.count]
  }
}
