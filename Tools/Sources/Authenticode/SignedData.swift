// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Bytes
import SwiftASN1
import X509

/// A PKCS #7 SignedData (RFC 2315, 9.1) whose content is Authenticode's SpcIndirectDataContent.
public struct SignedData {
  public enum Failure: Error, Equatable, CustomStringConvertible {
    case notASN1
    case malformed(String)
    case contentType(String)

    public var description: String {
      switch self {
      case .notASN1: "the signature is no ASN.1"
      case .malformed(let what): "the signature's \(what) is not as RFC 2315 has it"
      case .contentType(let type):
        "what is signed has type \(type), not 1.3.6.1.4.1.311.2.1.4 (SpcIndirectDataContent): no Authenticode"
      }
    }
  }

  /// The hash of the image that was signed; nil when its algorithm is unknown.
  public let digestAlgorithm: DigestAlgorithm?
  public let digestAlgorithmIdentifier: String
  public let digest: [UInt8]
  public let signers: [SignerInfo]
  /// Those that go with the signature, as far as they can be read.
  public let certificates: [Certificate]
  public let unreadableCertificates: Int
  /// What the signers' `messageDigest` is the hash of.
  let content: [UInt8]

  static let indirectData: ASN1ObjectIdentifier = [1, 3, 6, 1, 4, 1, 311, 2, 1, 4]
  private static let signedData: ASN1ObjectIdentifier = [1, 2, 840, 113549, 1, 7, 2]

  /// - Parameter bytes: may have padding behind the structure
  public init(_ bytes: ByteView) throws(Failure) {
    let root: ASN1Node
    do {
      root = try BER.parse(Array(bytes.buffer.prefix(Self.size(bytes))))
    } catch {
      throw .notASN1
    }
    var info = try ASN1Reader(root, "ContentInfo")
    guard try info.identifier() == Self.signedData else { throw .malformed("ContentInfo") }
    var wrapped = try ASN1Reader(info.next(), "ContentInfo", tag: .context(0))
    var data = try ASN1Reader(wrapped.next(), "SignedData")
    _ = try data.bytes(.integer)  // version
    _ = try data.next()  // digestAlgorithms

    var inner = try ASN1Reader(data.next(), "content")
    let type = try inner.identifier()
    guard type == Self.indirectData else { throw .contentType("\(type)") }
    var explicit = try ASN1Reader(inner.next(), "content", tag: .context(0))
    let indirect = try explicit.next()
    content = indirect.contentBytes

    let bag = data.next(if: .context(0))
    let (readable, unreadable) = try Self.certificates(bag)
    (certificates, unreadableCertificates) = (readable, unreadable)
    _ = data.next(if: .context(1))  // crls
    var signers: [SignerInfo] = []
    var set = try ASN1Reader(data.next(), "signerInfos", tag: .set)
    for node in set.rest() { signers.append(try SignerInfo(node)) }
    self.signers = signers

    var spc = try ASN1Reader(indirect, "SpcIndirectDataContent")
    _ = try spc.next()  // data
    var digestInfo = try ASN1Reader(spc.next(), "DigestInfo")
    let algorithm = try digestInfo.algorithm()
    digestAlgorithm = DigestAlgorithm(algorithm)
    digestAlgorithmIdentifier = "\(algorithm)"
    digest = Array(try digestInfo.bytes(.octetString))
  }

  private static func certificates(_ bag: ASN1Node?) throws(Failure) -> ([Certificate], unreadable: Int) {
    guard let bag else { return ([], 0) }
    var reader = try ASN1Reader(bag, "certificates", tag: .context(0))
    let nodes = reader.rest()
    let certificates = nodes.compactMap { try? Certificate(derEncoded: Array($0.encodedBytes)) }
    return (certificates, nodes.count - certificates.count)
  }

  /// Bytes of the structure at the start, by its own length; all of them where that cannot be told.
  private static func size(_ bytes: ByteView) -> Int {
    guard let first = bytes.byte(1), first != 0x80 else { return bytes.count }
    guard first > 0x80 else { return min(2 + Int(first), bytes.count) }
    let count = Int(first & 0x7f)
    var length = 0
    for index in 0..<count {
      guard count <= 4, let byte = bytes.byte(2 + index) else { return bytes.count }
      length = length << 8 | Int(byte)
    }
    return min(2 + count + length, bytes.count)
  }
}

extension Certificate {
  /// As it is written; nil when that fails.
  public var derBytes: [UInt8]? {
    var serializer = DER.Serializer()
    do { try serializer.serialize(self) } catch { return nil }
    return serializer.serializedBytes
  }
}
