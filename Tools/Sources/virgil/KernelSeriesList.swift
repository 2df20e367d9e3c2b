// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Foundation
import KernelBundle

/// `virgil kernel-bundle --list`: the lines and their patches.
struct KernelSeriesList: Encodable {
  struct Patch: Encodable {
    let name: String
    let subject: String
  }

  struct Line: Encodable {
    let line: String
    let package: String
    let suites: [String]
    let patches: [Patch]
  }

  let lines: [Line]

  /// - Parameter name: of the one line that is wanted; nil: all
  init(_ series: Series, only name: String?) throws {
    let wanted = try name.map { [try series.line($0)] } ?? series.lines
    lines = wanted.map { line in
      Line(
        line: line.name, package: line.package, suites: line.suites,
        patches: series.patches(for: line).map { Patch(name: $0.name, subject: $0.message.subject) })
    }
  }

  func text(json: Bool) throws -> String {
    if json { return try KernelJSON.text(self) }
    return lines.map { line in
      let patches = line.patches.map { "  \($0.name.prefix(2))  \($0.subject)" }
      return (["\(line.line)  \(line.package) (\(line.suites.joined(separator: ", ")))"] + patches)
        .joined(separator: "\n")
    }.joined(separator: "\n")
  }
}

/// The form of what `virgil kernel-bundle` prints with --json.
enum KernelJSON {
  static func text(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }
}
