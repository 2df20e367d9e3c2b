// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// Text as mdoc(7) takes it literally.
enum MdocText {
  /// A line of running text, or of a literal block.
  static func line(_ text: some StringProtocol) -> String {
    var escaped = ""
    for character in text {
      switch character {
      case "\\": escaped += "\\e"
      // A plain dash would become a hyphen, which no shell takes.
      case "-": escaped += "\\-"
      default: escaped.append(character)
      }
    }
    // A dot or an apostrophe in front would make it a request.
    return escaped.hasPrefix(".") || escaped.hasPrefix("'") ? "\\&" + escaped : escaped
  }

  /// A sentence a line, as mdoc wants it, so that the formatter can set the space between them.
  static func sentences(_ text: String) -> [String] {
    var lines: [String] = []
    var words: [Substring] = []
    for word in text.split(separator: " ") {
      words.append(word)
      guard let last = word.last, ".?!".contains(last) else { continue }
      lines.append(line(words.joined(separator: " ")))
      words = []
    }
    if !words.isEmpty { lines.append(line(words.joined(separator: " "))) }
    return lines
  }

  /// An argument of a macro: one word, and no macro's name.
  static func argument(_ text: some StringProtocol) -> String {
    "\"\\&" + line(text).replacing("\"", with: "\\(dq") + "\""
  }
}
