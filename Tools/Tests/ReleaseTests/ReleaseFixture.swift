// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Foundation

@testable import Release

/// A small project with what was built of it, in a temporary folder.
struct ReleaseFixture {
  struct Output {
    let status: Int32
    /// Of both channels.
    let text: String
  }

  let folder: URL

  /// This project's own folder.
  static let checkout = (0..<4).reduce(URL(fileURLWithPath: #filePath)) { path, _ in path.deletingLastPathComponent() }
    .path

  /// The `virgil` executable beside this test's own.
  static let virgil = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    .deletingLastPathComponent().appending(path: "virgil").path

  /// Calls `body` with an empty folder.
  static func with<Value>(_ body: (ReleaseFixture) throws -> Value) throws -> Value {
    let folder = FileManager.default.temporaryDirectory.appending(path: "virgil-release-\(UUID().uuidString)")
      .resolvingSymlinksInPath()
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try body(ReleaseFixture(folder: folder))
  }

  /// Calls `body` with a committed checkout in `p` and what was built of it in `p/artefacts`.
  static func withProject(_ body: (ReleaseFixture) throws -> Void) throws {
    try with { fixture in
      let files = [
        "VERSION": "1.2.3\n", ".gitignore": "artefacts/\n", "LICENSES/README.md": "# Licences\n", "README.md": "# It\n",
        "targets/aarch64/a": "a", "Sources/CHandover/include/virgil.h": "/* a */\n", "run": "#!/bin/sh\n",
        "Tools/Package.resolved": #"{"version": 3, "pins": []}"#,
      ]
      for (name, text) in files { try fixture.write("p/" + name, text) }
      try fixture.shell(
        "cd p && chmod +x run && ln -s README.md link && git init -q && git add -Af . && git commit -qm first")
      try fixture.write("p/artefacts/virgil-aarch64.blob", "blob")
      let digest = Digests.sha256(Array("blob".utf8))
      try fixture.write("p/artefacts/virgil-aarch64.json", #"{"sha256": "\#(digest)"}"#)
      try fixture.write("p/artefacts/kernel-bundle/6.12/SHA256SUMS", "")
      try fixture.shell(
        "cd p/artefacts && for f in virgil relocation-fixer virgil-aarch64.elf virgil-aarch64-runtime.elf; do cp /bin/true $f; done"
      )
      try body(fixture)
    }
  }

  func path(_ name: String) -> String { folder.appending(path: name).path }

  func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: path(name)) }

  func make(folder name: String) throws {
    try FileManager.default.createDirectory(atPath: path(name), withIntermediateDirectories: true)
  }

  func write(_ name: String, _ text: String) throws {
    let place = folder.appending(path: name)
    try FileManager.default.createDirectory(at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: place)
  }

  /// Runs commands in the folder. Throws when they fail.
  func shell(_ script: String) throws {
    let output = try run(["sh", "-ec", script])
    guard output.status == 0 else { throw ReleaseError(script, output.text) }
  }

  /// Runs `virgil release` in the project.
  func release(_ arguments: [String], environment: [String: String] = [:]) throws -> Output {
    try run([Self.virgil, "release"] + arguments, in: "p", environment: environment)
  }

  private func run(_ words: [String], in place: String = "", environment: [String: String] = [:]) throws -> Output {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = words
    process.currentDirectoryURL = folder.appending(path: place)
    let identity = [
      "GIT_AUTHOR_NAME": "T", "GIT_AUTHOR_EMAIL": "t@example.org", "GIT_COMMITTER_NAME": "T",
      "GIT_COMMITTER_EMAIL": "t@example.org", "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1",
      "LC_ALL": "C",
      "GIT_COMMITTER_DATE": "1700000000 +0000", "GIT_AUTHOR_DATE": "1700000000 +0000",
    ]
    process.environment = ProcessInfo.processInfo.environment
      .filter { name, _ in
        !["VIRGIL_", "GIT_", "GITHUB_", "GITLAB_", "CI_"].contains { name.hasPrefix($0) } && name != "SOURCE_DATE_EPOCH"
      }
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
