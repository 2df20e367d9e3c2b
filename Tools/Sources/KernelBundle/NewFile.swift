// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Crypto

/// A file that a patch adds, and how its part of the diff reads.
struct NewFile: Equatable, Sendable {
  /// In the kernel's tree.
  let path: String
  let bytes: [UInt8]
  let isExecutable: Bool
  /// Whether it goes into the patch as a binary file.
  let isBinary: Bool

  /// The name that git gives the content.
  var blobID: String {
    var hash = Insecure.SHA1()
    hash.update(data: Array("blob \(bytes.count)\0".utf8))
    hash.update(data: bytes)
    return hexadecimal(hash.finalize())
  }

  var lineCount: Int { bytes.count { $0 == 0x0a } + (bytes.last.map { $0 == 0x0a ? 0 : 1 } ?? 0) }

  var diff: [UInt8] {
    var text = Array(
      """
      diff --git a/\(path) b/\(path)
      new file mode \(isExecutable ? "100755" : "100644")
      index \(String(repeating: "0", count: 40))..\(blobID)

      """.utf8)
    if isBinary { return text + BinaryPatch.newFile(bytes) }
    guard !bytes.isEmpty else { return text }
    text += Array("--- /dev/null\n+++ b/\(path)\n@@ -0,0 +1\(lineCount == 1 ? "" : ",\(lineCount)") @@\n".utf8)
    var startsLine = true
    for byte in bytes {
      if startsLine { text.append(0x2b) }
      text.append(byte)
      startsLine = byte == 0x0a
    }
    if !startsLine { text += Array("\n\\ No newline at end of file\n".utf8) }
    return text
  }
}

/// In hexadecimal, two digits a byte.
func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
  let digits = Array("0123456789abcdef".utf8)
  return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
}
