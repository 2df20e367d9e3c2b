// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// `SOURCE.json` of a source tarball: what git knows of a checkout, for a folder that has no git.
struct SourceRecord: Codable {
  /// At the tarball's top.
  static let file = "SOURCE.json"
  static let format = 1

  struct File: Codable, Equatable {
    let path: String
    /// Of the contents; nil for a link.
    let sha256: String?
    /// Where a symbolic link leads to.
    let link: String?
    let executable: Bool
  }

  let format: Int
  let version: String
  /// 40 or 64 hexadecimal digits; nil where it was not known.
  let commit: String?
  /// Of the commit, in seconds since 1970-01-01.
  let date: UInt64
  /// Whether it was not what the commit has.
  let dirty: Bool
  /// All of the tarball but this one, in the order of their bytes.
  let files: [File]

  static func read(_ path: String) throws(ReleaseError) -> SourceRecord {
    let record = try ReleaseJSON.read(
      SourceRecord.self, WholeFile.bytes(path, called: file, limit: 16 << 20), path: file)
    guard record.format == format else {
      throw ReleaseError(file, "has format \(record.format); this virgil knows \(format)")
    }
    guard record.date < 253_402_300_800 else { throw ReleaseError(file, "has a date after the year 9999") }
    if let commit = record.commit, !GitTree.isCommit(commit) { throw ReleaseError(file, "names no commit") }
    for entry in record.files where !SafePath.isSafe(entry.path) || (entry.sha256 == nil) == (entry.link == nil) {
      throw ReleaseError(file, "has an entry that is neither a file nor a link: '\(entry.path)'")
    }
    return record
  }
}
