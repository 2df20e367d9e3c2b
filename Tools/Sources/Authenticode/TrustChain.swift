// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import X509

/// From a signer's certificate upwards, as far as the certificates at hand reach.
public struct TrustChain {
  /// The signer's first, each signed by the next.
  public let certificates: [Certificate]
  /// How many of them are needed to reach one that is trusted; nil: none is.
  public let trustedLength: Int?

  /// Longer ones are nobody's; and a loop ends.
  private static let limit = 16

  /// - Parameters:
  ///   - signer: the signer's
  ///   - bag: those that go with the signature
  ///   - trusted: an issuer found here ends the chain: firmware and Linux trust whatever is in their lists, and ask for
  ///     no root
  public init(_ signer: Certificate, bag: [Certificate], trusted: [Certificate]) {
    var chain = [signer]
    var trustedLength: Int?
    while let last = chain.last, chain.count <= Self.limit {
      if trusted.contains(last) {
        trustedLength = chain.count
        break
      }
      guard last.issuer != last.subject || chain.count == 1,
        let issuer = (trusted + bag).first(where: { Self.isIssuer($0, of: last) && !chain.contains($0) })
      else { break }
      chain.append(issuer)
    }
    certificates = chain
    self.trustedLength = trustedLength
  }

  private static func isIssuer(_ candidate: Certificate, of certificate: Certificate) -> Bool {
    candidate.subject == certificate.issuer
      && candidate.publicKey.isValidSignature(certificate.signature, for: certificate)
  }

  /// The first issuer that says of itself that it is none: OpenSSL, and with it firmware, goes no further.
  public var firstThatIsNoCA: Certificate? {
    certificates.prefix(trustedLength ?? certificates.count).dropFirst().first { certificate in
      guard let constraints = try? certificate.extensions.basicConstraints else { return false }
      if case .notCertificateAuthority = constraints { return true }
      return false
    }
  }
}
