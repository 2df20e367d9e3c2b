// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Foundation

/// The mail before the patches: the subject in the first line, then the text.
struct CoverLetter: Equatable, Sendable {
  static let file = "kernel/cover-letter.md"

  let subject: String
  let body: String

  static func read(_ folder: SeriesFolder) throws(SeriesError) -> CoverLetter {
    let lines = try folder.text(file).split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
      .drop { $0.isEmpty || $0.hasPrefix("<!--") }
    guard let first = lines.first else { throw SeriesError(file, "is empty") }
    let subject = first.hasPrefix("# ") ? String(first.dropFirst(2)) : first
    guard subject.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7f }), subject.utf8.count <= PatchMessage.subjectLimit else {
      throw SeriesError(
        file, "its first line is not a subject of \(PatchMessage.subjectLimit) ASCII characters at most")
    }
    for line in lines where line.hasPrefix("From ") || line.contains("\r") {
      throw SeriesError(file, "'\(line)' does not survive a mail")
    }
    return CoverLetter(
      subject: subject,
      body: lines.dropFirst().joined(separator: "\n").trimmingCharacters(in: .newlines))
  }
}
