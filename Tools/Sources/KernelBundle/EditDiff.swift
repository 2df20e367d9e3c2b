// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// Changes to files that exist: a diff as `git diff` writes it, cut into its files.
struct EditDiff: Equatable, Sendable {
  /// One file's part.
  struct Section: Equatable, Sendable {
    let path: String
    /// Whether the file is made by it.
    let isNew: Bool
    let isExecutable: Bool
    let added, removed: Int
    /// From `diff --git` on, each with its end.
    let lines: [String]

    var text: String { lines.joined() }
  }

  let sections: [Section]

  /// - Parameters:
  ///   - text: what lies before the first `diff --git` is not taken
  ///   - path: of the file, for errors
  init(_ text: String, path: String) throws(SeriesError) {
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { String($0) + "\n" }
    if lines.last == "\n" { lines.removeLast() }
    guard let first = lines.firstIndex(where: { $0.hasPrefix("diff --git ") }) else {
      throw SeriesError(path, "has no line diff --git: it has to be as git diff writes it")
    }
    var sections: [Section] = []
    var start = first
    while start < lines.count {
      let section = try Self.section(lines, from: start, path: path)
      guard !sections.contains(where: { $0.path == section.path }) else {
        throw SeriesError(path, "line \(start + 1): \(section.path) is there twice")
      }
      sections.append(section)
      start += section.lines.count
    }
    self.sections = sections
  }

  private static func section(_ lines: [String], from start: Int, path: String) throws(SeriesError) -> Section {
    func fail(_ number: Int, _ reason: String) -> SeriesError { SeriesError(path, "line \(number + 1): \(reason)") }
    let names = lines[start].dropLast().split(separator: " ").map(String.init)
    guard names.count == 4, names[0] == "diff", names[2].hasPrefix("a/"), names[3].hasPrefix("b/"),
      names[2].dropFirst(2) == names[3].dropFirst(2), TreePath.isSafe(String(names[3].dropFirst(2)))
    else { throw fail(start, "is not diff --git a/PATH b/PATH, both the same and inside the tree") }
    var number = start + 1
    var isNew = false
    var isExecutable = false
    while number < lines.count, !lines[number].hasPrefix("@@ "), !lines[number].hasPrefix("diff --git ") {
      let line = lines[number].dropLast()
      guard ["index ", "--- ", "+++ ", "new file mode ", "old mode ", "new mode "].contains(where: line.hasPrefix)
      else {
        throw fail(number, "'\(line)' is not expected here: edits only change and add text files")
      }
      if line.hasPrefix("new file mode ") { isNew = true }
      if line.hasSuffix("mode 100755") { isExecutable = true }
      number += 1
    }
    var added = 0
    var removed = 0
    while number < lines.count, lines[number].hasPrefix("@@ ") {
      guard var hunk = HunkHeader(lines[number]) else { throw fail(number, "is no hunk's header") }
      number += 1
      while hunk.oldLeft > 0 || hunk.newLeft > 0 || (number < lines.count && lines[number].hasPrefix("\\")) {
        guard number < lines.count, hunk.take(lines[number]) else {
          throw fail(number, "the hunk does not have the lines that its header counts")
        }
        if lines[number].hasPrefix("+") { added += 1 }
        if lines[number].hasPrefix("-") { removed += 1 }
        number += 1
      }
    }
    guard added + removed > 0 else { throw fail(start, "changes nothing") }
    guard number == lines.count || lines[number].hasPrefix("diff --git ") else {
      throw fail(number, "is neither a hunk's line nor the next file's first")
    }
    return Section(
      path: String(names[3].dropFirst(2)), isNew: isNew, isExecutable: isExecutable, added: added, removed: removed,
      lines: Array(lines[start..<number]))
  }
}

/// `@@ -OLD,COUNT +NEW,COUNT @@`, and how many lines of each side are still to come.
struct HunkHeader {
  let oldStart, newStart: Int
  private(set) var oldLeft, newLeft: Int

  init?(_ line: String) {
    let words = line.split(separator: " ", maxSplits: 4)
    guard words.count >= 4, words[0] == "@@", words[3].hasPrefix("@@"), let old = Self.range(words[1], "-"),
      let new = Self.range(words[2], "+")
    else { return nil }
    (oldStart, oldLeft) = old
    (newStart, newLeft) = new
  }

  private static func range(_ word: Substring, _ sign: String) -> (Int, Int)? {
    guard word.hasPrefix(sign) else { return nil }
    let parts = word.dropFirst().split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
    guard (1...2).contains(parts.count), let start = parts[0], let count = parts.count == 2 ? parts[1] : 1,
      (0...0xff_ffff).contains(start), (0...0xff_ffff).contains(count)
    else { return nil }
    return (start, count)
  }

  /// Counts a line of the hunk. False when it does not fit.
  mutating func take(_ line: String) -> Bool {
    switch line.first {
    case "+": newLeft -= 1
    case "-": oldLeft -= 1
    case " ", "\n":
      oldLeft -= 1
      newLeft -= 1
    case "\\": break
    default: return false
    }
    return oldLeft >= 0 && newLeft >= 0
  }
}
