// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Crypto
import SwiftASN1

/// The hashes that Authenticode signatures are made with.
public enum DigestAlgorithm: String, Codable, Sendable, CaseIterable {
  case sha1
  case sha256
  case sha384
  case sha512

  /// For people.
  public var title: String { "SHA-" + rawValue.dropFirst(3) }

  /// In bytes.
  public var size: Int {
    switch self {
    case .sha1: 20
    case .sha256: 32
    case .sha384: 48
    case .sha512: 64
    }
  }

  init?(_ identifier: ASN1ObjectIdentifier) {
    switch identifier {
    case [1, 3, 14, 3, 2, 26]: self = .sha1
    case [2, 16, 840, 1, 101, 3, 4, 2, 1]: self = .sha256
    case [2, 16, 840, 1, 101, 3, 4, 2, 2]: self = .sha384
    case [2, 16, 840, 1, 101, 3, 4, 2, 3]: self = .sha512
    default: return nil
    }
  }

  /// The hash of what `feed` hands over, piece by piece.
  func hash(_ feed: ((UnsafeRawBufferPointer) -> Void) -> Void) -> [UInt8] {
    switch self {
    // For reading: old signatures have it, and nobody makes new ones.
    case .sha1: Self.hash(Insecure.SHA1(), feed)
    case .sha256: Self.hash(SHA256(), feed)
    case .sha384: Self.hash(SHA384(), feed)
    case .sha512: Self.hash(SHA512(), feed)
    }
  }

  func hash(_ bytes: some Sequence<UInt8>) -> [UInt8] {
    let bytes = Array(bytes)
    return hash { feed in bytes.withUnsafeBytes { feed($0) } }
  }

  private static func hash<Function: HashFunction>(
    _ function: Function, _ feed: ((UnsafeRawBufferPointer) -> Void) -> Void
  ) -> [UInt8] {
    var function = function
    feed { function.update(bufferPointer: $0) }
    return Array(function.finalize())
  }
}
