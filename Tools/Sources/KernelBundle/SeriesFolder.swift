// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Foundation

/// The project's folder as the series sees it: `kernel/`, and what lies beside it that patches take files from.
public struct SeriesFolder: Sendable {
  /// The largest file that is read.
  private static let limit = 16 << 20

  /// Holds `kernel/`.
  public let root: String

  /// - Parameter path: of the folder `kernel/`, or of the one that it is in
  public init(_ path: String) throws(SeriesError) {
    var folder = URL(fileURLWithPath: path).standardizedFileURL
    if !FileManager.default.fileExists(atPath: folder.appending(path: "lines").path) { folder.append(path: "kernel") }
    guard FileManager.default.fileExists(atPath: folder.appending(path: "lines").path) else {
      throw SeriesError(path, "there is no kernel series: neither a file lines nor kernel/lines in this folder")
    }
    // Paths of the series begin with kernel/, whatever a link to it is called.
    guard folder.lastPathComponent == "kernel" else {
      throw SeriesError(path, "the folder of the series has to be called kernel")
    }
    root = folder.deletingLastPathComponent().path
  }

  func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: absolute(path)) }

  func isFolder(_ path: String) -> Bool {
    var folder: ObjCBool = false
    return FileManager.default.fileExists(atPath: absolute(path), isDirectory: &folder) && folder.boolValue
  }

  func bytes(_ path: String) throws(SeriesError) -> [UInt8] {
    try FileReader.bytes(absolute(path), called: path, limit: Self.limit)
  }

  /// The text of a file. Throws when it is no UTF-8.
  func text(_ path: String) throws(SeriesError) -> String {
    guard let text = String(validating: try bytes(path), as: UTF8.self) else {
      throw SeriesError(path, "is not UTF-8 text")
    }
    return text
  }

  /// Whether its owner may execute it.
  func isExecutable(_ path: String) -> Bool {
    let mode = try? FileManager.default.attributesOfItem(atPath: absolute(path))[.posixPermissions] as? NSNumber
    return (mode?.uint32Value ?? 0) & 0o100 != 0
  }

  /// The names in a folder, in the order of their bytes; not those that begin with a dot.
  func names(in path: String) throws(SeriesError) -> [String] {
    do {
      return try FileManager.default.contentsOfDirectory(atPath: absolute(path)).filter { !$0.hasPrefix(".") }.inOrder()
    } catch {
      throw SeriesError(path, "cannot be listed", isIO: true)
    }
  }

  /// Every file below a folder, by its path there.
  func files(below path: String) throws(SeriesError) -> [String] {
    var found: [String] = []
    for name in try names(in: path) {
      let inside = path + "/" + name
      if isFolder(inside) {
        found += try files(below: inside).map { name + "/" + $0 }
      } else {
        found.append(name)
      }
    }
    return found
  }

  /// Lines that say something: without comments and empty ones.
  func entries(_ path: String) throws(SeriesError) -> [String] {
    try text(path).split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
      .filter { !$0.isEmpty && !$0.hasPrefix("#") }
  }

  func absolute(_ path: String) -> String { root + "/" + path }
}

extension [String] {
  /// By bytes, not by the order of characters, which depends on Unicode's version and the locale.
  func inOrder() -> [String] { sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) } }
}
