// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// `manifest.json`: what a release consists of, for programs. `schemas/release-manifest-1.json` describes it; fields keep
/// their names and meaning.
public struct Manifest: Codable, Equatable, Sendable {
  static let file = "manifest.json"
  static let schema = "urn:virgil:schema:release-manifest:1"
  static let schemaFile = "schemas/release-manifest-1.json"

  public struct Source: Codable, Equatable, Sendable {
    /// Nil where git's commit is not known.
    public let commit: String?
    /// Where the source is kept, if the builder knows.
    public let uri: String?
    public let dirty: Bool
  }

  public struct Member: Codable, Equatable, Sendable {
    public enum Kind: String, Codable, Sendable { case file, link }

    /// Below the tarball's top folder.
    public let path: String
    public let type: Kind
    /// Octal, four digits.
    public let mode: String
    /// In bytes.
    public let size: Int
    public let sha256: String?
    /// Where a link leads to.
    public let target: String?
  }

  public struct Packed: Codable, Equatable, Sendable {
    public let file: String
    public let compression: String
    /// In bytes.
    public let size: Int64
    public let sha256: String
  }

  /// A tarball and the ways in which it is packed.
  public struct Tarball: Codable, Equatable, Sendable {
    /// Also of its top folder.
    public let name: String
    public let part: String
    public let summary: String
    public let licence: String
    /// Of the tar archive itself, in bytes.
    public let size: Int64
    public let sha256: String
    public let files: [Packed]
    public let members: [Member]
  }

  public struct Document: Codable, Equatable, Sendable {
    public let file: String
    /// `SPDX-2.3`, `CycloneDX-1.6`.
    public let form: String
    public let size: Int64
    public let sha256: String
  }

  public let schema: String
  public let name: String
  public let version: String
  /// RFC 3339, UTC.
  public let date: String
  /// The same in seconds since 1970-01-01.
  public let sourceDateEpoch: UInt64
  public let source: Source
  public let tarballs: [Tarball]
  public let documents: [Document]

  static func read(_ path: String) throws(ReleaseError) -> Manifest {
    let manifest = try ReleaseJSON.read(Manifest.self, WholeFile.bytes(path, limit: 64 << 20), path: path)
    guard manifest.schema == schema else {
      throw ReleaseError(path, "is of schema \(manifest.schema); this virgil knows \(schema)")
    }
    for name in manifest.tarballs.flatMap({ $0.files.map(\.file) + [$0.name] }) + manifest.documents.map(\.file)
    where !SafePath.isName(name) {
      throw ReleaseError(path, "'\(name)' is no name of a file in the release's folder")
    }
    return manifest
  }
}
