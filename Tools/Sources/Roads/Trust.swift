// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Authenticode
import SignatureLists
import X509

/// Whom a machine trusts: what db and dbx, or a kernel's keyrings, say.
public struct Trust {
  public private(set) var certificates: [Certificate] = []
  /// SHA-256 of images that start whoever has signed them.
  public private(set) var images: Set<[UInt8]> = []
  public private(set) var revokedCertificates: [Certificate] = []
  public private(set) var revokedImages: Set<[UInt8]> = []
  /// Whether anything has been said: if not, every signer is as good as another.
  public private(set) var isKnown = false
  /// Entries that mean nothing here.
  public private(set) var ignored = 0

  public init() {}

  /// - Parameter certificate: DER
  public mutating func add(certificate: [UInt8]) throws {
    certificates.append(try Certificate(derEncoded: certificate))
    isKnown = true
  }

  public mutating func add(db lists: SignatureLists) {
    isKnown = true
    for entry in lists.entries {
      switch entry.kind {
      case .x509: add(entry.data, to: \.certificates)
      case .sha256: images.insert(entry.data)
      case .other: ignored += 1
      }
    }
  }

  public mutating func add(dbx lists: SignatureLists) {
    for entry in lists.entries {
      switch entry.kind {
      case .x509: add(entry.data, to: \.revokedCertificates)
      case .sha256: revokedImages.insert(entry.data)
      case .other: ignored += 1
      }
    }
  }

  private mutating func add(_ der: [UInt8], to list: WritableKeyPath<Trust, [Certificate]>) {
    if let found = try? Certificate(derEncoded: der) { self[keyPath: list].append(found) } else { ignored += 1 }
  }

  /// Why a signature's signer is not trusted; nil when it is, or when nobody has said who is.
  ///
  /// - Parameter needsCA: whether issuers must be certificate authorities, as OpenSSL in firmware wants them
  func objection(to signature: ImageSignature, needsCA: Bool) -> String? {
    guard isKnown else { return nil }
    for signer in signature.signers {
      guard let certificate = signer.certificate else { continue }
      let chain = TrustChain(certificate, bag: signature.data?.certificates ?? [], trusted: certificates)
      if chain.trustedLength == nil {
        return "its signer \(certificate.subject) is not trusted, nor is who has issued that certificate"
      }
      if needsCA, let wrong = chain.firstThatIsNoCA { return "\(wrong.subject) is an issuer, but no CA" }
    }
    return nil
  }

  /// The certificate of a signature that is revoked; nil when there is none.
  func revoked(in signature: ImageSignature) -> Certificate? {
    for signer in signature.signers {
      guard let certificate = signer.certificate else { continue }
      let chain = TrustChain(certificate, bag: signature.data?.certificates ?? [], trusted: revokedCertificates)
      if let found = chain.certificates.first(where: { revokedCertificates.contains($0) }) { return found }
    }
    return nil
  }
}
