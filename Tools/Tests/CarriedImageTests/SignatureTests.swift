// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Bytes
import Foundation
import Testing
import X509

@testable import Authenticode
@testable import CarriedImage

@Suite("Signatures", .enabled(if: Signing.obstacle == nil, Signing.obstacle))
struct SignatureTests {
  /// A small image signed by sbsign: its bytes, and the certificate table's place.
  private func signed(by key: Signing.Key = Signing.own) throws -> (bytes: [UInt8], table: Range<Int>) {
    var bytes: [UInt8] = []
    try Signing.inFolder { folder in
      let file = folder.appendingPathComponent("image.efi")
      try Data(Fixture.payload(0x8664).build()).write(to: file)
      bytes = try Signing.sbsign(file, by: key).bytes()
    }
    return (bytes, IndependentPE(bytes).certificates)
  }

  @Test func `What sbsign has signed holds, and says who it was`() throws {
    for key in [Signing.own, Signing.curve] {
      let bytes = try signed(by: key).bytes
      let signature = try #require(Signing.signatures(bytes).first)
      #expect(signature.holds && signature.matches && signature.problem == nil)
      let signer = try #require(signature.signers.first)
      #expect(signer.subject == signer.issuer && signer.problem == nil)
      #expect(signer.signingTime != nil)
      #expect(signature.digestAlgorithm == "sha256")
    }
  }

  @Test(arguments: ["sha1", "sha256", "sha384", "sha512"])
  func `What osslsigncode has signed holds with each hash`(algorithm: String) throws {
    try Signing.inFolder { folder in
      let file = folder.appendingPathComponent("image.efi")
      let output = folder.appendingPathComponent("signed.efi")
      try Data(Fixture.payload(0xaa64).build()).write(to: file)
      let done = try Signing.run(
        "osslsigncode",
        [
          "sign", "-h", algorithm, "-certs", Signing.own.certificate, "-key", Signing.own.key, "-in", file.path, "-out",
          output.path,
        ])
      #expect(done.status == 0, "\(done.text)")
      let signature = try #require(Signing.signatures(output.bytes()).first)
      #expect(signature.holds, "\(signature)")
      #expect(signature.digestAlgorithm == algorithm)
    }
  }

  @Test func `No byte of a signature can be changed that is signed`() throws {
    let (bytes, table) = try signed()
    let signature = try #require(Signing.signatures(bytes).first)
    let signer = try Signing.own.parsed
    // The content, the attributes and the signature itself: all but the wrapping and the certificates.
    let der = try #require(signer.derBytes)
    let certificate = try #require(bytes[table].firstRange(of: der))
    let content = try #require(bytes[table].firstRange(of: [0x2b, 6, 1, 4, 1, 0x82, 0x37, 2, 1, 4]))
    let end = table.lowerBound + signature.size
    var survivors = 0
    for place in Array(content.upperBound..<certificate.lowerBound) + Array(certificate.upperBound..<end) {
      var changed = bytes
      changed[place] ^= 1
      if try Signing.signatures(changed).first?.holds == true { survivors += 1 }
    }
    // AlgorithmIdentifiers' NULLs and the signer's version: nobody looks at them.
    #expect(survivors <= 8, "\(survivors) bytes can be changed")
    // The certificate: another key, or no certificate at all.
    let key = certificate.lowerBound + der.count / 2
    for place in key..<key + 32 {
      var changed = bytes
      changed[place] ^= 1
      #expect(try Signing.signatures(changed).first?.holds == false)
    }
  }

  @Test func `An image that has been changed since is told, whoever has signed it`() throws {
    var (bytes, _) = try signed()
    bytes[0x600] ^= 1
    let signature = try #require(Signing.signatures(bytes).first)
    #expect(!signature.matches && !signature.holds)
    #expect(signature.problem?.contains("changed since") == true)
  }

  @Test func `Mutations of a signature are survived`() throws {
    let (bytes, table) = try signed()
    let contents = Array(bytes[table].dropFirst(8))
    forEachMutation(of: contents, count: 3000, seed: 11) { view in
      guard let data = try? SignedData(view) else { return }
      for signer in data.signers {
        try? signer.check(signer.certificate(in: data.certificates), content: data.content)
      }
    }
    for count in 0..<contents.count {
      contents[..<count].withUnsafeBytes { _ = try? SignedData(ByteView($0)) }
    }
  }

  @Test func `A certificate table is read to its end or to what is wrong with it`() {
    func table(_ bytes: [UInt8]) -> (count: Int, problem: Bool) {
      bytes.withUnsafeBytes {
        let table = CertificateTable(0..<bytes.count, in: ByteView($0))
        return (table.entries.count, table.problem != nil)
      }
    }
    let entry = CertificateTable.entry([UInt8](repeating: 0x30, count: 21))
    #expect(entry.count == 32)
    #expect(table(entry) == (1, false))
    #expect(table(entry + entry) == (2, false))
    // As pesign has it: the last entry's padding is not in the table.
    #expect(table(entry + entry.prefix(29)) == (2, false))
    #expect(table(entry + entry.prefix(28)) == (1, true))
    #expect(table(entry + [1, 2, 3]) == (1, true))
    #expect(table(entry.setting(0, UInt32(0))) == (0, true))
    #expect(table(entry.setting(0, UInt32(8))) == (0, true))
    #expect(table(entry.setting(0, UInt32.max)) == (0, true))
    #expect(table([]) == (0, false))
  }

  @Test func `A chain ends at what is trusted`() throws {
    try Signing.inFolder { folder in
      func path(_ name: String) -> String { folder.appendingPathComponent(name).path }
      func openssl(_ words: String...) throws {
        let done = try Signing.run("openssl", words)
        try #require(done.status == 0, "\(done.text)")
      }
      try openssl(
        "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=root", "-keyout", path("root.key"), "-out",
        path("root.pem"))
      try openssl(
        "req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=leaf", "-keyout", path("leaf.key"), "-out",
        path("leaf.csr"))
      try openssl(
        "x509", "-req", "-in", path("leaf.csr"), "-CA", path("root.pem"), "-CAkey", path("root.key"), "-out",
        path("leaf.pem"), "-days", "30")
      let root = try Certificate(pemEncoded: String(contentsOfFile: path("root.pem"), encoding: .utf8))
      let leaf = try Certificate(pemEncoded: String(contentsOfFile: path("leaf.pem"), encoding: .utf8))
      let other = try Signing.stranger.parsed
      #expect(TrustChain(leaf, bag: [], trusted: [root]).trustedLength == 2)
      #expect(TrustChain(leaf, bag: [root], trusted: []).certificates.count == 2)
      #expect(TrustChain(leaf, bag: [root], trusted: []).trustedLength == nil)
      #expect(TrustChain(leaf, bag: [root], trusted: [other]).trustedLength == nil)
      #expect(TrustChain(leaf, bag: [], trusted: [leaf]).trustedLength == 1)
      #expect(TrustChain(leaf, bag: [], trusted: [root]).firstThatIsNoCA == nil)
    }
  }
}
