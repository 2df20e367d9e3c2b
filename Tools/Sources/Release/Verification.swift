// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import ArchiveWriter
import Crypto
import Foundation
import SystemPackage

/// What is true of a release that somebody has fetched.
public struct Verification: Encodable {
  public enum SignatureState: String, Encodable, Sendable {
    case absent, holds, broken
    /// There is one, and no key was given.
    case unchecked
  }

  /// Something that is not as it has to be.
  public struct Finding: Encodable, Equatable, Sendable {
    public let file: String
    public let reason: String
  }

  /// The folder.
  public let release: String
  public internal(set) var version: String?
  public internal(set) var commit: String?
  public internal(set) var signature: SignatureState
  /// Files whose checksums were looked at.
  public internal(set) var checked: [String] = []
  public internal(set) var findings: [Finding] = []
  /// Nil when nothing was rebuilt.
  public internal(set) var rebuild: Rebuild.Result?

  public var isGood: Bool { findings.isEmpty && signature != .broken && rebuild?.isSame != false }

  let manifest: Manifest?

  enum CodingKeys: String, CodingKey {
    case release, version, commit, signature, checked, findings, rebuild
  }

  /// Checks sums, signature, manifest and the tarballs' contents.
  ///
  /// - Parameters:
  ///   - path: the release's folder, or one of its files
  ///   - key: a public key or a certificate
  ///   - progress: is told which file is looked at
  public init(_ path: String, key: String?, progress: (String) -> Void = { _ in }) throws {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw ReleaseError(path, "no such file or folder", isIO: true)
    }
    let place = URL(fileURLWithPath: path).standardizedFileURL
    let folder = isFolder.boolValue ? place.path : place.deletingLastPathComponent().path
    let only = isFolder.boolValue ? nil : place.lastPathComponent
    release = folder
    let list = folder + "/" + Checksums.file
    guard FileManager.default.fileExists(atPath: list) else {
      throw ReleaseError(folder, "has no \(Checksums.file): a release cannot be verified without it")
    }
    let sums = try Checksums.read(list)
    signature = try Self.signature(list, key: key)
    if let only, only != Checksums.file, sums[only] == nil {
      throw ReleaseError(path, "is not in \(Checksums.file)")
    }
    let manifestPath = folder + "/" + Manifest.file
    let hasManifest = sums[Manifest.file] != nil && FileManager.default.fileExists(atPath: manifestPath)
    manifest = hasManifest ? try? Manifest.read(manifestPath) : nil
    version = manifest?.version
    commit = manifest?.source.commit
    let wanted = sums.keys.filter { only == nil || $0 == only || $0 == Manifest.file }.inOrder()
    for name in wanted { try check(name, sums[name]!, progress) }
    if only == nil { findings += try Self.strangers(folder, sums) }
    try checkManifest(manifestPath, sums, wanted, progress)
  }

  private static func signature(_ list: String, key: String?) throws -> SignatureState {
    let signature = list + ".sig"
    guard FileManager.default.fileExists(atPath: signature) else { return key == nil ? .absent : .broken }
    guard let key else { return .unchecked }
    return try Signature.verify(list, signature, with: key) ? .holds : .broken
  }

  private mutating func check(_ name: String, _ digest: String, _ progress: (String) -> Void) throws {
    let path = release + "/" + name
    guard FileManager.default.fileExists(atPath: path) else {
      findings.append(Finding(file: name, reason: "is in \(Checksums.file), and not there"))
      return
    }
    progress(name)
    checked.append(name)
    if try Digests.sha256(ofFile: path).digest != digest {
      findings.append(Finding(file: name, reason: "is not what \(Checksums.file) says: it was changed or is damaged"))
    }
  }

  /// Files that no sum is kept of.
  private static func strangers(_ folder: String, _ sums: [String: String]) throws -> [Finding] {
    try FileManager.default.contentsOfDirectory(atPath: folder).inOrder()
      .filter { sums[$0] == nil && $0 != Checksums.file && $0 != Signature.file }
      .map { Finding(file: $0, reason: "is not in \(Checksums.file)") }
  }

  private mutating func checkManifest(
    _ path: String, _ sums: [String: String], _ wanted: [String], _ progress: (String) -> Void
  ) throws {
    guard let manifest else {
      if !FileManager.default.fileExists(atPath: path) {
        findings.append(Finding(file: Manifest.file, reason: "is not there, or not in \(Checksums.file)"))
      } else {
        do { _ = try Manifest.read(path) } catch { findings.append(Finding(file: Manifest.file, reason: error.reason)) }
      }
      return
    }
    for file in manifest.tarballs.flatMap({ $0.files.map { ($0.file, $0.sha256) } })
      + manifest.documents.map({ ($0.file, $0.sha256) }) where sums[file.0] != file.1
    {
      findings.append(Finding(file: Manifest.file, reason: "has another sum for \(file.0) than \(Checksums.file)"))
    }
    for tarball in manifest.tarballs {
      for packed in tarball.files
      where wanted.contains(packed.file) && FileManager.default.fileExists(atPath: release + "/" + packed.file) {
        progress(packed.file)
        let contents = TarballCheck(release + "/" + packed.file, tarball, date: manifest.sourceDateEpoch)
        findings += contents.reasons.map { Finding(file: packed.file, reason: $0) }
      }
    }
  }
}
