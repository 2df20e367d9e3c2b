// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Bytes
import Foundation
import X509

/// A signature of a PE file: an entry of its certificate table, and what there is to say of it.
public struct ImageSignature {
  public struct Signer {
    public let info: SignerInfo
    /// nil: it is not among those that go with the signature.
    public let certificate: Certificate?
    /// nil: the signer's key has made this signature.
    public let fault: SignerInfo.Fault?
    /// Whether the time that the signer has noted is outside of the certificate's: Linux refuses such a signature, and
    /// looks at no other clock.
    public var isOutsideValidity: Bool {
      guard let certificate, let time = info.signingTime else { return false }
      return time < certificate.notValidBefore || time > certificate.notValidAfter
    }
  }

  public let entry: CertificateTable.Entry
  /// Number, from 0.
  public let index: Int
  /// nil when `problem` says why it cannot be read.
  public let data: SignedData?
  public let problem: String?
  public let signers: [Signer]
  /// What the image's hash is by the signature's algorithm; nil where that is unknown.
  public let imageDigest: [UInt8]?

  /// Whether the signature is one of this very image.
  public var isOfImage: Bool { data.map { $0.digest == imageDigest } ?? false }

  /// Whether it is, and every signer's key has made it: that is all but the question who is trusted.
  public var holds: Bool { isOfImage && !signers.isEmpty && signers.allSatisfy { $0.fault == nil } }

  /// Why it does not hold; nil when it does.
  public var fault: String? {
    if let problem { return problem }
    if data?.digestAlgorithm == nil {
      return "the image's hash is by an algorithm that is not known here (\(data?.digestAlgorithmIdentifier ?? ""))"
    }
    if !isOfImage { return "it is a signature of other bytes: the image has been changed since it was signed" }
    if signers.isEmpty { return "nobody has signed it" }
    return signers.lazy.compactMap { $0.fault.map { "\($0)" } }.first
  }

  /// All signatures of a file.
  ///
  /// - Parameter trusted: a signer's certificate may be among these instead of going with the signature
  public static func all(
    of image: ImageDigest, in file: ByteView, trusted: [Certificate] = [], progress: (Int) -> Void = { _ in }
  ) -> (signatures: [ImageSignature], problem: String?) {
    guard let range = image.certificateTable else { return ([], nil) }
    let table = CertificateTable(range, in: file)
    var digests: [DigestAlgorithm: [UInt8]] = [:]
    let signatures = table.entries.enumerated().map { index, entry in
      ImageSignature(entry, index, trusted) { algorithm in
        if let known = digests[algorithm] { return known }
        let digest = image.hash(algorithm, progress: progress)
        digests[algorithm] = digest
        return digest
      }
    }
    return (signatures, table.problem)
  }

  private init(
    _ entry: CertificateTable.Entry, _ index: Int, _ trusted: [Certificate], digest: (DigestAlgorithm) -> [UInt8]
  ) {
    self.entry = entry
    self.index = index
    guard entry.type == CertificateTable.pkcsSignedData else {
      data = nil
      problem = "it is of type \(entry.type); 2 is PKCS #7, which Authenticode is"
      (signers, imageDigest) = ([], nil)
      return
    }
    do throws(SignedData.Failure) {
      let data = try SignedData(entry.contents)
      self.data = data
      problem = nil
      imageDigest = data.digestAlgorithm.map(digest)
      signers = data.signers.map { info in
        let certificate = info.certificate(in: data.certificates + trusted)
        do throws(SignerInfo.Fault) {
          try info.check(certificate, content: data.content)
          return Signer(info: info, certificate: certificate, fault: nil)
        } catch {
          return Signer(info: info, certificate: certificate, fault: error)
        }
      }
    } catch {
      data = nil
      problem = "\(error)"
      (signers, imageDigest) = ([], nil)
    }
  }
}
