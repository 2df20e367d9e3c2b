// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Bytes
import Foundation
import SignatureLists
import Testing

@testable import Authenticode
@testable import CarriedImage
@testable import Roads

@Suite("virgil verify")
struct VerifyTests {
  private static let machines: [UInt16] = [0xaa64, 0x8664]

  private func report(_ bytes: [UInt8], _ trust: Trust = Trust()) throws -> VerifyReport {
    try bytes.withUnsafeBytes { try VerifyReport(file: "image", bytes: ByteView($0), trust: trust) }
  }

  private func carried(_ machine: UInt16) throws -> [UInt8] {
    try Fixture.carry(Fixture.payload(machine).build(), Fixture.blob(machine: machine)) { $1 }
  }

  private func taken(_ report: VerifyReport) -> Set<Road> {
    Set(Road.allCases.filter { report.verdict($0)?.taken == true })
  }

  @Test(arguments: machines)
  func `An unsigned carried image goes where nobody asks for signatures`(machine: UInt16) throws {
    let report = try report(carried(machine))
    #expect(taken(report) == [.firmware, .kexecLoad, .kexecFile, .series])
    #expect(report.uncovered.isEmpty && report.signatures.isEmpty)
    #expect(report.emulator == (1...20).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined())
    // Debian's arm64 kernels have no kexec_file_load.
    #expect(report.verdict(.kexecFile)?.applies == (machine == 0x8664))
    #expect(report.verdict(.lockdown)?.reasons == ["it is not signed (the kernel says -61)"])
  }

  @Test(arguments: machines)
  func `A payload alone is for firmware and the series`(machine: UInt16) throws {
    let report = try report(Fixture.payload(machine).build())
    #expect(taken(report) == [.firmware, .series])
    #expect(report.verdict(.kexecLoad)?.reasons.first?.contains("virgil compose") == true)
    #expect(report.verdict(.kexecLoad)?.applies == false)
  }

  @Test(arguments: machines)
  func `An emulator alone is for kexec without signatures`(machine: UInt16) throws {
    let image = try Fixture.blob(machine: machine).withUnsafeBytes { blob in
      try StandAloneImage.withPlan(emulator: ByteView(blob), options: .init()) { try Fixture.bytes(of: $0) }
    }
    let report = try report(image)
    #expect(taken(report) == [.kexecLoad, .kexecFile, .series])
    #expect(report.verdict(.firmware)?.applies == false && report.verdict(.lockdown)?.taken == false)
    guard Signing.obstacle == nil else { return }
    try Signing.inFolder { folder in
      try Data(image).write(to: folder.appendingPathComponent("alone.img"))
      let done = try Command.run(["sign", "alone.img"] + Signing.own.arguments, in: folder)
      #expect(done.status == 1 && done.standardError.contains("an emulator alone"), "\(done.standardError)")
    }
  }

  @Test func `What firmware refuses is refused`() throws {
    var driver = Fixture.payload(0x8664)
    driver.subsystem = 3
    #expect(taken(try report(driver.build())) == [])
    let plain = Fixture.payload(0x8664).build()
    // SizeOfOptionalHeader says more than the data directories take.
    let pe = IndependentPE(plain).pe
    let fewer = plain.setting(pe + 132, UInt32(6))
    #expect(try report(fewer).verdict(.firmware)?.reasons.first?.contains("SizeOfOptionalHeader") == true)
    #expect(try report(plain.setting(pe + 40, UInt32(0))).verdict(.firmware)?.taken == false)
  }

