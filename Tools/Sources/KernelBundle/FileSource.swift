// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Foundation

/// A line of a patch's `files`: a path in the kernel's tree, and where its content comes from.
struct FileSource: Equatable, Sendable {
  enum Origin: Equatable, Sendable {
    /// `kernel/linux/`, at the same path.
    case series
    /// Elsewhere in the project.
    case project(String)
    /// The emulator's blob for a target.
    case blob(String)
    /// A header that describes the blob.
    case digest(String)
  }

  let path: String
  let origin: Origin

  /// - Parameters:
  ///   - entry: `PATH` or `PATH < SOURCE`
  ///   - file: for errors
  init(_ entry: String, file: String) throws(SeriesError) {
    let parts = entry.split(separator: "<", omittingEmptySubsequences: false).map {
      $0.trimmingCharacters(in: .whitespaces)
    }
    guard parts.count <= 2, TreePath.isSafe(parts[0]) else {
      throw SeriesError(file, "'\(entry)' is not PATH or PATH < SOURCE, inside the kernel's tree")
    }
    path = parts[0]
    guard parts.count == 2 else {
      origin = .series
      return
    }
    let source = parts[1]
    if let target = Self.target(source, "@blob:") {
      origin = .blob(target)
    } else if let target = Self.target(source, "@digest:") {
      origin = .digest(target)
    } else if !source.hasPrefix("@"), TreePath.isSafe(source) {
      origin = .project(source)
    } else {
      let names = EmulatorBlob.targets.joined(separator: "|")
      throw SeriesError(file, "'\(source)' is not a path of the project, @blob:\(names) or @digest:\(names)")
    }
  }

  private static func target(_ source: String, _ prefix: String) -> String? {
    guard source.hasPrefix(prefix) else { return nil }
    return EmulatorBlob.targets.first { $0 == source.dropFirst(prefix.count) }
  }
}
