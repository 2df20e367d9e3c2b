// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Foundation

/// The files of a machine: this one's, or a copy of another's under a folder.
public struct MachineFiles: Sendable {
  /// In front of every path; empty for this machine.
  let root: String

  /// More than that is none of the files that are read here.
  private static let limit = 4 << 20

  public init(root: String) {
    self.root = root.hasSuffix("/") ? String(root.dropLast()) : root
  }

  func path(_ path: String) -> String { root + path }

  func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: self.path(path)) }

  func isExecutable(_ path: String) -> Bool { FileManager.default.isExecutableFile(atPath: self.path(path)) }

  /// The names in a folder, sorted; none where it cannot be read.
  func names(in folder: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: path(folder))) ?? []).sorted()
  }

  /// What a file holds; nil where it is not there, cannot be read, or is no file of this kind.
  func bytes(_ path: String) -> Data? {
    let full = self.path(path)
    var status = stat()
    // A pipe or a device in a copied tree shall not hold us up.
    guard stat(full, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
      let file = FileHandle(forReadingAtPath: full), let data = try? file.read(upToCount: Self.limit)
    else { return nil }
    return data
  }

  /// A file's text without the white space around it.
  func text(_ path: String) -> String? {
    bytes(path).map { String(decoding: $0, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines) }
  }

  func number(_ path: String) -> Int? { text(path).flatMap { Int($0) } }
}