  @Test(arguments: machines)
  func `What is wrong with a carried image is found`(machine: UInt16) throws {
    let image = try carried(machine)
    let virgil = try #require(IndependentPE(image).sections.first { $0.name == ".virgil" })
    func verdict(_ bytes: [UInt8]) throws -> Verdict { try #require(report(bytes).verdict(.kexecLoad)) }
    // The way to the emulator.
    let entry = machine == 0xaa64 ? 4 : 0x1201
    let astray = try verdict(image.setting(entry, image.integer(entry, as: UInt32.self) + 1))
    #expect(astray.loads && !astray.taken && astray.reasons.contains { $0.contains("leads to") })
    let nowhere = try verdict(image.setting(machine == 0xaa64 ? 4 : 0x1200, UInt32(0)))
    #expect(nowhere.loads && !nowhere.taken)
    // The carried block.
    let damaged = try verdict(image.setting(virgil.rawOffset + 8, UInt32.max))
    #expect(!damaged.taken && damaged.reasons.contains { $0.contains(".virgil is damaged") })
    // The memory that it asks for.
    let size = machine == 0xaa64 ? image.setting(16, UInt64(image.count)) : image.setting(0x260, UInt32(image.count))
    #expect(try verdict(size).reasons.contains { $0.contains("asks for") })
    // The boot header.
    #expect(try !verdict(image.setting(machine == 0xaa64 ? 56 : 0x202, UInt32(0))).loads)
  }

  @Test func `A byte that no signature covers is found`() throws {
    var image = try carried(0x8664)
    image += [1, 2, 3, 4, 5, 6, 7, 8]
    // Behind the sections: hashed, so covered.
    #expect(try report(image).uncovered.isEmpty)
    let pe = IndependentPE(image)
    // Behind a certificate table nothing is.
    let table = image.count
    image += CertificateTable.entry([0x30, 0]) + [UInt8](repeating: 9, count: 16)
    let more = image.setting(pe.pe + 168, UInt32(table)).setting(pe.pe + 172, UInt32(16))
    let found = try report(more)
    #expect(!found.uncovered.isEmpty)
    #expect(found.verdict(.secureBoot)?.reasons.contains { $0.contains("covered by no signature") } == true)
  }

  @Test(.enabled(if: Signing.obstacle == nil, Signing.obstacle))
  func `Trust is asked for where it is given`() throws {
    try Signing.inFolder { folder in
      let file = folder.appendingPathComponent("image.efi")
      try Data(carried(0x8664)).write(to: file)
      let signed = try Signing.sbsign(file).bytes()
      let all = Set(Road.allCases)
      #expect(taken(try report(signed)) == all)
      var own = Trust()
      own.add(db: SignatureLists(certificates: [try #require(try Signing.own.parsed.derBytes)]))
      #expect(taken(try report(signed, own)) == all)
      var stranger = Trust()
      try stranger.add(certificate: try #require(try Signing.stranger.parsed.derBytes))
      let refused: Set<Road> = [.secureBoot, .lockdown, .seriesLockdown]
      #expect(taken(try report(signed, stranger)) == all.subtracting(refused))
      // By its hash in db, whoever has signed it; the kernel asks for a signature.
      let hash = try #require(Signing.hash(signed))
      var allowed = stranger
      allowed.add(db: Self.list(hash: hash))
      #expect(try report(signed, allowed).verdict(.secureBoot)?.taken == true)
      #expect(try report(signed, allowed).verdict(.lockdown)?.taken == false)
      var revoked = own
      revoked.add(dbx: Self.list(hash: hash))
      #expect(try report(signed, revoked).verdict(.secureBoot)?.reasons == ["dbx revokes this very image"])
      var revokedSigner = own
      revokedSigner.add(dbx: SignatureLists(certificates: [try #require(try Signing.own.parsed.derBytes)]))
      #expect(try report(signed, revokedSigner).verdict(.secureBoot)?.taken == false)
      // Changed since.
      var changed = signed
      changed[0x2100] ^= 1
      #expect(taken(try report(changed, own)) == all.subtracting(refused))
    }
  }

  /// A list of one SHA-256, as in db and dbx.
  private static func list(hash: String) -> SignatureLists {
    let type: [UInt8] = [
      0x26, 0x16, 0xc4, 0xc1, 0x4c, 0x50, 0x92, 0x40, 0xac, 0xa9, 0x41, 0xf9, 0x36, 0x93, 0x43, 0x28,
    ]
    let digits = Array(hash)
    let bytes = stride(from: 0, to: digits.count, by: 2).map { UInt8(String(digits[$0..<$0 + 2]), radix: 16)! }
    let sizes: [UInt8] = [76, 0, 0, 0, 0, 0, 0, 0, 48, 0, 0, 0]
    return try! SignatureLists(file: type + sizes + [UInt8](repeating: 1, count: 16) + bytes)
  }

  @Test func `Mutations of an image are survived`() throws {
    for machine in Self.machines {
      let image = try carried(machine)
      var random = SeededGenerator(state: 3)
      let headers = Array(0..<0x400) + Array(image.count - 0x6000..<image.count - 0x5800)
      for _ in 0..<1500 {
        var changed = image
        for _ in 0..<3 {
          changed[headers.randomElement(using: &random)!] = UInt8.random(in: 0...255, using: &random)
        }
        _ = try? report(changed)
      }
    }
  }

  @Test(.enabled(if: Signing.obstacle == nil, Signing.obstacle))
  func `The command's status follows the roads that are asked for`() throws {
    try Signing.inFolder { folder in
      let file = folder.appendingPathComponent("image.efi")
      try Data(carried(0x8664)).write(to: file)
      let signed = try Signing.sbsign(file).lastPathComponent
      let own = Signing.own.certificate
      let cases: [([String], Int32, String)] = [
        (["image.efi"], 0, "yes  kexec -l"),
        (["image.efi", "--for", "firmware,kexec-load"], 0, "yes  firmware"),
        (["image.efi", "--for", "lockdown"], 1, "because it is not signed"),
        ([signed, "--cert", own], 0, "by CN=own, issued by CN=own"),
        ([signed, "--cert", Signing.stranger.certificate], 1, "is not trusted"),
        ([signed, "--db", own, "--for", "secure-boot"], 0, "yes  firmware, Secure Boot"),
        ([signed, "--dbx", own, "--for", "secure-boot"], 1, "dbx revokes CN=own"),
        (["image.efi", "--for", "nonsense"], 64, "there are firmware, secure-boot, kexec-load"),
        (["absent.efi"], 74, "absent.efi: cannot read"),
        (["image.efi", "--cert", "absent"], 74, "absent: cannot be read"),
        (["image.efi", "--cert", "image.efi"], 1, "no certificate"),
        ([own], 1, "not a PE file"),
      ]
      for (arguments, status, text) in cases {
        let done = try Command.run(["verify"] + arguments, in: folder)
        #expect(done.status == status, "\(arguments): \(done)")
        #expect((done.standardOutput + done.standardError).contains(text), "\(arguments): \(done)")
      }
      let json = try Command.run(["verify", "--json", signed], in: folder).standardOutput
      let object = try #require(JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
      let roads = try #require(object["roads"] as? [String: [String: Any]])
      #expect(Set(roads.keys) == Set(Road.allCases.map(\.rawValue)))
      #expect(roads.values.allSatisfy { Set($0.keys) == ["taken", "loads", "applies", "reasons", "notes"] })
      #expect(object["format"] as? Int == 1 && object["kind"] as? String == "carried-image")
    }
  }
}
