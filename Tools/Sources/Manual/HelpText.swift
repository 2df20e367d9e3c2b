// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// A command's discussion, taken apart: paragraphs, then sections with a heading in capitals, whose lines are indented.
public struct HelpText: Sendable {
  public struct Section: Sendable {
    public let title: String
    /// Without the indentation that all of them have.
    public let lines: [String]

    /// The lines as `word  text`, which is how EXIT STATUS and ENVIRONMENT are written; nil if one is not. Deeper lines
    /// go on with the one above.
    public var table: [(word: String, text: String)]? {
      var rows: [(word: String, text: String)] = []
      for line in lines {
        if line.hasPrefix("  "), !rows.isEmpty {
          rows[rows.count - 1].text += " " + line.drop { $0 == " " }
          continue
        }
        guard let gap = line.firstRange(of: "  ") else { return nil }
        rows.append((String(line[..<gap.lowerBound]), String(line[gap.upperBound...].drop { $0 == " " })))
      }
      return rows.isEmpty ? nil : rows
    }
  }

  /// What stands in front of the sections, and between them.
  public enum Part: Sendable {
    case paragraph(String)
    /// Indented lines, which stay as they are; without a title.
    case block(Section)
  }

  public private(set) var parts: [Part] = []
  public private(set) var sections: [Section] = []

  public init(_ text: String) {
    var paragraph: [Substring] = []
    var title: Substring?
    var lines: [String] = []
    func endSection() {
      while lines.last == "" { lines.removeLast() }
      if let title {
        sections.append(Section(title: String(title), lines: lines))
      } else if !lines.isEmpty {
        parts.append(.block(Section(title: "", lines: lines)))
      }
      lines = []
    }
    func endParagraph() {
      if !paragraph.isEmpty { parts.append(.paragraph(paragraph.joined(separator: " "))) }
      paragraph = []
    }
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if Self.isHeading(line) {
        endParagraph()
        endSection()
        title = line
      } else if line.hasPrefix("  ") || line.isEmpty && (title != nil || !lines.isEmpty) {
        endParagraph()
        lines.append(String(line.dropFirst(2)))
      } else {
        // Text behind a section belongs to the description all the same.
        endSection()
        title = nil
        if line.isEmpty { endParagraph() } else { paragraph.append(line) }
      }
    }
    endParagraph()
    endSection()
  }

  public func section(_ titles: String...) -> Section? { sections.first { titles.contains($0.title) } }

  private static func isHeading(_ line: Substring) -> Bool {
    !line.isEmpty && line.allSatisfy { $0.isUppercase && $0.isASCII || $0 == " " } && line.first != " "
  }
}
