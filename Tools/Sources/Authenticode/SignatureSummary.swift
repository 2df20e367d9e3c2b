// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Foundation
import X509

/// What a report says of a signature. Fields keep their names and meaning.
public struct SignatureSummary: Codable, Sendable, Equatable {
  public struct Signer: Codable, Sendable, Equatable {
    /// nil: the certificate does not go with the signature.
    public var subject: String?
    public var issuer: String?
    public var serialNumber: String
    /// The certificate's; ISO 8601.
    public var notBefore: String?
    public var notAfter: String?
    /// When the signer says that it was signed.
    public var signingTime: String?
    /// Of the certificate's DER.
    public var certificateSHA256: String?
    /// nil: the signer's key has made this signature.
    public var problem: String?
  }

  /// File offset of the certificate table's entry, and its bytes.
  public var offset: Int
  public var size: Int
  /// As `sha256`; nil: unknown.
  public var digestAlgorithm: String?
  /// What was signed: the image's hash.
  public var digest: String?
  /// Whether that is the hash of this image.
  public var matches: Bool
  /// Whether it is, and the signers' keys have made it. Nothing is said of who trusts them.
  public var holds: Bool
  /// Why it does not hold.
  public var problem: String?
  public var signers: [Signer]

  public init(_ signature: ImageSignature) {
    offset = signature.entry.offset
    size = signature.entry.length
    digestAlgorithm = signature.data?.digestAlgorithm?.rawValue
    digest = signature.data.map { Self.hexadecimal($0.digest) }
    matches = signature.isOfImage
    holds = signature.holds
    problem = signature.fault
    signers = signature.signers.map(Signer.init)
  }

  static func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}

extension SignatureSummary.Signer {
  init(_ signer: ImageSignature.Signer) {
    let certificate = signer.certificate
    subject = certificate.map { "\($0.subject)" }
    issuer = (certificate?.issuer ?? signer.info.issuer).map { "\($0)" }
    serialNumber = SignatureSummary.hexadecimal(signer.info.serialNumber.bytes)
    notBefore = certificate?.notValidBefore.formatted(.iso8601)
    notAfter = certificate?.notValidAfter.formatted(.iso8601)
    signingTime = signer.info.signingTime?.formatted(.iso8601)
    certificateSHA256 = certificate.flatMap { $0.derBytes }
      .map { SignatureSummary.hexadecimal(DigestAlgorithm.sha256.hash($0)) }
    problem = signer.fault.map { "\($0)" }
  }
}
