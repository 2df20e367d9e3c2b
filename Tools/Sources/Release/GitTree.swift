// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// What git knows of a checkout.
struct GitTree {
  let root: String

  static func isCommit(_ text: String) -> Bool {
    [40, 64].contains(text.utf8.count) && text.utf8.allSatisfy { 0x30...0x39 ~= $0 || 0x61...0x66 ~= $0 }
  }

  func commit() throws(ReleaseError) -> String {
    let text = try git(["rev-parse", "--verify", "HEAD^{commit}"]).trimmed
    guard Self.isCommit(text) else { throw ReleaseError(root, "git names no commit, but '\(text)'") }
    return text
  }

  /// HEAD's, in seconds since 1970-01-01.
  func date() throws(ReleaseError) -> UInt64 {
    let text = try git(["log", "-1", "--format=%ct", "HEAD"]).trimmed
    guard let date = UInt64(text) else { throw ReleaseError(root, "HEAD has no date, but '\(text)'") }
    return date
  }

  /// What differs from HEAD, files that are not tracked included: SwiftPM would compile them.
  func changes() throws(ReleaseError) -> [String] {
    try git(["status", "--porcelain", "-z", "--no-renames", "--untracked-files=all"])
      .split(separator: "\0").map { String($0.dropFirst(3)) }.inOrder()
  }

  /// The tracked files, by their modes; with `untracked`, those as well that are neither tracked nor ignored.
  func files(untracked: Bool) throws(ReleaseError) -> [SourceTree.File] {
    var files: [SourceTree.File] = []
    for entry in try git(["ls-files", "--stage", "-z"]).split(separator: "\0") {
      // MODE OBJECT STAGE<tab>PATH
      let halves = entry.split(separator: "\t", maxSplits: 1)
      guard halves.count == 2 else { continue }
      let path = String(halves[1])
      switch halves[0].prefix(6) {
      case "100644": files.append(SourceTree.File(path: path, kind: .file))
      case "100755": files.append(SourceTree.File(path: path, kind: .executable))
      case "120000": files.append(SourceTree.File(path: path, kind: .link))
      default: throw ReleaseError(path, "is neither file nor link in git's index: a release cannot hold it")
      }
    }
    if untracked {
      for path in try git(["ls-files", "--others", "--exclude-standard", "-z"]).split(separator: "\0") {
        files.append(SourceTree.File(path: String(path), kind: try SourceTree.kind(of: root + "/" + path)))
      }
    }
    return files
  }

  private func git(_ arguments: [String]) throws(ReleaseError) -> String {
    // What an outer git has set is about another repository.
    let outer = ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_OBJECT_DIRECTORY"]
    var environment = ["LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0"]
    for name in outer { environment[name] = "" }
    let output = try Program.run(
      ["git", "-c", "core.autocrlf=false", "-c", "core.fsmonitor=false"] + arguments, in: root, environment: environment
    )
    guard output.isSuccess else {
      throw ReleaseError(root, "git \(arguments[0]) failed: \(output.complaint)", isIO: true)
    }
    return output.text
  }
}

extension String {
  var trimmed: String {
    var text = self[...]
    while let last = text.last, last.isWhitespace { text.removeLast() }
    while let first = text.first, first.isWhitespace { text.removeFirst() }
    return String(text)
  }
}
