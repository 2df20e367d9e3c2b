// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Crypto
import SystemPackage

/// Hashes as text, and as names that follow from content.
enum Digests {
  static func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  static func sha256(_ bytes: [UInt8]) -> String { hexadecimal(SHA256.hash(data: bytes)) }

  /// SPDX 2.3 wants a file's SHA-1 (8.4). It proves nothing: SHA-256 stands beside it.
  static func sha1(_ bytes: [UInt8]) -> String { hexadecimal(Insecure.SHA1.hash(data: bytes)) }

  /// Of a file, with its size.
  static func sha256(ofFile path: String) throws(ReleaseError) -> (digest: String, size: Int64) {
    do {
      let file = try FileDescriptor.open(FilePath(path), .readOnly)
      defer { try? file.close() }
      var hash = SHA256()
      var size: Int64 = 0
      var block = [UInt8](repeating: 0, count: 1 << 20)
      while true {
        let count = try block.withUnsafeMutableBytes { try file.read(into: $0) }
        if count == 0 { break }
        block.withUnsafeBytes { hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: $0.prefix(count))) }
        size += Int64(count)
      }
      return (hexadecimal(hash.finalize()), size)
    } catch {
      throw ReleaseError(path, "cannot be read: \(error)", isIO: true)
    }
  }

  /// A UUID of version 8 (RFC 9562, 5.8) that follows from text: the same release has the same one.
  static func uuid(_ text: String) -> String {
    var bytes = Array(SHA256.hash(data: Array(text.utf8)).prefix(16))
    bytes[6] = bytes[6] & 0x0f | 0x80
    bytes[8] = bytes[8] & 0x3f | 0x80
    let all = hexadecimal(bytes)
    var parts: [Substring] = []
    var rest = all[...]
    for count in [8, 4, 4, 4, 12] {
      parts.append(rest.prefix(count))
      rest = rest.dropFirst(count)
    }
    return parts.joined(separator: "-")
  }
}
