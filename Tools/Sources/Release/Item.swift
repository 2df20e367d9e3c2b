// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// One file or link of a tarball, read and hashed.
struct Item {
  enum Content {
    case file([UInt8], executable: Bool)
    case link(to: String)
  }

  /// Below the tarball's top folder.
  let path: String
  let content: Content
  /// Nil for a link.
  let sha256: String?
  let sha1: String?
  /// From the file's own first lines; nil: it says nothing.
  let licence: String?

  init(_ path: String, bytes: [UInt8], executable: Bool = false) {
    self.path = path
    content = .file(bytes, executable: executable)
    sha256 = Digests.sha256(bytes)
    sha1 = Digests.sha1(bytes)
    licence = LicenceLine.expression(in: bytes)
  }

  init(_ path: String, linkTo target: String) {
    self.path = path
    content = .link(to: target)
    sha256 = nil
    sha1 = nil
    licence = nil
  }

  /// Reads a file of the machine.
  init(_ path: String, file: String, called name: String? = nil, executable: Bool = false) throws(ReleaseError) {
    self.init(path, bytes: try WholeFile.bytes(file, called: name ?? file), executable: executable)
  }

  var bytes: [UInt8]? { if case .file(let bytes, _) = content { bytes } else { nil } }

  var size: Int { bytes?.count ?? 0 }

  var member: Manifest.Member {
    switch content {
    case .file(let bytes, let executable):
      Manifest.Member(
        path: path, type: .file, mode: executable ? "0755" : "0644", size: bytes.count, sha256: sha256, target: nil)
    case .link(let target):
      Manifest.Member(path: path, type: .link, mode: "0777", size: 0, sha256: nil, target: target)
    }
  }
}

/// What a file's own first lines say of its licence.
enum LicenceLine {
  private static let mark = Array("SPDX-License-Identifier:".utf8)
  private static let known: Set<Substring> = [
    "Apache-2.0", "GPL-2.0-only", "GPL-2.0", "GPL-2.0-or-later", "MIT", "BSD-2-Clause", "BSD-3-Clause",
  ]

  /// An expression of known licences and nothing else.
  static func expression(in bytes: [UInt8]) -> String? {
    for line in bytes.prefix(1024).split(separator: 0x0a, maxSplits: 5).prefix(5) {
      guard let start = line.indices.first(where: { line[$0...].starts(with: mark) }) else { continue }
      let words = String(decoding: line[(start + mark.count)...], as: UTF8.self).split(separator: " ")
        .prefix { known.contains($0) || $0 == "OR" || $0 == "AND" }
      return words.isEmpty || words.count % 2 == 0 ? nil : words.joined(separator: " ")
    }
    return nil
  }

  /// The licences that an expression names.
  static func names(in expression: String) -> [String] {
    expression.split { $0 == " " || $0 == "(" || $0 == ")" }.filter { known.contains($0) }.map(String.init).inOrder()
  }
}
