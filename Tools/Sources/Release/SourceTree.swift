// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Foundation

/// The source that a release is made of: a checkout, or an unpacked source tarball.
public struct SourceTree: Sendable {
  public enum Kind: Sendable { case file, executable, link }

  public struct File: Sendable {
    public let path: String
    public let kind: Kind
  }

  /// The one place of the version.
  public static let versionFile = "VERSION"

  public let root: String
  /// As `VERSION` has it.
  public let version: String
  /// What identifies it to git; nil where that is not known.
  public let commit: String?
  /// Of all files in the release, in seconds since 1970-01-01.
  public let date: UInt64
  /// What differs from the commit, or from what the tarball had.
  public let changes: [String]
  /// What goes into the source tarball, in the order of bytes. All paths are safe.
  public let files: [File]

  public var isDirty: Bool { !changes.isEmpty }
  /// In names of files: what is not as committed says so.
  public var fullVersion: String { isDirty ? version + "+dirty" : version }

  /// - Parameter date: instead of the commit's, in seconds since 1970-01-01
  public init(_ root: String, date: UInt64? = nil) throws(ReleaseError) {
    let root = URL(fileURLWithPath: root).standardizedFileURL.path
    self.root = root
    version = try Self.readVersion(root)
    let files: [File]
    if FileManager.default.fileExists(atPath: root + "/.git") {
      let git = GitTree(root: root)
      commit = try git.commit()
      changes = try git.changes()
      if let date { self.date = date } else { self.date = try git.date() }
      files = try git.files(untracked: !changes.isEmpty).filter {
        // What is deleted and not committed yet is among the changes.
        $0.path != SourceRecord.file
          && ($0.kind == .link || FileManager.default.fileExists(atPath: root + "/" + $0.path))
      }
    } else if FileManager.default.fileExists(atPath: root + "/" + SourceRecord.file) {
      let record = try SourceRecord.read(root + "/" + SourceRecord.file)
      guard record.version == version else {
        throw ReleaseError(SourceRecord.file, "is of version \(record.version), VERSION says \(version)")
      }
      commit = record.commit
      self.date = date ?? record.date
      var altered: [SourceRecord.File] = []
      for entry in record.files where try !Self.isSame(entry, in: root) { altered.append(entry) }
      changes = altered.map(\.path) + (record.dirty && altered.isEmpty ? [SourceRecord.file] : [])
      files = record.files.map {
        File(path: $0.path, kind: $0.link != nil ? .link : $0.executable ? .executable : .file)
      }
    } else {
      throw ReleaseError(
        root, "is neither a git checkout nor an unpacked source tarball: no .git, no \(SourceRecord.file)")
    }
    for file in files where !SafePath.isSafe(file.path) {
      throw ReleaseError(file.path, "is no name for a release: printable ASCII without blanks and backslashes is")
    }
    self.files = files.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
  }

  private static func readVersion(_ root: String) throws(ReleaseError) -> String {
    let text = try WholeFile.text(root + "/" + versionFile, called: versionFile, limit: 1 << 10).trimmed
    let allowed = text.utf8.allSatisfy {
      0x30...0x39 ~= $0 || 0x61...0x7a ~= $0 || 0x41...0x5a ~= $0 || $0 == 0x2e || $0 == 0x7e || $0 == 0x2d
    }
    let numbers = text.prefix { "0123456789.".contains($0) }.split(separator: ".", omittingEmptySubsequences: false)
    guard allowed, numbers.count >= 3, numbers.prefix(3).allSatisfy({ !$0.isEmpty }) else {
      throw ReleaseError(versionFile, "'\(text)' is no version such as 1.2.3 or 1.2.3-rc1")
    }
    return text
  }

  static func kind(of path: String) throws(ReleaseError) -> Kind {
    var status = stat()
    guard lstat(path, &status) == 0 else {
      throw ReleaseError(path, String(cString: strerror(errno)), isIO: true)
    }
    switch status.st_mode & S_IFMT {
    case S_IFREG: return status.st_mode & 0o100 != 0 ? .executable : .file
    case S_IFLNK: return .link
    default: throw ReleaseError(path, "is neither file nor link: a release cannot hold it")
    }
  }

  static func target(ofLink path: String) throws(ReleaseError) -> String {
    do {
      return try FileManager.default.destinationOfSymbolicLink(atPath: path)
    } catch {
      throw ReleaseError(path, "is no symbolic link that can be read", isIO: true)
    }
  }

  private static func isSame(_ entry: SourceRecord.File, in root: String) throws(ReleaseError) -> Bool {
    let path = root + "/" + entry.path
    guard let kind = try? kind(of: path) else { return false }
    if let link = entry.link { return kind == .link && (try? target(ofLink: path)) == link }
    guard kind == (entry.executable ? .executable : .file) else { return false }
    return try Digests.sha256(ofFile: path).digest == entry.sha256
  }
}
