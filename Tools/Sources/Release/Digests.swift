// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Crypto
import Foundation
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
    } catch let error as Errno {
      throw ReleaseError(path, "cannot be read: \(error)", isIO: true)
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

/// Reads whole files, of a size that is no surprise.
enum WholeFile {
  /// - Parameters:
  ///   - name: the file's name in errors
  ///   - limit: in bytes
  static func bytes(_ path: String, called name: String? = nil, limit: Int = 256 << 20) throws(ReleaseError) -> [UInt8]
  {
    let name = name ?? path
    let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard file >= 0 else {
      throw ReleaseError(name, errno == ENOENT ? "no such file" : String(cString: strerror(errno)), isIO: true)
    }
    defer { close(file) }
    var status = stat()
    guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw ReleaseError(name, "is not a regular file")
    }
    guard status.st_size <= limit else { throw ReleaseError(name, "is larger than \(limit >> 20) MiB") }
    var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
    var done = 0
    while done < bytes.count {
      let count = bytes.withUnsafeMutableBytes { read(file, $0.baseAddress! + done, $0.count - done) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw ReleaseError(name, "changed or failed while it was read", isIO: true) }
      done += count
    }
    return bytes
  }

  static func text(_ path: String, called name: String? = nil, limit: Int = 16 << 20) throws(ReleaseError) -> String {
    guard let text = String(validating: try bytes(path, called: name, limit: limit), as: UTF8.self) else {
      throw ReleaseError(name ?? path, "is not UTF-8 text")
    }
    return text
  }
}
