// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Crypto
import SystemPackage

public enum FileHash {
  /// The SHA-256 of a file in lowercase hexadecimal. Throws `Errno`.
  public static func sha256(of path: FilePath) throws -> String {
    let file = try FileDescriptor.open(path, .readOnly)
    defer { try? file.close() }
    var hash = SHA256()
    var block = [UInt8](repeating: 0, count: 1 << 20)
    while true {
      let count = try block.withUnsafeMutableBytes { try file.read(into: $0) }
      if count == 0 { break }
      block.withUnsafeBytes { hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: $0.prefix(count))) }
    }
    return hash.finalize().map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
  }
}
