// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Bytes
import Foundation
import PE
import Testing

@testable import Authenticode
@testable import CarriedImage

@Suite("Authenticode digest")
struct ImageDigestTests {
  /// A small image with a signature's place, by tests' own means: contents of the certificate table do not matter here.
  private static func small() -> [UInt8] {
    let plain = Fixture.payload(0x8664).build()
    var builder = Fixture.payload(0x8664)
    builder.directories.append((4, UInt32(plain.count), 16))
    builder.tail = CertificateTable.entry([1, 2, 3, 4, 5, 6, 7, 8])
    return builder.build()
  }

  @Test func `Every byte counts but the checksum, the table and its place`() throws {
    let image = Self.small()
    let pe = IndependentPE(image)
    let exempt = [pe.pe + 88..<pe.pe + 92, pe.pe + 168..<pe.pe + 176, pe.certificates]
    let hash = try #require(Signing.hash(image))
    for place in image.indices {
      var changed = image
      changed[place] ^= 0x10
      // What is no image any more has no digest.
      guard let other = Signing.hash(changed) else { continue }
      let isExempt = exempt.contains { $0.contains(place) }
      if pe.pe + 168..<pe.pe + 176 ~= place { continue }  // another table: other bytes are hashed
      #expect((other == hash) == isExempt, "byte 0x\(String(place, radix: 16))")
    }
  }

  @Test func `All algorithms differ, and the padding of a file that is to be signed counts`() throws {
    var builder = PEBuilder()
    #expect(Set(DigestAlgorithm.allCases.map { Signing.hash(builder.build(), $0) }).count == 4)
    for algorithm in DigestAlgorithm.allCases {
      #expect(Signing.hash(builder.build(), algorithm)?.count == 2 * algorithm.size)
    }
    builder.tail = [1, 2, 3]
    let short = Signing.hash(builder.build())
    builder.tail = [1, 2, 3, 0, 0, 0, 0, 0]
    #expect(Signing.hash(builder.build()) == short)
    builder.tail = [1, 2, 3, 0, 0, 0, 0, 0, 0]
    #expect(Signing.hash(builder.build()) != short)
  }

  @Test func `Bytes that no digest covers are found`() throws {
    func digest(_ bytes: [UInt8]) throws -> (uncovered: [Range<Int>], overlaps: Bool) {
      try bytes.withUnsafeBytes {
        let digest = try ImageDigest(ByteView($0))
        return (digest.uncovered, digest.overlaps)
      }
    }
    let image = Self.small()
    #expect(try digest(image) == ([], false))
    // .text ends 0x200 bytes earlier, and the file is as long as before: what follows the sections, by the sum of their
    // sizes, starts in the last one.
    let text = 0x80 + 24 + 240
    let raw: UInt32 = image.integer(text + 16)
    let holed = image.setting(text + 16, raw - 0x200)
    let found = try digest(holed)
    #expect(found.uncovered == [0x400 + Int(raw) - 0x200..<0x400 + Int(raw)])
    #expect(found.overlaps)
    // A section that lies on another.
    let second = text + 40
    let overlapping = image.setting(second + 20, image.integer(text + 20, as: UInt32.self))
    #expect(try digest(overlapping).overlaps)
    #expect(try !digest(overlapping).uncovered.isEmpty)
  }

  @Test func `Sections that have more bytes than the file are refused`() throws {
    var builder = PEBuilder()
    builder.sections.append(.init(name: ".bss", rva: 0x6000, memorySize: 0, data: []))
    let entry = 0x80 + 24 + 240 + 80
    let file = builder.build()
    _ = file.setting(entry + 16, UInt32(0x100)).setting(entry + 20, UInt32(0xffff_0000)).withUnsafeBytes { bytes in
      #expect(throws: ImageDigest.Failure.self) { try ImageDigest(ByteView(bytes)) }
    }
    // Twice the same bytes, and none left for what follows.
    _ = file.setting(entry + 16, UInt32(file.count)).setting(entry + 20, UInt32(0)).withUnsafeBytes { bytes in
      #expect(throws: ImageDigest.Failure.self) { try ImageDigest(ByteView(bytes)) }
    }
  }

  @Test func `Mutations of an image are survived`() {
    forEachMutation(of: Self.small(), count: 4000, seed: 5) { view in
      guard let digest = try? ImageDigest(view) else { return }
      _ = digest.hash(.sha256)
      _ = ImageSignature.all(of: digest, in: view)
      if let file = try? SignedFile(view) { try? file.write(entries: []) { _ in } }
    }
  }

  private static let realImages: [String] = {
    let stubs = ["252", "257", "262"].flatMap { version in
      [0xaa64, 0x8664].map { Material.stub($0, version) }
    }
    let kernels = ["aarch64/kernel/6.12/vmlinuz", "x86_64/kernel/6.12/vmlinuz", "x86_64/kernel/6.1/vmlinuz"]
    let shells = ["aarch64/shell/shell.efi", "x86_64/shell/shell.efi", "x86_64/memtest86+/memtest.efi"]
    return (kernels + stubs + shells).filter(Material.exists)
  }()

  @Test(
    .enabled(if: Signing.obstacle == nil, Signing.obstacle),
    .enabled(if: !realImages.isEmpty, "no images; run: scripts/material fetch"), arguments: realImages)
  func `sbsign, pesign and osslsigncode have the same digest of real images`(path: String) throws {
    try compare(Material.root.appendingPathComponent(path))
  }

  @Test(
    .enabled(if: Signing.obstacle == nil, Signing.obstacle),
    .enabled(if: !Material.kernels.isEmpty, "no kernels; run: scripts/material fetch"),
    arguments: ["aarch64/kernel/6.12/vmlinuz", "x86_64/kernel/6.12/vmlinuz"])
  func `They have the same digest of UKIs and carried images`(path: String) throws {
    let machine = Material.machine(path)
    let uki = try Material.uki(Material.read(path), machine)
    let carried = try Fixture.carry(uki, Fixture.blob(machine: machine)) { $1 }
    try Signing.inFolder { folder in
      for (name, bytes) in [("uki.efi", uki), ("carried.efi", carried)] {
        let file = folder.appendingPathComponent(name)
        try Data(bytes).write(to: file)
        // pesign 0.112 takes sections in the table's order; in an x86 carried image .vhead is last there, and first in
        // the file.
        try compare(file, pesignSorts: name == "uki.efi" || machine == 0xaa64)
      }
    }
  }

  private func compare(_ file: URL, pesignSorts: Bool = true) throws {
    try Signing.inFolder { folder in
      let copy = folder.appendingPathComponent("image.efi")
      try FileManager.default.copyItem(at: file, to: copy)
      let hash = try #require(Signing.hash(copy.bytes()))
      if pesignSorts { #expect(try Signing.run("pesign", ["-P", "-h", "-i", copy.path]).text.contains(hash)) }
      let wasSigned = try !Signing.signatures(copy.bytes()).isEmpty
      let signed = try Signing.sbsign(copy)
      let bytes = try signed.bytes()
      #expect(Signing.hash(bytes) == hash)
      let signature = try #require(Signing.signatures(bytes).last)
      #expect(signature.digest == hash && signature.holds)
      #expect(signature.signers.first?.subject == "CN=own")
      // It does not read tables of two.
      let verified = wasSigned ? copy : signed
      let told = try Signing.run("osslsigncode", ["verify", "-in", verified.path]).text.lowercased()
      #expect(told.contains("calculated message digest : \(hash)"), "\(told)")
    }
  }
}
