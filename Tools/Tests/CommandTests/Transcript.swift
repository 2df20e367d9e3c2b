// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Foundation

/// A file that shows commands and what they do:
///
///     # a remark; `# needs: WORD...` names programs in PATH and items of the material without which it is skipped
///     $ virgil inspect text
///       a line on standard output
///     ! virgil: error: a line on standard error
///     [1]
///
/// The status is 0 where none is given. `{folder}` is the folder that the commands run in, `{programs}` that of the
/// programs, `{material}` that of the material. A line that ends in ` (re)` is a regular expression, and stays one
/// when the file is made anew.
struct Transcript {
  struct Step {
    var remarks: [String] = []
    var command = ""
    var output: [String] = []
    var errors: [String] = []
    var status: Int32 = 0
  }

  let name: String
  var steps: [Step] = []
  var trailer: [String] = []

  init(name: String, text: String) {
    self.name = name
    var remarks: [String] = []
    for line in text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) {
      if line.hasPrefix("$ ") {
        steps.append(Step(remarks: remarks, command: String(line.dropFirst(2))))
        remarks = []
      } else if line.hasPrefix("  "), !steps.isEmpty {
        steps[steps.count - 1].output.append(String(line.dropFirst(2)))
      } else if line.hasPrefix("! ") || line == "!", !steps.isEmpty {
        steps[steps.count - 1].errors.append(String(line.dropFirst(2)))
      } else if line.hasPrefix("["), line.hasSuffix("]"), !steps.isEmpty {
        steps[steps.count - 1].status = Int32(line.dropFirst().dropLast()) ?? -1
      } else {
        remarks.append(line)
      }
    }
    while remarks.last == "" { remarks.removeLast() }
    trailer = remarks
  }

  var needs: [String] {
    steps.flatMap(\.remarks).filter { $0.hasPrefix("# needs: ") }
      .flatMap { $0.dropFirst("# needs: ".count).split(separator: " ").map(String.init) }
  }

  var text: String {
    var lines: [String] = []
    for step in steps {
      lines += step.remarks + ["$ \(step.command)"]
      lines += step.output.map { "  \($0)" } + step.errors.map { $0.isEmpty ? "!" : "! \($0)" }
      if step.status != 0 { lines.append("[\(step.status)]") }
    }
    return (lines + trailer).joined(separator: "\n") + "\n"
  }
}

extension Transcript.Step {
  /// What a command has done, in this form.
  ///
  /// - Parameter places: texts that are written as placeholders
  init(_ command: String, _ output: Executables.Output, places: [(text: String, name: String)]) {
    self.command = command
    self.output = Self.lines(output.standardOutput, places)
    errors = Self.lines(output.standardError, places)
    status = output.status
  }

  private static func lines(_ text: String, _ places: [(text: String, name: String)]) -> [String] {
    var text = text
    for place in places { text = text.replacing(place.text, with: place.name) }
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    if lines.last == "" { lines.removeLast() }
    return lines
  }

  /// Whether `actual` is as this step wants it.
  func matches(_ actual: Self) -> Bool {
    status == actual.status && Self.match(output, actual.output) && Self.match(errors, actual.errors)
  }

  /// This step, with the regular expressions of `old` for lines that they match.
  func keepingPatterns(of old: Self) -> Self {
    func kept(_ lines: [String], _ old: [String]) -> [String] {
      let patterns = old.filter { $0.hasSuffix(" (re)") }
      return lines.map { line in patterns.first { Self.match($0, line) } ?? line }
    }
    var step = self
    step.output = kept(output, old.output)
    step.errors = kept(errors, old.errors)
    return step
  }

  private static func match(_ wanted: [String], _ actual: [String]) -> Bool {
    wanted.count == actual.count && zip(wanted, actual).allSatisfy(match)
  }

  private static func match(_ wanted: String, _ actual: String) -> Bool {
    guard wanted.hasSuffix(" (re)"), let pattern = try? Regex(String(wanted.dropLast(5))) else {
      return wanted == actual
    }
    return actual.wholeMatch(of: pattern) != nil
  }
}
