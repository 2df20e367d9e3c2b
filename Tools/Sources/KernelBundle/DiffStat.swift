// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// The table of changed files between a mail's message and its diff.
struct DiffStat {
  struct Entry {
    let path: String
    let added, removed: Int
    /// The size of a new binary file.
    let binarySize: Int?
  }

  let entries: [Entry]
  /// The column that the longest bar ends in.
  private static let width = 76

  var text: String {
    let names = entries.map(\.path.count).max() ?? 0
    let counts = entries.map { $0.binarySize == nil ? "\($0.added + $0.removed)".count : 3 }.max() ?? 0
    let most = entries.map { $0.added + $0.removed }.max() ?? 0
    let room = max(10, Self.width - names - counts - 5)
    func bar(_ count: Int) -> Int { most <= room || count == 0 ? count : max(1, count * room / most) }
    func padded(_ text: String, _ width: Int, left: Bool) -> String {
      let spaces = String(repeating: " ", count: max(0, width - text.count))
      return left ? spaces + text : text + spaces
    }
    var lines = entries.map { entry -> String in
      let start = " \(padded(entry.path, names, left: false)) | "
      if let size = entry.binarySize { return start + padded("Bin", counts, left: true) + " 0 -> \(size) bytes" }
      let bars = String(repeating: "+", count: bar(entry.added)) + String(repeating: "-", count: bar(entry.removed))
      return start + padded("\(entry.added + entry.removed)", counts, left: true) + " " + bars
    }
    lines.append(" " + summary)
    return lines.joined(separator: "\n") + "\n"
  }

  private var summary: String {
    func counted(_ count: Int, _ noun: String, _ sign: String) -> String {
      "\(count) \(noun)\(count == 1 ? "" : "s")\(sign)"
    }
    let added = entries.map(\.added).reduce(0, +), removed = entries.map(\.removed).reduce(0, +)
    var parts = ["\(entries.count) file\(entries.count == 1 ? "" : "s") changed"]
    if added > 0 || removed == 0 { parts.append(counted(added, "insertion", "(+)")) }
    if removed > 0 || added == 0 { parts.append(counted(removed, "deletion", "(-)")) }
    return parts.joined(separator: ", ")
  }
}
