// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import AtomicFile
import Foundation
import Guests
import Synchronization
import SystemPackage

/// Prints what a guest does while it runs, and keeps its log.
final class BootReport: Sendable {
  private let printsLines: Bool
  private let printsPhases: Bool
  private let log: Mutex<[UInt8]>?

  /// A guest that prints without end shall not take all memory.
  private static let logLimit = 64 << 20

  init(printsLines: Bool, printsPhases: Bool, keepsLog: Bool) {
    self.printsLines = printsLines
    self.printsPhases = printsPhases
    log = keepsLog ? Mutex([]) : nil
  }

  func take(_ event: Guest.Event) {
    switch event {
    case .line(let line): if printsLines { write(line + "\n", to: .standardOutput) }
    case .phase(let phase, let time):
      if printsPhases { complain("\(String(format: "%6.2f", time.seconds)) s  \(phase.text)") }
    case .bytes(let bytes):
      log?.withLock { log in log += bytes.prefix(Self.logLimit - log.count) }
    }
  }

  func writeLog(to path: FilePath) throws {
    try log?.withLock { log in try log.withUnsafeBytes { try AtomicFile.write($0, to: path) } }
  }
}

/// The result of a boot as `--json` prints it.
struct BootSummary: Encodable {
  var outcome: String
  var reason: String?
  var phase: String
  var seconds: Double
  /// When each phase began, in seconds since the start of QEMU.
  var phases: [String: Double]
  var qemuExit: String
  var marks: [String: String]
  var first: [String: String]
  var differences: [String]
  var lastLines: [String]

  init(_ result: GuestResult, differences: [String]) {
    switch result.outcome {
    case .reached: outcome = differences.isEmpty ? "passed" : "different"
    case .failed(let reason):
      outcome = "failed"
      self.reason = reason
    case .timedOut: outcome = "timed-out"
    }
    phase = result.phase.rawValue
    seconds = Self.rounded(result.duration)
    phases = Dictionary(result.phases.map { ($0.phase.rawValue, Self.rounded($0.at)) }) { first, _ in first }
    qemuExit = result.exit.rawValue
    marks = Dictionary(result.marks.map { ($0.key, $0.value) }) { _, last in last }
    first = Dictionary(result.first.map { ($0.key, $0.value) }) { _, last in last }
    self.differences = differences
    lastLines = result.outcome == .reached ? [] : result.lastLines
  }

  func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(self), as: UTF8.self)
  }

  private static func rounded(_ duration: Duration) -> Double { (duration.seconds * 1000).rounded() / 1000 }
}

extension GuestProgress.Phase {
  fileprivate var text: String {
    switch self {
    case .starting: "started"
    case .first: "first kernel is up"
    case .loading: "loading the image"
    case .executing: "entering the image"
    case .second: "second kernel is up"
    case .end: "last mark"
    }
  }
}

/// A line on standard error.
func complain(_ what: Any) { write("virgil: \(what)\n", to: .standardError) }

/// Writes unbuffered, so that lines appear as they come. A closed pipe is no reason to fail.
private func write(_ text: String, to file: FileDescriptor) {
  var text = text
  _ = try? text.withUTF8 { try file.writeAll($0) }
}
