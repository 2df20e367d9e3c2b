// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Foundation
import SignatureLists
import Subprocess
import SystemPackage

/// The one key that a guest's firmware trusts with Secure Boot: whoever has it signs what shall start there.
public struct SecureBootKey: Sendable, Equatable {
  /// The private key and its certificate, both PEM.
  public let key: FilePath
  public let certificate: FilePath

  public enum Failure: Error, CustomStringConvertible {
    case unreadable(FilePath)
    case noCertificate(FilePath)
    case noSigner(String)
    case notSigned(FilePath, String)

    public var description: String {
      switch self {
      case .unreadable(let path): "cannot read \(path)"
      case .noCertificate(let path): "\(path) holds not one PEM certificate (-----BEGIN CERTIFICATE-----)"
      case .noSigner(let reason): "cannot run sbsign (Debian has it in sbsigntool): \(reason)"
      case .notSigned(let path, let reason): "sbsign could not sign \(path): \(reason)"
      }
    }
  }

  public init(key: FilePath, certificate: FilePath) {
    self.key = key
    self.certificate = certificate
  }

  /// `KEY:CERTIFICATE`, two paths.
  public init?(_ text: String) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty }) else { return nil }
    self.init(key: FilePath(String(parts[0])), certificate: FilePath(String(parts[1])))
  }

  /// The certificate as the firmware's variables hold it.
  func signatureList() throws(Failure) -> SignatureLists {
    guard let file = FileManager.default.contents(atPath: certificate.string) else { throw .unreadable(certificate) }
    let found = (try? SignatureLists.certificates(pem: Array(file))) ?? []
    guard found.count == 1 else { throw .noCertificate(certificate) }
    return SignatureLists(certificates: found)
  }

  /// Writes a signed copy of an image; a signature that it has already stays, beside the new one.
  func sign(_ image: FilePath, to output: FilePath) async throws {
    do {
      let done = try await Subprocess.run(
        .name("sbsign"),
        arguments: [
          "--key", key.string, "--cert", certificate.string, "--output", output.string, image.string,
        ], output: .discarded, error: .string(limit: 64 << 10))
      guard done.terminationStatus.isSuccess else {
        throw Failure.notSigned(
          image, done.standardError.split(separator: "\n").suffix(2).joined(separator: "; "))
      }
    } catch let error as SubprocessError {
      throw Failure.noSigner(String(describing: error))
    }
  }
}
