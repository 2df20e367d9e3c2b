// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// A patch's commit message: an optional `From: ` line, the subject, an empty line, the body.
public struct PatchMessage: Equatable, Sendable {
  /// Linux, Documentation/process/submitting-patches.rst, "The canonical patch format".
  static let subjectLimit = 75

  /// The author, where it is not the series'.
  let author: String?
  public let subject: String
  /// Lines without their ends; the last one is a Signed-off-by.
  let body: [String]

  /// - Parameter path: of the file, for errors
  init(_ text: String, path: String) throws(SeriesError) {
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    while lines.last?.isEmpty == true { lines.removeLast() }
    if let first = lines.first, first.hasPrefix("From: ") {
      author = String(first.dropFirst(6))
      guard MailHeader.isAddress(author!) else {
        throw SeriesError(path, "line 1: '\(first)' is not From: Name <name@example.org>")
      }
      lines.removeFirst()
      if lines.first?.isEmpty == true { lines.removeFirst() }
    } else {
      author = nil
    }
    guard let subject = lines.first, !subject.isEmpty else {
      throw SeriesError(path, "has no subject in its first line")
    }
    guard subject.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7f }) else {
      throw SeriesError(path, "the subject has something else than printable ASCII: '\(subject)'")
    }
    guard subject.utf8.count <= Self.subjectLimit else {
      throw SeriesError(path, "the subject has \(subject.utf8.count) columns; at most \(Self.subjectLimit) are right")
    }
    // git am would take these for its own, or for white space.
    guard !subject.hasPrefix("["), !subject.hasPrefix(" "), !subject.hasSuffix(" "), !subject.contains("  ") else {
      throw SeriesError(path, "the subject begins with a bracket, or has spaces that a mail loses: '\(subject)'")
    }
    guard lines.count > 1, lines[1].isEmpty else { throw SeriesError(path, "the line after the subject is not empty") }
    let body = Array(lines.dropFirst(2))
    for (number, line) in body.enumerated() {
      guard !line.contains("\0"), !line.contains("\r"), !Self.endsMessage(line) else {
        throw SeriesError(path, "'\(line)' (line \(number + 3) from the subject) would end the message in a mail")
      }
    }
    guard let last = body.last, last.hasPrefix("Signed-off-by: "), MailHeader.isAddress(String(last.dropFirst(15)))
    else { throw SeriesError(path, "its last line is no Signed-off-by: Name <name@example.org>") }
    self.subject = subject
    self.body = body
  }

  /// Whether `git mailinfo`, or `git mailsplit`, takes a line for the end of the message.
  static func endsMessage(_ line: String) -> Bool {
    line == "---" || line.hasPrefix("--- ") || line.hasPrefix("diff -") || line.hasPrefix("Index: ")
      || line.hasPrefix("From ")
  }

  /// A file name's part, made from the subject as `git format-patch` does.
  var slug: String {
    var name = ""
    for letter in subject {
      if letter.isASCII, letter.isLetter || letter.isNumber || letter == "_" || (letter == "." && name.last != ".") {
        name.append(letter)
      } else if name.last != "-", !name.isEmpty {
        name.append("-")
      }
    }
    name = String(name.prefix(52))
    while let last = name.last, last == "-" || last == "." { name.removeLast() }
    return name
  }
}
