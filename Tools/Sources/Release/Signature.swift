// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Foundation

/// The detached signature of `SHA256SUMS`, by `openssl pkeyutl`: the raw signature of the file's bytes, by RSA (PKCS #1
/// v1.5) or ECDSA with SHA-256, or by Ed25519.
///
/// To check it with openssl alone:
///
///     openssl pkeyutl -verify -rawin -pubin -inkey KEY.pub -in SHA256SUMS -sigfile SHA256SUMS.sig
public enum Signature {
  static let file = "SHA256SUMS.sig"

  /// - Parameter key: a PEM file, or a URI that OpenSSL's configured providers know, such as `pkcs11:…`
  static func sign(_ path: String, with key: String, to signature: String) throws(ReleaseError) {
    try require(key)
    let output = try Program.run([
      "openssl", "pkeyutl", "-sign", "-rawin", "-inkey", key, "-in", path, "-out", signature,
    ])
    guard output.isSuccess else {
      throw ReleaseError(key, "openssl does not sign with it: \(firstLine(output.complaint))")
    }
  }

  /// Whether the signature holds.
  ///
  /// - Parameter key: the public key, or a certificate, as a PEM file
  static func verify(_ path: String, _ signature: String, with key: String) throws(ReleaseError) -> Bool {
    let text = try WholeFile.text(key, limit: 1 << 20)
    let form = text.contains("-----BEGIN CERTIFICATE-----") ? "-certin" : "-pubin"
    let known = try Program.run(["openssl", "pkey"] + (form == "-pubin" ? ["-pubin"] : []) + ["-in", key, "-noout"])
    guard form == "-certin" || known.isSuccess else {
      throw ReleaseError(key, "is no public key or certificate in PEM: \(firstLine(known.complaint))")
    }
    return try Program.run([
      "openssl", "pkeyutl", "-verify", "-rawin", form, "-inkey", key, "-in", path, "-sigfile", signature,
    ])
    .isSuccess
  }

  private static func require(_ key: String) throws(ReleaseError) {
    // A scheme of more than a letter: a URI.
    if let colon = key.firstIndex(of: ":"), key[..<colon].count > 1, !key[..<colon].contains("/") { return }
    guard FileManager.default.isReadableFile(atPath: key) else {
      throw ReleaseError(key, "no such key that can be read", isIO: true)
    }
  }

  private static func firstLine(_ text: String) -> Substring {
    text.split(separator: "\n").first ?? "it gives no reason"
  }
}
