// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Foundation

/// What `virgil doctor` says of a machine, in both of its forms.
public struct DoctorReport: Codable, Sendable {
  /// Of the JSON. Fields may be added without a new number.
  public let format: Int
  public let conclusion: [String]
  public let roads: Ability
  public let findings: [Finding]
  public let facts: Facts

  public init(_ facts: Facts) {
    format = 1
    self.facts = facts
    roads = Ability(facts)
    findings = facts.findings
    conclusion = roads.sentences
  }

  public func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(self), as: UTF8.self)
  }

  /// The text, at most 80 columns wide.
  public var text: String {
    let machine = "\(facts.architecture ?? "unknown architecture"), Linux \(facts.kernelRelease ?? "(unknown release)")"
    var lines = [machine, ""]
    for finding in findings {
      lines += Self.wrapped(finding.what, first: Self.label(finding.verdict), rest: Self.indent)
      if let why = finding.why { lines += Self.wrapped(why, first: Self.indent, rest: Self.indent) }
      if let action = finding.action {
        lines += Self.wrapped(action, first: Self.indent + "-> ", rest: Self.indent + "   ")
      }
    }
    return (lines + [""] + Self.wrapped(conclusion.joined(separator: " "), first: "", rest: "")).joined(separator: "\n")
  }

  private static let indent = "          "

  private static func label(_ verdict: Finding.Verdict) -> String {
    let text = verdict == .blocks ? "BLOCKS" : verdict.rawValue
    return text + String(repeating: " ", count: indent.count - text.count)
  }

  private static func wrapped(_ text: String, first: String, rest: String) -> [String] {
    var lines: [String] = []
    var line = first
    var isEmpty = true
    for word in text.split(separator: " ") {
      if !isEmpty, line.count + 1 + word.count > 80 {
        lines.append(line)
        line = rest
        isEmpty = true
      }
      line += isEmpty ? String(word) : " \(word)"
      isEmpty = false
    }
    return lines + [line]
  }
}
