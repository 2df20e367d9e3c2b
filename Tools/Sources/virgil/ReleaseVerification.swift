// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Foundation
import Release

/// `virgil release --verify`.
struct ReleaseVerification {
  let path: String
  let key: String?
  let source: String?
  let rebuild: Bool
  let json: Bool

  /// Whether the release is what it says.
  func run() throws -> Bool {
    var started = ContinuousClock.now
    var verification = try Verification(path, key: key) { name in
      guard ContinuousClock.now - started > .seconds(2) else { return }
      started = .now
      complain("looking at \(name)")
    }
    // What is broken already is not built: it may be anything.
    if rebuild, verification.isGood { try Rebuild.run(&verification, checkout: source) { complain($0) } }
    if json {
      print(String(decoding: try ReleaseJSON.bytes(verification), as: UTF8.self), terminator: "")
    } else {
      print(ReleaseText.verification(verification))
    }
    return verification.isGood
  }
}

/// What `virgil release` prints for people.
enum ReleaseText {
  static func plan(_ plan: Release.Plan, _ path: String) -> String {
    var lines = [
      "\(path): virgil \(plan.version), commit \(plan.commit ?? "unknown")\(plan.dirty ? " with changes" : ""), \(plan.date)"
    ]
    for tarball in plan.tarballs {
      lines.append("  \(tarball.files.joined(separator: ", ")): \(tarball.members) files, \(tarball.size) bytes")
    }
    lines += plan.documents.map { "  " + $0 }
    lines.append(plan.signature.map { "  " + $0 } ?? "  no signature: no --sign-key was given")
    return lines.joined(separator: "\n")
  }

  static func verification(_ found: Verification) -> String {
    var lines = [
      "\(found.release): virgil \(found.version ?? "of an unknown version"), commit \(found.commit ?? "unknown")"
    ]
    lines.append(
      "  checksums   \(found.checked.count) files looked at, \(found.findings.isEmpty ? "all as they should be" : "\(found.findings.count) findings")"
    )
    lines.append("  signature   \(signature(found.signature))")
    lines += found.findings.map { "  \($0.file): \($0.reason)" }
    guard let rebuild = found.rebuild else { return (lines + ["  rebuild     not done"]).joined(separator: "\n") }
    lines.append(
      "  rebuild     \(rebuild.same.count) files are the same to the byte, \(rebuild.different.count) differ")
    for file in rebuild.different { lines += ["  \(file.file) differs:"] + file.members.map { "    " + $0 } }
    return (lines + rebuild.reports).joined(separator: "\n")
  }

  private static func signature(_ state: Verification.SignatureState) -> String {
    switch state {
    case .absent: "there is none"
    case .holds: "holds"
    case .broken: "does not hold, or is not there: this is not a release of that key's owner"
    case .unchecked: "there is one; it was not checked: no --key was given"
    }
  }
}

/// `SOURCE_DATE_EPOCH`.
enum SourceDate {
  static func fromEnvironment() throws -> UInt64? {
    guard let text = ProcessInfo.processInfo.environment["SOURCE_DATE_EPOCH"], !text.isEmpty else { return nil }
    guard let seconds = UInt64(text), seconds <= UInt32.max else {
      throw Problem(path: "SOURCE_DATE_EPOCH", reason: "'\(text)' is no number of seconds since 1970")
    }
    return seconds
  }
}
