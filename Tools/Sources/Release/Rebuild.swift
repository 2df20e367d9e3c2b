// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import ArchiveWriter
import Foundation
import SystemPackage

/// Builds a release again and compares.
public enum Rebuild {
  public struct Result: Encodable, Sendable {
    /// Files that are the same to the byte.
    public let same: [String]
    public let different: [Difference]
    /// diffoscope's reports of them, where it is installed.
    public let reports: [String]

    public var isSame: Bool { different.isEmpty }
  }

  public struct Difference: Encodable, Equatable, Sendable {
    public let file: String
    /// What differs inside; never empty.
    public let members: [String]
  }

  /// - Parameters:
  ///   - checkout: has the release's commit; nil: the release's own source tarball is built
  ///   - progress: is told what is done
  public static func run(
    _ verification: inout Verification, checkout: String?, progress: (String) -> Void
  ) throws {
    guard let manifest = verification.manifest else {
      throw ReleaseError(verification.release, "has no manifest that can be read: nothing says what to build")
    }
    guard !manifest.source.dirty || checkout == nil else {
      throw ReleaseError(verification.release, "was made of a source that no commit has: leave out --source")
    }
    let work = FileManager.default.temporaryDirectory.appending(path: "virgil-rebuild-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: work) }
    do {
      try FileManager.default.createDirectory(atPath: work, withIntermediateDirectories: true)
    } catch {
      throw ReleaseError(work, "cannot be made: \(error.localizedDescription)", isIO: true)
    }
    let source: String
    if let checkout {
      source = try clone(checkout, manifest, into: work)
    } else {
      source = try unpack(verification.release, manifest, into: work)
    }
    let output = work + "/release"
    progress("building \(manifest.name) \(manifest.version) again in \(source)")
    var environment = ["SOURCE_DATE_EPOCH": "\(manifest.sourceDateEpoch)", "MAKEFLAGS": "", "MFLAGS": ""]
    for name in ["VIRGIL_EMULATORS", "VIRGIL_KERNEL_SERIES"] { environment[name] = "" }
    var words = ["make", "release", "RELEASE=\(output)"]
    if let uri = manifest.source.uri { words.append("SOURCE_URI=\(uri)") }
    if manifest.source.dirty { words.append("ALLOW_DIRTY=1") }
    guard try Program.show(words, in: source, environment: environment) == 0 else {
      throw ReleaseError(source, "make release failed there: what it said is above")
    }
    verification.rebuild = try compare(verification.release, output, manifest, progress)
  }

  private static func unpack(_ release: String, _ manifest: Manifest, into work: String) throws -> String {
    let files = manifest.tarballs.first { $0.part == Part.Kind.source.rawValue }?.files.map(\.file) ?? []
    guard let name = files.first(where: { FileManager.default.fileExists(atPath: release + "/" + $0) }) else {
      throw ReleaseError(release, "has no source tarball to build; give --source CHECKOUT, or --no-rebuild")
    }
    return try Unpacker.unpack(release + "/" + name, into: work)
  }

  private static func clone(_ checkout: String, _ manifest: Manifest, into work: String) throws -> String {
    guard let commit = manifest.source.commit, GitTree.isCommit(commit) else {
      throw ReleaseError(checkout, "the manifest names no commit to build; leave out --source")
    }
    let place = work + "/source"
    for words in [
      ["git", "clone", "--quiet", "--shared", "--no-checkout", checkout, place],
      ["git", "-C", place, "checkout", "--quiet", "--detach", commit],
    ] {
      let output = try Program.run(words)
      guard output.isSuccess else { throw ReleaseError(checkout, "commit \(commit): \(output.complaint)") }
    }
    return place
  }

  /// Compares all but what says who has built, and the sums that follow from it.
  private static func compare(
    _ release: String, _ again: String, _ manifest: Manifest, _ progress: (String) -> Void
  ) throws -> Result {
    let names = manifest.tarballs.flatMap { $0.files.map(\.file) } + manifest.documents.map(\.file) + [Manifest.file]
    var same: [String] = []
    var different: [Difference] = []
    var reports: [String] = []
    var reported: Set<String> = []
    for name in names.inOrder() where FileManager.default.fileExists(atPath: release + "/" + name) {
      let (one, other) = (release + "/" + name, again + "/" + name)
      guard FileManager.default.fileExists(atPath: other) else {
        different.append(Difference(file: name, members: ["is not in the rebuilt release"]))
        continue
      }
      if try Digests.sha256(ofFile: one).digest == Digests.sha256(ofFile: other).digest {
        same.append(name)
        continue
      }
      different.append(Difference(file: name, members: try FileDifference.lines(one, other)))
      // One of the ways in which a tar archive is packed says it all, and the documents follow from the archives.
      let archive = manifest.tarballs.first { $0.files.contains { $0.file == name } }?.name
      if let archive, reported.insert(archive).inserted, Program.isInstalled("diffoscope") {
        progress("diffoscope looks at \(name)")
        // Its status is 1 where files differ.
        reports.append(try Program.run(["diffoscope", "--text", "-", one, other]).text)
      }
    }
    return Result(same: same, different: different, reports: reports)
  }
}
