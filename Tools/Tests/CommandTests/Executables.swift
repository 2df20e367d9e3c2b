// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Foundation
import Manual

/// The programs under test, as they were built.
enum Executables {
  /// Beside this test's own.
  static let folder = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()

  static let names = ["virgil", "relocation-fixer", "virgil-manual"]

  /// Those that users get, with pages of their own.
  static let documented = ["virgil", "relocation-fixer"]

  static func program(_ name: String) -> Program { Program(path: folder.appendingPathComponent(name).path) }

  /// Every command and subcommand there is.
  static let commands: [CommandDump] = (try? names.flatMap { try program($0).dump().all }) ?? []

  struct Output: Equatable {
    let status: Int32
    let standardOutput: String
    let standardError: String
  }

  /// Runs a line of shell, in which the programs under test are found by name.
  static func run(_ line: String, in folder: URL, environment extra: [String: String] = [:]) throws -> Output {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", line]
    process.currentDirectoryURL = folder
    let own = ProcessInfo.processInfo.environment
    let path = Self.folder.path + ":" + (own["PATH"] ?? "/usr/bin:/bin")
    // Help texts are as wide as the terminal; nothing shall come from the caller's settings.
    process.environment = [
      "PATH": path, "HOME": own["HOME"] ?? "/", "LC_ALL": "C.UTF-8", "COLUMNS": "80", "TZ": "UTC",
      "REPOSITORY": Snapshots.repository.path,
    ]
    .merging(own.filter { $0.key == "XDG_CACHE_HOME" || $0.key == "LD_LIBRARY_PATH" }) { $1 }.merging(extra) { $1 }
    let logs = FileManager.default.temporaryDirectory.appendingPathComponent("virgil-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: logs, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: logs) }
    // Files, not pipes: what is written never blocks.
    let files = try ["out", "err"].map { name in
      let url = logs.appendingPathComponent(name)
      try Data().write(to: url)
      return (url, try FileHandle(forWritingTo: url))
    }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = files[0].1
    process.standardError = files[1].1
    try process.run()
    process.waitUntilExit()
    let texts = try files.map { String(decoding: try Data(contentsOf: $0.0), as: UTF8.self) }
    return Output(status: process.terminationStatus, standardOutput: texts[0], standardError: texts[1])
  }
}

/// Files that were made by an earlier run and are compared with what is so now (`make snapshots` makes them anew).
enum Snapshots {
  static let isMaking = ProcessInfo.processInfo.environment["VIRGIL_MAKE_SNAPSHOTS"] != nil

  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()

  static let repository = folder.deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// The file's text; when snapshots are made, `text` after it was written there.
  static func text(of url: URL, making text: String) throws -> String? {
    if isMaking {
      try FileManager.default.createDirectory(
        at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      try text.write(to: url, atomically: true, encoding: .utf8)
    }
    return try? String(contentsOf: url, encoding: .utf8)
  }
}
