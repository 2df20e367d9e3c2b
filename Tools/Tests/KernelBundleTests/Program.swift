// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Foundation

/// Runs programs, with an environment that is the same everywhere.
enum Program {
  struct Output {
    let status: Int32
    /// Of both channels.
    let text: String
  }

  /// The `virgil` executable beside this test's own.
  static let virgil = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    .deletingLastPathComponent().appending(path: "virgil").path

  static func run(_ words: [String], in folder: URL, environment: [String: String] = [:]) throws -> Output {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = words
    process.currentDirectoryURL = folder
    let identity = [
      "GIT_AUTHOR_NAME": "T", "GIT_AUTHOR_EMAIL": "t@example.org", "GIT_COMMITTER_NAME": "T",
      "GIT_COMMITTER_EMAIL": "t@example.org", "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1",
      "LC_ALL": "C",
    ]
    process.environment = ProcessInfo.processInfo.environment
      .filter { !$0.key.hasPrefix("VIRGIL_") && !$0.key.hasPrefix("GIT_") && $0.key != "SOURCE_DATE_EPOCH" }
      .merging(identity) { $1 }.merging(environment) { $1 }
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return Output(status: process.terminationStatus, text: text)
  }
}
