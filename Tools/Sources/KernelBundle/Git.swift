// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Foundation

/// The git program, in a folder that is no repository, without the user's settings.
struct Git {
  struct Output {
    let succeeded: Bool
    /// What it said on both channels, a line each.
    let lines: [String]
  }

  let folder: URL

  /// Throws when there is no git.
  func run(_ arguments: [String]) throws(SeriesError) -> Output {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["git", "-c", "core.autocrlf=false", "-c", "core.whitespace="] + arguments
    process.currentDirectoryURL = folder
    var environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("GIT_") }
    environment["LC_ALL"] = "C"
    environment["GIT_CONFIG_NOSYSTEM"] = "1"
    environment["GIT_CONFIG_GLOBAL"] = "/dev/null"
    environment["GIT_CEILING_DIRECTORIES"] = folder.deletingLastPathComponent().resolvingSymlinksInPath().path
    process.environment = environment
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    process.standardInput = FileHandle.nullDevice
    do { try process.run() } catch { throw SeriesError("git", "cannot be started: \(error)", isIO: true) }
    let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    guard process.terminationReason == .exit, process.terminationStatus != 127 else {
      throw SeriesError("git", "is not installed, or was ended by a signal: it is needed to try patches", isIO: true)
    }
    return Output(succeeded: process.terminationStatus == 0, lines: text.split(separator: "\n").map(String.init))
  }
}
