// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Foundation

/// Another program, run for what it prints.
enum ToolRun {
  /// Runs it to its end; what it says on standard error goes to ours.
  ///
  /// - Returns: its standard output
  static func output(of tool: String, _ arguments: [String]) throws -> [UInt8] {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: tool)
    process.arguments = arguments
    let pipe = Pipe()
    process.standardOutput = pipe
    do { try process.run() } catch { throw IOProblem(path: tool, reason: "cannot be started: \(error)") }
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationReason == .exit, process.terminationStatus == 0 else {
      throw Problem(
        path: tool,
        reason: "ended with status \(process.terminationStatus); it was: \(arguments.joined(separator: " "))")
    }
    return Array(data)
  }
}
