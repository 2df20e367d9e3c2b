// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Foundation
import SwiftASN1
import X509

/// Who signed, and what of it is a signature (RFC 2315, 9.2).
public struct SignerInfo {
  public let issuer: DistinguishedName?
  public let serialNumber: Certificate.SerialNumber
  public let digestAlgorithm: DigestAlgorithm?
  let digestAlgorithmIdentifier: ASN1ObjectIdentifier
  /// Of the key: rsaEncryption, say.
  public let keyAlgorithm: ASN1ObjectIdentifier
  let signature: [UInt8]
  /// The authenticated attributes as they are signed: a SET; nil when there are none.
  let signedAttributes: [UInt8]?
  /// Attribute contentType.
  let contentType: ASN1ObjectIdentifier?
  /// Attribute messageDigest.
  let messageDigest: [UInt8]?
  /// Attribute signingTime.
  public let signingTime: Date?

  init(_ node: ASN1Node) throws(SignedData.Failure) {
    let what = "signerInfo"
    var reader = try ASN1Reader(node, what)
    _ = try reader.bytes(.integer)  // version
    var identity = try ASN1Reader(reader.next(), what)
    issuer = try? DistinguishedName(derEncoded: identity.next())
    serialNumber = Certificate.SerialNumber(bytes: try identity.bytes(.integer))
    digestAlgorithmIdentifier = try reader.algorithm()
    digestAlgorithm = DigestAlgorithm(digestAlgorithmIdentifier)
    let attributes = reader.next(if: .context(0))
    keyAlgorithm = try reader.algorithm()
    signature = Array(try reader.bytes(.octetString))

    var values: [ASN1ObjectIdentifier: ASN1Node] = [:]
    if let attributes {
      // Its tag is signed as what it stands for.
      signedAttributes = [0x31] + attributes.encodedBytes.dropFirst()
      var list = try ASN1Reader(attributes, "attributes", tag: .context(0))
      for attribute in list.rest() {
        var pair = try ASN1Reader(attribute, "attributes")
        let type = try pair.identifier()
        var set = try ASN1Reader(pair.next(), "attributes", tag: .set)
        guard values[type] == nil else { throw .malformed("attributes") }
        values[type] = try set.next()
      }
    } else {
      signedAttributes = nil
    }
    contentType = values[[1, 2, 840, 113549, 1, 9, 3]].flatMap { try? ASN1ObjectIdentifier(berEncoded: $0) }
    messageDigest = values[[1, 2, 840, 113549, 1, 9, 4]].flatMap {
      if case .primitive(let bytes) = $0.content, $0.identifier == .octetString { Array(bytes) } else { nil }
    }
    signingTime = values[[1, 2, 840, 113549, 1, 9, 5]].flatMap(Self.time)
  }

  private static func time(_ node: ASN1Node) -> Date? {
    func date(_ year: Int, _ month: Int, _ day: Int, _ hours: Int, _ minutes: Int, _ seconds: Int) -> Date? {
      var calendar = Calendar(identifier: .gregorian)
      calendar.timeZone = TimeZone(secondsFromGMT: 0)!
      return calendar.date(
        from: DateComponents(year: year, month: month, day: day, hour: hours, minute: minutes, second: seconds))
    }
    if let time = try? UTCTime(berEncoded: node) {
      return date(time.year, time.month, time.day, time.hours, time.minutes, time.seconds)
    }
    if let time = try? GeneralizedTime(berEncoded: node) {
      return date(time.year, time.month, time.day, time.hours, time.minutes, time.seconds)
    }
    return nil
  }
}

extension SignerInfo {
  /// Why a signature does not hold, whatever it is a signature of.
  public enum Fault: Error, Equatable, CustomStringConvertible {
    case noCertificate
    case unknownDigest(String)
    case unknownKey(String)
    case noAttributes
    case contentType
    case messageDigest
    case wrongSignature

    public var description: String {
      switch self {
      case .noCertificate: "the signer's certificate does not go with it"
      case .unknownDigest(let identifier): "it is made with a hash that is not known here (\(identifier))"
      case .unknownKey(let identifier): "it is made with a kind of key that is not known here (\(identifier))"
      case .noAttributes: "it has no authenticated attributes, which Authenticode wants"
      case .contentType: "its attribute contentType is not SpcIndirectDataContent's"
      case .messageDigest: "its attribute messageDigest is not the hash of what it signs"
      case .wrongSignature: "the signer's key has not made it"
      }
    }
  }

  /// The certificate that it says it is made with.
  public func certificate(in certificates: [Certificate]) -> Certificate? {
    certificates.first { $0.serialNumber == serialNumber && $0.issuer == issuer }
  }

  /// Checks it with the signer's key.
  func check(_ certificate: Certificate?, content: [UInt8]) throws(Fault) {
    guard let digestAlgorithm else { throw .unknownDigest("\(digestAlgorithmIdentifier)") }
    guard let algorithm = signatureAlgorithm(digestAlgorithm) else { throw .unknownKey("\(keyAlgorithm)") }
    guard let signedAttributes else { throw .noAttributes }
    guard contentType == SignedData.indirectData else { throw .contentType }
    guard messageDigest == digestAlgorithm.hash(content) else { throw .messageDigest }
    guard let certificate else { throw .noCertificate }
    guard certificate.publicKey.isValidSignature(signature, for: signedAttributes, signatureAlgorithm: algorithm)
    else { throw .wrongSignature }
  }

  /// PKCS #7 names hash and key apart; some makers name both at the key's place.
  private func signatureAlgorithm(_ digest: DigestAlgorithm) -> Certificate.SignatureAlgorithm? {
    switch (keyAlgorithm, digest) {
    case ([1, 2, 840, 113549, 1, 1, 1], .sha1), ([1, 2, 840, 113549, 1, 1, 5], .sha1): .sha1WithRSAEncryption
    case ([1, 2, 840, 113549, 1, 1, 1], .sha256), ([1, 2, 840, 113549, 1, 1, 11], .sha256): .sha256WithRSAEncryption
    case ([1, 2, 840, 113549, 1, 1, 1], .sha384), ([1, 2, 840, 113549, 1, 1, 12], .sha384): .sha384WithRSAEncryption
    case ([1, 2, 840, 113549, 1, 1, 1], .sha512), ([1, 2, 840, 113549, 1, 1, 13], .sha512): .sha512WithRSAEncryption
    case ([1, 2, 840, 10045, 2, 1], .sha256), ([1, 2, 840, 10045, 4, 3, 2], .sha256): .ecdsaWithSHA256
    case ([1, 2, 840, 10045, 2, 1], .sha384), ([1, 2, 840, 10045, 4, 3, 3], .sha384): .ecdsaWithSHA384
    case ([1, 2, 840, 10045, 2, 1], .sha512), ([1, 2, 840, 10045, 4, 3, 4], .sha512): .ecdsaWithSHA512
    default: nil
    }
  }
}
