// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Foundation
import Manual
import Testing

/// The commands as scripts meet them: what they print, where, and the status that they end with.
@Suite("Transcripts")
struct TranscriptTests {
  private static let folder = Snapshots.folder.appendingPathComponent("Transcripts")

  static let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? [])
    .filter { $0.hasSuffix(".txt") }.sorted()

  private static func read(_ name: String) throws -> Transcript {
    Transcript(name: name, text: try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8))
  }

  @Test(arguments: names) func `Commands do what the transcript shows`(_ name: String) throws {
    var transcript = try Self.read(name)
    if let missing = transcript.needs.first(where: { !Surroundings.has($0) }) {
      try Test.cancel("\(name) needs \(missing), which is not here")
    }
    let folder = try Surroundings.makeFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    for (index, step) in transcript.steps.enumerated() {
      let output = try Executables.run(step.command, in: folder)
      var actual = Transcript.Step(step.command, output, places: Surroundings.places(in: folder))
      actual.remarks = step.remarks
      if step.matches(actual) { continue }
      if Snapshots.isMaking {
        transcript.steps[index] = actual.keepingPatterns(of: step)
      } else {
        var shown = Transcript(name: name, text: "")
        shown.steps = [actual]
        Issue.record("\(name): instead of what the transcript has (if that is right: make snapshots)\n\(shown.text)")
      }
    }
    if Snapshots.isMaking {
      try transcript.text.write(to: Self.folder.appendingPathComponent(name), atomically: true, encoding: .utf8)
    }
  }

  /// A status that is documented and never seen may be wrong.
  @Test(arguments: HelpTests.commands) func `Each documented exit status is provoked`(_ name: String) throws {
    let command = try #require(Executables.commands.first { $0.words.joined(separator: " ") == name })
    let table = HelpText(command.discussion ?? "").section("EXIT STATUS")?.table ?? []
    let documented = Set(table.compactMap { Int32($0.word) })
    let steps = try Self.names.flatMap { try Self.read($0).steps }
    let longer = HelpTests.commands.filter { $0.hasPrefix(name + " ") }
    let seen = steps.filter { step in
      Self.calls(step.command, name) && !longer.contains { Self.calls(step.command, $0) }
    }.map(\.status)
    #expect(
      documented.subtracting(seen).isEmpty, "\(name): no transcript ends with \(documented.subtracting(seen).sorted())")
    #expect(
      Set(seen).subtracting(documented).isEmpty,
      "\(name): its help does not tell of \(Set(seen).subtracting(documented))")
  }

  /// Whether a line of shell calls this command, perhaps with variables set in front.
  private static func calls(_ line: String, _ command: String) -> Bool {
    let words = line.split(separator: " ").drop { $0.contains("=") }
    return words.starts(with: command.split(separator: " "))
  }

  @Test func `A transcript is written as it was read`() throws {
    for name in Self.names {
      let text = try String(contentsOf: Self.folder.appendingPathComponent(name), encoding: .utf8)
      #expect(Transcript(name: name, text: text).text == text, "\(name) is not in the form that make snapshots writes")
    }
  }

  @Test func `Patterns stay when a transcript is made anew`() {
    let step = Transcript(name: "", text: "$ x\n  made at \\d+ (re)\n").steps[0]
    let actual = Transcript.Step(
      "x", .init(status: 0, standardOutput: "more\nmade at 12\n", standardError: ""), places: [])
    #expect(actual.keepingPatterns(of: step).output == ["more", "made at \\d+ (re)"])
  }

  @Test func `A transcript that is wrong is noticed`() {
    let step = Transcript(name: "", text: "$ x\n  a\n  b\\d+ (re)\n! c\n[3]\n").steps[0]
    func actual(_ output: String, _ errors: String, _ status: Int32) -> Transcript.Step {
      .init("x", .init(status: status, standardOutput: output, standardError: errors), places: [])
    }
    #expect(step.matches(actual("a\nb12\n", "c\n", 3)))
    #expect(!step.matches(actual("a\nb\n", "c\n", 3)))
    #expect(actual("d\nb7\n", "", 1).keepingPatterns(of: step).output == ["d", "b\\d+ (re)"])
    #expect(!step.matches(actual("a\nb12\n", "c\n", 1)))
    #expect(!step.matches(actual("a\nb12\n", "", 3)))
    #expect(!step.matches(actual("a\nb12\nd\n", "c\n", 3)))
  }
}
