// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Foundation
import Testing

@testable import Release

@Suite("Release: sums and names") struct ChecksumTests {
  private let digest = String(repeating: "0a", count: 32)

  private func read(_ text: String) throws -> [String: String] {
    try ReleaseFixture.with { fixture in
      try fixture.write("SHA256SUMS", text)
      return try Checksums.read(fixture.path("SHA256SUMS"))
    }
  }

  @Test func `What is written is read again, in the order of bytes`() throws {
    let sums = ["b.tar.xz": digest, "B": digest, "a": digest]
    let text = Checksums.text(sums)
    #expect(text == "\(digest)  B\n\(digest)  a\n\(digest)  b.tar.xz\n")
    #expect(try read(text) == sums)
  }

  @Test(arguments: ["../x", "/x", "a/b", ".", ".hidden", "", "a b", "ö"])
  func `A name that is no file of the folder is refused`(name: String) {
    #expect(throws: ReleaseError.self) { try read("\(digest)  \(name)\n") }
  }

  @Test func `A line that is none, a name twice, and no line at all are refused`() {
    for text in ["", "\(digest) x\n", "\(digest.uppercased())  x\n", "00  x\n", "\(digest)  x\n\(digest)  x\n"] {
      #expect(throws: ReleaseError.self, "\(text)") { try read(text) }
    }
  }

  @Test func `A UUID follows from text and is one of version 8`() {
    #expect(Digests.uuid("a") == Digests.uuid("a"))
    #expect(Digests.uuid("a") != Digests.uuid("b"))
    #expect(
      Digests.uuid("a").wholeMatch(of: /[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/) != nil)
  }

  @Test func `A licence is what the first lines say, if it is known`() {
    func licence(_ text: String) -> String? { LicenceLine.expression(in: Array(text.utf8)) }
    #expect(
      licence("#!/bin/sh\n# SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only\n") == "Apache-2.0 OR GPL-2.0-only")
    #expect(licence("/* SPDX-License-Identifier: GPL-2.0-only */\n") == "GPL-2.0-only")
    #expect(licence("<!-- SPDX-License-Identifier: MIT -->") == "MIT")
    for text in ["", "\n\n\n\n\n\nx\nSPDX", "SPDX-License-Identifier: Mine", "SPDX-License-Identifier: MIT OR\n"] {
      #expect(licence(text) == nil, "\(text)")
    }
    #expect(LicenceLine.names(in: "GPL-2.0-only AND (Apache-2.0 OR GPL-2.0-only)").first == "Apache-2.0")
  }
}
