// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Foundation

/// What a machine trusts, as the variables db and dbx hold it: EFI_SIGNATURE_LISTs, one behind the other (UEFI 2.10,
/// 32.4.1).
public struct SignatureLists: Sendable, Equatable {
  public private(set) var bytes: [UInt8]

  public enum Failure: Error, CustomStringConvertible, Equatable {
    case neither
    case noCertificate

    public var description: String {
      switch self {
      case .neither: "it holds neither PEM certificates (-----BEGIN CERTIFICATE-----) nor EFI signature lists"
      case .noCertificate: "what stands between its BEGIN CERTIFICATE and END CERTIFICATE is none"
      }
    }
  }

  /// EFI_CERT_X509_GUID.
  private static let x509: [UInt8] = [
    0xa1, 0x59, 0xc0, 0xa5, 0xe4, 0x94, 0xa7, 0x4a, 0x87, 0xb5, 0xab, 0x15, 0x5c, 0x2b, 0xf0, 0x72,
  ]
  /// SignatureOwner: whose entries these are: Virgil's.
  private static let owner: [UInt8] = [
    0x67, 0x72, 0x69, 0x76, 0x6c, 0x69, 0x65, 0x4b, 0x8e, 0x78, 0x65, 0x63, 0x6b, 0x65, 0x78, 0x65,
  ]
  /// EFI_CERT_SHA256_GUID.
  private static let sha256: [UInt8] = [
    0x26, 0x16, 0xc4, 0xc1, 0x4c, 0x50, 0x92, 0x40, 0xac, 0xa9, 0x41, 0xf9, 0x36, 0x93, 0x43, 0x28,
  ]
  private static let headerSize = 28

  public init() { bytes = [] }

  /// One list for each certificate, all DER.
  public init(certificates: [[UInt8]]) {
    bytes = []
    for certificate in certificates {
      let size = UInt32(16 + certificate.count)
      bytes += Self.x509
      // Sizes of the list, of a header of its own, and of each signature.
      for number in [UInt32(Self.headerSize) + size, 0, size] { bytes += Self.word(number) }
      bytes += Self.owner + certificate
    }
  }

  /// The contents of a file: PEM certificates, signature lists, or a file of efivarfs, which has four bytes of attributes
  /// in front of them.
  public init(file: [UInt8]) throws(Failure) {
    let certificates = try Self.certificates(pem: file)
    self.init(certificates: certificates)
    guard certificates.isEmpty else { return }
    if Self.areLists(file[...]) {
      bytes = file
    } else if file.count > 4, Self.areLists(file[4...]) {
      bytes = Array(file[4...])
    } else {
      throw .neither
    }
  }

  public mutating func append(_ other: SignatureLists) { bytes += other.bytes }

  /// The certificates of a PEM file, DER, in their order. Whatever stands round them is left out.
  public static func certificates(pem file: [UInt8]) throws(Failure) -> [[UInt8]] {
    var found: [[UInt8]] = []
    var rest = String(decoding: file, as: UTF8.self)[...]
    while let begin = rest.range(of: "-----BEGIN CERTIFICATE-----") {
      guard let end = rest.range(of: "-----END CERTIFICATE-----", range: begin.upperBound..<rest.endIndex),
        let data = Data(
          base64Encoded: String(rest[begin.upperBound..<end.lowerBound]), options: .ignoreUnknownCharacters),
        data.first == 0x30  // a SEQUENCE
      else { throw .noCertificate }
      found.append(Array(data))
      rest = rest[end.upperBound...]
    }
    return found
  }

  /// Whether bytes are signature lists and nothing else, each made of as many signatures as it says.
  private static func areLists(_ bytes: ArraySlice<UInt8>) -> Bool {
    var rest = bytes
    while !rest.isEmpty {
      guard rest.count >= headerSize else { return false }
      let words = [16, 20, 24].map { number(rest, at: $0) }
      let (list, header, signature) = (words[0], words[1], words[2])
      guard signature > 16, list <= rest.count, header <= list - headerSize, list >= headerSize + header + signature,
        (list - headerSize - header) % signature == 0
      else { return false }
      rest = rest.dropFirst(list)
    }
    return !bytes.isEmpty
  }

  /// What one signature is.
  public enum Kind: Sendable, Equatable {
    /// A certificate, DER.
    case x509
    /// An image's hash.
    case sha256
    case other
  }

  /// The signatures of all lists, in their order, without their owners.
  public var entries: [(kind: Kind, data: [UInt8])] {
    var found: [(kind: Kind, data: [UInt8])] = []
    var rest = bytes[...]
    // Only whole lists get into `bytes`.
    while rest.count >= Self.headerSize {
      let (list, header, signature) = (
        Self.number(rest, at: 16), Self.number(rest, at: 20), Self.number(rest, at: 24)
      )
      let type = Array(rest.prefix(16))
      let kind: Kind = type == Self.x509 ? .x509 : type == Self.sha256 ? .sha256 : .other
      var signatures = rest.prefix(list).dropFirst(Self.headerSize + header)
      while signatures.count >= signature {
        found.append((kind, Array(signatures.prefix(signature).dropFirst(16))))
        signatures = signatures.dropFirst(signature)
      }
      rest = rest.dropFirst(list)
    }
    return found
  }

  private static func number(_ bytes: ArraySlice<UInt8>, at offset: Int) -> Int {
    let start = bytes.startIndex + offset
    return bytes[start..<start + 4].reversed().reduce(0) { $0 << 8 | Int($1) }
  }

  private static func word(_ value: UInt32) -> [UInt8] { withUnsafeBytes(of: value.littleEndian) { Array($0) } }
}
