// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Foundation

/// Runs other programs and waits for them.
enum Program {
  struct Output {
    let status: Int32
    let bytes: [UInt8]
    /// What it said on standard error.
    let complaint: String

    var text: String { String(decoding: bytes, as: UTF8.self) }
    var isSuccess: Bool { status == 0 }
  }

  /// Runs a program that PATH has, and takes what it prints. Throws when there is none of that name.
  ///
  /// - Parameter environment: replaces or adds variables; the empty string takes one away
  static func run(
    _ words: [String], in folder: String? = nil, environment: [String: String] = [:]
  ) throws(ReleaseError) -> Output {
    let complaints = FileManager.default.temporaryDirectory.appending(path: "virgil-stderr-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: complaints) }
    guard FileManager.default.createFile(atPath: complaints.path, contents: nil),
      let errors = FileHandle(forWritingAtPath: complaints.path)
    else { throw ReleaseError(complaints.path, "cannot be written", isIO: true) }
    let pipe = Pipe()
    let process = try make(words, folder, environment)
    process.standardOutput = pipe
    process.standardError = errors
    // Passphrases are asked for on the terminal itself.
    process.standardInput = FileHandle.nullDevice
    try start(process, words[0])
    let bytes = [UInt8](pipe.fileHandleForReading.readDataToEndOfFile())
    process.waitUntilExit()
    let complaint = (try? String(contentsOf: complaints, encoding: .utf8)) ?? ""
    return Output(
      status: try status(process, words[0]), bytes: bytes,
      complaint: complaint.trimmingCharacters(in: .whitespacesAndNewlines))
  }

  /// Runs a program whose output goes to standard error, where the user sees it.
  static func show(
    _ words: [String], in folder: String? = nil, environment: [String: String] = [:]
  ) throws(ReleaseError) -> Int32 {
    let process = try make(words, folder, environment)
    process.standardOutput = FileHandle.standardError
    process.standardInput = FileHandle.nullDevice
    try start(process, words[0])
    process.waitUntilExit()
    return try status(process, words[0])
  }

  static func isInstalled(_ name: String) -> Bool {
    (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
      .contains { FileManager.default.isExecutableFile(atPath: "\($0)/\(name)") }
  }

  private static func make(
    _ words: [String], _ folder: String?, _ changes: [String: String]
  ) throws(ReleaseError) -> Process {
    guard isInstalled(words[0]) else { throw ReleaseError(words[0], "is not installed, and is needed", isIO: true) }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = words
    if let folder { process.currentDirectoryURL = URL(fileURLWithPath: folder) }
    process.environment = ProcessInfo.processInfo.environment.merging(changes) { $1 }.filter { !$0.value.isEmpty }
    return process
  }

  private static func start(_ process: Process, _ name: String) throws(ReleaseError) {
    do { try process.run() } catch { throw ReleaseError(name, "cannot be started: \(error)", isIO: true) }
  }

  private static func status(_ process: Process, _ name: String) throws(ReleaseError) -> Int32 {
    guard process.terminationReason == .exit else { throw ReleaseError(name, "was ended by a signal", isIO: true) }
    return process.terminationStatus
  }
}
