// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import ArgumentParser
import Authenticode
import Foundation
import SignatureLists
import X509

extension SigningTool: ExpressibleByArgument {}

/// Who signs, and with what program; under ukify's names as well.
struct SigningOptions: ParsableArguments {
  @Option(
    name: [.customLong("sign-key"), .customLong("secureboot-private-key")],
    help: ArgumentHelp(
      "The private key to sign with, PEM; or a PKCS#11 URI (pkcs11:…), which the signing program looks up.",
      valueName: "key"))
  var signKey: String?

  @Option(
    name: [.customLong("sign-cert"), .customLong("secureboot-certificate")],
    help: ArgumentHelp(
      "The key's certificate, PEM; with osslsigncode it may be a PKCS#11 URI as well.", valueName: "certificate"))
  var signCert: String?

  @Option(
    help: ArgumentHelp(
      "The program that signs. By default the first that is there; with SOURCE_DATE_EPOCH osslsigncode comes first, "
        + "since sbsign notes the time of day.", valueName: "tool"))
  var signtool: SigningTool?

  @Option(
    name: [.customLong("signing-engine"), .customLong("engine")],
    help: ArgumentHelp(
      "OpenSSL's engine to load the key by. By default pkcs11 where the key is a PKCS#11 URI.", valueName: "engine"))
  var signingEngine: String?

  @Option(help: ArgumentHelp("The PKCS#11 module, for osslsigncode.", valueName: "file"))
  var pkcs11Module: String?

  /// What is wrong with the options. They are not checked by themselves: a configuration file may fill in some.
  ///
  /// - Parameter needsKey: whether the others are wrong without a key
  func check(needsKey: Bool = true) throws {
    guard (signKey == nil) == (signCert == nil) else {
      throw ValidationError(
        "--sign-key and --sign-cert go together: the key, and the certificate that tells whose it is")
    }
    guard signKey != nil || !needsKey || (signtool == nil && signingEngine == nil && pkcs11Module == nil) else {
      throw ValidationError("--signtool, --signing-engine and --pkcs11-module need --sign-key and --sign-cert")
    }
  }

  /// nil: nothing is to be signed. Throws what is wrong with the key, the certificate or the program.
  func signer() throws -> ImageSigner? {
    guard let signKey, let signCert else { return nil }
    if !ImageSigner.isURI(signKey), !FileManager.default.isReadableFile(atPath: signKey) {
      throw IOProblem(path: signKey, reason: "the key cannot be read")
    }
    return ImageSigner(
      key: signKey, certificate: signCert, parsed: try CertificateFile.one(signCert), tool: try tool(),
      engine: signingEngine, module: pkcs11Module)
  }

  private func tool() throws -> SigningTool {
    if let signtool {
      guard signtool.path != nil else {
        throw Problem(
          path: signtool.rawValue, reason: "the program is not there; Debian has it in the package \(signtool.package)")
      }
      return signtool
    }
    guard let found = SigningTool.preferred.first(where: { $0.path != nil }) else {
      let packages = SigningTool.allCases.map(\.package).joined(separator: " or ")
      throw Problem(path: "signing", reason: "neither sbsign nor osslsigncode is there; install \(packages)")
    }
    return found
  }
}

/// Files of certificates.
enum CertificateFile {
  /// The only certificate of a file; nil for a PKCS#11 URI, which only the signing program can read.
  static func one(_ path: String) throws -> Certificate? {
    guard !ImageSigner.isURI(path) else { return nil }
    let all = try certificates(path)
    guard all.count == 1 else {
      throw Problem(path: path, reason: "\(all.count) certificates; it must be the key's only")
    }
    do { return try Certificate(derEncoded: all[0]) } catch {
      throw Problem(path: path, reason: "not a certificate that can be read: \(error)")
    }
  }

  /// All of a file's, DER, be they written as PEM or DER.
  static func certificates(_ path: String) throws -> [[UInt8]] {
    let bytes = try read(path)
    if bytes.first == 0x30 { return [bytes] }
    let found: [[UInt8]]
    do { found = try SignatureLists.certificates(pem: bytes) } catch { throw Problem(path: path, reason: "\(error)") }
    guard !found.isEmpty else {
      throw Problem(path: path, reason: "no certificate: neither PEM (-----BEGIN CERTIFICATE-----) nor DER")
    }
    return found
  }

  static func lists(_ path: String) throws -> SignatureLists {
    let bytes = try read(path)
    if bytes.first == 0x30, (try? Certificate(derEncoded: bytes)) != nil {
      return SignatureLists(certificates: [bytes])
    }
    do { return try SignatureLists(file: bytes) } catch { throw Problem(path: path, reason: "\(error)") }
  }

  /// What is larger is neither a certificate nor a variable.
  private static let limit = 1 << 20

  private static func read(_ path: String) throws -> [UInt8] {
    guard let handle = FileHandle(forReadingAtPath: path), let data = try? handle.read(upToCount: limit + 1) else {
      throw IOProblem(path: path, reason: "cannot be read")
    }
    guard data.count <= limit else { throw Problem(path: path, reason: "more than 1 MiB: no file of certificates") }
    return Array(data)
  }
}
