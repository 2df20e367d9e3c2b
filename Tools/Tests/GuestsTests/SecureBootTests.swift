// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Foundation
import SignatureLists
import SystemPackage
import Testing

@testable import Guests

@Suite struct SecureBootTests {
  /// A flash as EDK2's build leaves it: the volume's header, the store's, and nothing.
  static func flash(store: Int = 0x1000, count: Int = 0x2000) -> [UInt8] {
    var bytes = [UInt8](repeating: 0xff, count: count)
    bytes.replaceSubrange(0..<72, with: [UInt8](repeating: 0, count: 72))
    bytes.replaceSubrange(40..<44, with: Array("_FVH".utf8))
    bytes[48] = 72
    let guid: [UInt8] = [
      0x78, 0x2c, 0xf3, 0xaa, 0x7b, 0x94, 0x9a, 0x43, 0xa1, 0x80, 0x2e, 0x14, 0x4e, 0xc3, 0x77, 0x92,
    ]
    let size = withUnsafeBytes(of: UInt32(store).littleEndian) { Array($0) }
    bytes.replaceSubrange(72..<100, with: guid + size + [0x5a, 0xfe, 0, 0, 0, 0, 0, 0])
    return bytes
  }

  struct Variable: Equatable {
    var name: String
    var attributes: UInt32
    var data: [UInt8]
  }

  /// The variables of a flash, read by the format's description.
  static func variables(_ flash: [UInt8]) throws -> [Variable] {
    var found: [Variable] = []
    var offset = 100
    while flash.littleEndian(UInt16.self, at: offset) == 0x55aa {
      let nameSize = Int(try #require(flash.littleEndian(UInt32.self, at: offset + 36)))
      let dataSize = Int(try #require(flash.littleEndian(UInt32.self, at: offset + 40)))
      let name = (0..<nameSize / 2 - 1).map { flash.littleEndian(UInt16.self, at: offset + 60 + 2 * $0)! }
      let data = offset + 60 + nameSize
      found.append(
        Variable(
          name: String(decoding: name, as: UTF16.self),
          attributes: try #require(flash.littleEndian(UInt32.self, at: offset + 4)),
          data: Array(flash[data..<data + dataSize])))
      offset = (data + dataSize + 3) & ~3
    }
    #expect(flash[offset...].allSatisfy { $0 == 0xff })
    return found
  }

  static func enrolled(_ certificate: [UInt8], in bytes: [UInt8]) throws -> [UInt8] {
    var flash = try VariableFlash(bytes)
    try flash.enableSecureBoot(SignatureLists(certificates: [certificate]))
    return flash.bytes
  }

  @Test(arguments: 0..<4)
  func theCertificateIsEnrolledAsAllThatFirmwareTrusts(_ odd: Int) throws {
    let certificate = [UInt8](0...200) + [UInt8](repeating: 7, count: odd)
    let found = try Self.variables(Self.enrolled(certificate, in: Self.flash()))
    #expect(found.map(\.name) == ["PK", "KEK", "db", "SecureBootEnable"])
    #expect(found.map(\.attributes) == [0x27, 0x27, 0x27, 3])
    #expect(found[3].data == [1])
    for variable in found[..<3] {
      let size = UInt32(variable.data.count)
      #expect(variable.data.littleEndian(UInt32.self, at: 16) == size)
      #expect(variable.data.littleEndian(UInt32.self, at: 24) == size - 28)
      #expect(Array(variable.data[44...]) == certificate)
    }
  }

  @Test(arguments: [nil, "", "a=ä b"] as [String?])
  func aBootOptionNamesAFileAndItsLoadOptions(_ options: String?) throws {
    var flash = try VariableFlash(Self.flash())
    try flash.addBootOption("\\x", options: options)
    let found = try Self.variables(flash.bytes)
    #expect(found.map(\.name) == ["Boot0000", "BootOrder"])
    #expect(found[1].data == [0, 0])
    let data = found[0].data
    let description = ucs2("Virgil's guest")
    let path: [UInt8] = [4, 4, 10, 0, 0x5c, 0, 0x78, 0, 0, 0, 0x7f, 0xff, 4, 0]
    #expect(data.littleEndian(UInt32.self, at: 0) == 1)
    #expect(data.littleEndian(UInt16.self, at: 4) == UInt16(path.count))
    #expect(Array(data[6...]) == description + path + (options.map(ucs2) ?? []))
  }

  @Test func aFlashThatIsNoneOrUsedOrTooSmallIsRefused() {
    #expect(throws: VariableFlash.Failure.self) { try VariableFlash([]) }
    #expect(throws: VariableFlash.Failure.self) { try VariableFlash([UInt8](repeating: 0, count: 0x2000)) }
    #expect(throws: VariableFlash.Failure.self) { try VariableFlash(Self.flash(store: 0x3000)) }
    var used = Self.flash()
    used[200] = 0
    #expect(throws: VariableFlash.Failure.self) { try VariableFlash(used) }
    #expect(throws: VariableFlash.Failure.self) {
      try Self.enrolled([UInt8](repeating: 1, count: 1400), in: Self.flash())
    }
    // Cut anywhere in its headers it is an error, no trap.
    for count in 0..<100 {
      #expect(throws: VariableFlash.Failure.self) { try VariableFlash(Array(Self.flash()[..<count])) }
    }
  }

  @Test func aKeyIsTwoPaths() {
    #expect(SecureBootKey("a/k.pem:c.pem") == SecureBootKey(key: "a/k.pem", certificate: "c.pem"))
    for wrong in ["", "a", ":", "a:", ":b", "a:b:c"] { #expect(SecureBootKey(wrong) == nil) }
  }

  @Test func aCertificateIsPEM() async throws {
    try await TemporaryFolder.with { folder in
      let path = folder.appending("cert.pem")
      func list(_ text: String) throws -> SignatureLists {
        try Data(text.utf8).write(to: URL(fileURLWithPath: path.string))
        return try SecureBootKey(key: "none", certificate: path).signatureList()
      }
      #expect(
        try list("Certificate:\n-----BEGIN CERTIFICATE-----\nMAMC\nAQU=\n-----END CERTIFICATE-----\n")
          == SignatureLists(certificates: [[0x30, 3, 2, 1, 5]]))
      for wrong in [
        "", "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE----------BEGIN CERTIFICATE-----",
        "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
      ] { #expect(throws: SecureBootKey.Failure.self) { try list(wrong) } }
      let missing = SecureBootKey(key: "none", certificate: "/nonexistent/cert.pem")
      let error = #expect(throws: SecureBootKey.Failure.self) { try missing.signatureList() }
      #expect(error?.description.contains("/nonexistent/cert.pem") == true)
    }
  }

  @Test func theMachineLetsOnlyItsFirmwareWriteTheVariables() async throws {
    var machine = QEMU(architecture: .x86_64)
    machine.firmware = QEMU.Firmware(code: "/c.fd", variables: "/v.fd", isSecure: true)
    let line = machine.arguments.joined(separator: " ")
    #expect(line.contains("-M q35,smm=on "))
    #expect(line.contains("-global driver=cfi.pflash01,property=secure,value=on"))
    try await ScenarioTests.withImage(ScenarioTests.pe(at: 0x80, machine: [0x64, 0xaa])) { image in
      var scenario = try Scenario(image: image)
      scenario.secureBoot = SecureBootKey("k:c")
      let error = #expect(throws: Scenario.Failure.self) { try scenario.check(initrdSize: 0) }
      #expect(error?.description.contains("x86_64") == true)
    }
  }
}
