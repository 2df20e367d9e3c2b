// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// `SHA256SUMS`, as `sha256sum --check` reads it.
enum Checksums {
  static let file = "SHA256SUMS"

  static func text(_ sums: [String: String]) -> String {
    sums.keys.inOrder().map { "\(sums[$0]!)  \($0)\n" }.joined()
  }

  /// The digests by name. Throws where a line is not `DIGEST  NAME`, and for names of other folders.
  static func read(_ path: String) throws(ReleaseError) -> [String: String] {
    var sums: [String: String] = [:]
    for (number, line) in try WholeFile.text(path, limit: 1 << 20).split(separator: "\n").enumerated() {
      let digest = String(line.prefix(64))
      let name = String(line.dropFirst(66))
      let isDigest = digest.utf8.count == 64 && digest.utf8.allSatisfy { 0x30...0x39 ~= $0 || 0x61...0x66 ~= $0 }
      guard isDigest, [" ", "*"].contains(line.dropFirst(65).prefix(1)), SafePath.isName(name), sums[name] == nil else {
        throw ReleaseError("\(path):\(number + 1)", "is no line of a digest and the name of a file in the same folder")
      }
      sums[name] = digest
    }
    guard !sums.isEmpty else { throw ReleaseError(path, "names no file") }
    return sums
  }
}
