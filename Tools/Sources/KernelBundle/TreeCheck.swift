// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Foundation

/// Tries a line's patches on copies of the files that they touch. The tree itself is only read.
public struct TreeCheck: Sendable {
  public enum State: String, Encodable, Sendable {
    case applies, applied, conflicts
  }

  /// What keeps a patch out.
  public struct Obstacle: Equatable, Encodable, Sendable {
    public let file: String
    /// Near which line of the file the hunk was expected; nil: it is a matter of the whole file.
    public let line: Int?
    public let reason: String
  }

  public struct Result: Encodable, Sendable {
    public let patch: String
    public let subject: String
    public internal(set) var state: State
    /// Whether `patch` cannot apply it: it has binary files.
    public let needsGit: Bool
    public internal(set) var obstacles: [Obstacle]
  }

  /// What an image's load needs from the configuration, apart from the series' own.
  public static let options = ["CONFIG_KEXEC_FILE", "CONFIG_EFI"]

  public let results: [Result]
  /// Of the tree's configuration, if it has one.
  public let configuration: [String: String]?

  public var appliesWhole: Bool { results.allSatisfy { $0.state == .applies } }
  public var isApplied: Bool { results.allSatisfy { $0.state == .applied } }

  /// - Parameter progress: is told which patch is tried, from 1
  public init(
    _ tree: KernelTree, _ patches: [RenderedPatch], progress: (Int) -> Void = { _ in }
  ) throws(SeriesError) {
    configuration = try tree.configuration(of: Self.options)
    let manager = FileManager.default
    let folder = manager.temporaryDirectory.appending(path: "virgil-check-\(UUID().uuidString)")
    defer { try? manager.removeItem(at: folder) }
    do {
      try manager.createDirectory(at: folder.appending(path: "tree"), withIntermediateDirectories: true)
      try Self.copy(tree, Set(patches.flatMap(\.paths)), to: folder.appending(path: "tree"))
      for (index, patch) in patches.enumerated() {
        try Data(patch.bytes).write(to: folder.appending(path: "\(index)"))
      }
    } catch let error as SeriesError {
      throw error
    } catch {
      throw SeriesError(folder.path, "cannot be written: \(error)", isIO: true)
    }
    let git = Git(folder: folder.appending(path: "tree"))
    // From the last on: what can be taken out is in the tree.
    var applied: Set<Int> = []
    for index in patches.indices.reversed()
    where try git.run(["apply", "--reverse", "../\(index)"]).succeeded { applied.insert(index) }
    var results: [Result] = []
    for (index, patch) in patches.enumerated() {
      progress(index + 1)
      var result = Result(
        patch: patch.fileName, subject: patch.subject, state: applied.contains(index) ? .applied : .applies,
        needsGit: patch.needsGit, obstacles: [])
      let output = try git.run(["apply", "--whitespace=nowarn", "../\(index)"])
      if !output.succeeded {
        result.state = .conflicts
        result.obstacles = Self.obstacles(output.lines, patch)
        // So that the next ones are judged by themselves: what fits is taken.
        _ = try git.run(["apply", "--whitespace=nowarn", "--reject", "../\(index)"])
      }
      results.append(result)
    }
    self.results = results
  }

  private static func copy(_ tree: KernelTree, _ paths: Set<String>, to folder: URL) throws {
    for path in paths {
      let source = URL(fileURLWithPath: tree.path).appending(path: path)
      guard FileManager.default.fileExists(atPath: source.path) else { continue }
      let bytes = try FileReader.bytes(source.path, called: source.path, limit: 64 << 20)
      let place = folder.appending(path: path)
      try FileManager.default.createDirectory(at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(bytes).write(to: place)
    }
  }

  /// Reads what git apply says: `error: patch failed: FILE:LINE`, `error: FILE: REASON`.
  static func obstacles(_ lines: [String], _ patch: RenderedPatch) -> [Obstacle] {
    var found: [Obstacle] = []
    for line in lines where line.hasPrefix("error: ") {
      let text = line.dropFirst(7)
      if text.hasPrefix("patch failed: "), let colon = text.lastIndex(of: ":") {
        let file = String(text[..<colon].dropFirst(14))
        found.append(
          Obstacle(
            file: file, line: Int(text[text.index(after: colon)...]),
            reason: "the lines that the patch changes are not as it expects them"))
        continue
      }
      guard let file = patch.paths.first(where: { text.hasPrefix($0 + ": ") }),
        !found.contains(where: { $0.file == file })
      else { continue }
      let reason = String(text.dropFirst(file.count + 2))
      found.append(Obstacle(file: file, line: nil, reason: Self.reason(reason)))
    }
    return found.isEmpty ? [Obstacle(file: "", line: nil, reason: lines.first ?? "git apply failed")] : found
  }

  private static func reason(_ git: String) -> String {
    switch git {
    case "already exists in working directory", "already exists in index":
      "is in the tree already, and is not what the patch adds: an older series?"
    case "No such file or directory": "is not in the tree"
    default: git
    }
  }
}
