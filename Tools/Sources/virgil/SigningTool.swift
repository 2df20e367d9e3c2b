// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Foundation

/// A program that makes Authenticode signatures. Keys are its business: files, engines, tokens, passphrases.
enum SigningTool: String, CaseIterable {
  case sbsign
  case osslsigncode

  /// Debian's.
  var package: String { self == .sbsign ? "sbsigntool" : "osslsigncode" }

  /// nil: it is not there.
  var path: String? {
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":")
    return folders.map { "\($0)/\(rawValue)" }.first { FileManager.default.isExecutableFile(atPath: $0) }
  }

  /// In the order in which they are looked for. osslsigncode notes the time that it is told.
  static var preferred: [SigningTool] { epoch == nil ? [.sbsign, .osslsigncode] : [.osslsigncode, .sbsign] }

  /// https://reproducible-builds.org/specs/source-date-epoch
  private static var epoch: String? {
    ProcessInfo.processInfo.environment["SOURCE_DATE_EPOCH"].flatMap { UInt32($0) == nil ? nil : $0 }
  }

  /// What to run.
  func arguments(_ signer: ImageSigner, from input: String, to output: String) -> [String] {
    let isToken = ImageSigner.isURI(signer.key)
    switch self {
    case .sbsign:
      let engine = signer.engine ?? (isToken ? "pkcs11" : nil)
      return (engine.map { ["--engine", $0] } ?? [])
        + ["--key", signer.key, "--cert", signer.certificate, "--output", output, input]
    case .osslsigncode:
      return ["sign", "-h", "sha256"] + (signer.engine.map { ["-pkcs11engine", $0] } ?? [])
        + (signer.module.map { ["-pkcs11module", $0] } ?? [])
        + [ImageSigner.isURI(signer.certificate) ? "-pkcs11cert" : "-certs", signer.certificate]
        + ["-key", signer.key] + (Self.epoch.map { ["-time", $0] } ?? []) + ["-in", input, "-out", output]
    }
  }
}
