// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// The text files that a line's patches have added so far, as later edits leave them.
struct AddedFiles {
  private var contents: [String: [Substring]] = [:]

  /// The content of a file without the end of its last line; nil where no patch has added it.
  subscript(_ path: String) -> String? { contents[path]?.joined(separator: "\n") }

  mutating func add(_ path: String, _ text: String) {
    contents[path] = (text.hasSuffix("\n") ? text.dropLast() : text[...])
      .split(separator: "\n", omittingEmptySubsequences: false)
  }

  /// Applies an edit of a file that a patch has added, or adds it. Of a file of the kernel nothing is known here.
  ///
  /// - Returns: what is wrong with it
  mutating func apply(_ section: EditDiff.Section) -> String? {
    guard let old = section.isNew ? [] : contents[section.path] else { return nil }
    var new: [Substring] = []
    var place = 0
    for line in section.lines.drop(while: { !$0.hasPrefix("@@ ") }) {
      if let hunk = HunkHeader(line) {
        // A range without lines names the line before it.
        let start = hunk.oldLeft == 0 ? hunk.oldStart : hunk.oldStart - 1
        guard start >= place, start <= old.count else { return "'\(line.dropLast())' is outside of the file" }
        new += old[place..<start]
        place = start
        continue
      }
      let text = line.dropFirst().hasSuffix("\n") ? line.dropFirst().dropLast() : line.dropFirst()
      switch line.first {
      case "+": new.append(text)
      case " ", "-":
        guard place < old.count, old[place] == text else {
          return "its line \(place + 1) is not '\(text)' by then"
        }
        if line.hasPrefix(" ") { new.append(text) }
        place += 1
      case "\n":
        guard place < old.count, old[place].isEmpty else { return "its line \(place + 1) is not empty by then" }
        new.append("")
        place += 1
      default: break
      }
    }
    contents[section.path] = new + old[place...]
    return nil
  }
}
