// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Foundation

/// A program made with swift-argument-parser, which is asked about itself.
public struct Program: Sendable {
  public struct Failure: Error, CustomStringConvertible {
    public let path: String
    public let reason: String
    public var description: String { "\(path): \(reason)" }
  }

  public enum Shell: String, CaseIterable, Sendable {
    case bash, zsh, fish

    /// What the shell looks for.
    public func fileName(for program: String) -> String {
      switch self {
      case .bash: "\(program).bash"
      case .zsh: "_\(program)"
      case .fish: "\(program).fish"
      }
    }
  }

  public let path: String
  public init(path: String) { self.path = path }

  public var name: String { URL(fileURLWithPath: path).lastPathComponent }

  public func dump() throws -> CommandDump {
    let output = try run(["--experimental-dump-help"])
    do {
      return try CommandDump(json: output)
    } catch {
      throw Failure(
        path: path,
        reason: "what it says of itself is not understood" + ((error as? CommandDump.Unknown).map { ": \($0)" } ?? ""))
    }
  }

  public func completion(_ shell: Shell) throws -> String {
    String(decoding: try run(["--generate-completion-script", shell.rawValue]), as: UTF8.self)
  }

  private func run(_ arguments: [String]) throws -> Data {
    guard FileManager.default.isExecutableFile(atPath: path) else {
      throw Failure(path: path, reason: "is no program that can be run")
    }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    let output = Pipe()
    process.standardOutput = output
    do {
      try process.run()
    } catch {
      throw Failure(path: path, reason: "cannot be run: \(error.localizedDescription)")
    }
    let data = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw Failure(path: path, reason: "\(arguments[0]) ends with status \(process.terminationStatus)")
    }
    return data
  }
}
