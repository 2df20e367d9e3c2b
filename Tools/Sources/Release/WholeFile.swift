// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Foundation

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
