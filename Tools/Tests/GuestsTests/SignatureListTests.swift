// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Foundation
import SignatureLists
import Testing

@Suite struct SignatureListTests {
  static let first = [UInt8](repeating: 0x30, count: 50)
  static let second: [UInt8] = [0x30, 3, 2, 1, 5]
  static func pem(_ certificate: [UInt8]) -> String {
    "-----BEGIN CERTIFICATE-----\n\(Data(certificate).base64EncodedString())\n-----END CERTIFICATE-----\n"
  }

  @Test func certificatesBecomeAListEach() throws {
    let lists = try SignatureLists(file: Array("text\n\(Self.pem(Self.first))text\n\(Self.pem(Self.second))".utf8))
    #expect(lists == SignatureLists(certificates: [Self.first, Self.second]))
    #expect(lists.bytes.count == 2 * 44 + 55)
    #expect(Array(lists.bytes[..<16]) == [161, 89, 192, 165, 228, 148, 167, 74, 135, 181, 171, 21, 92, 43, 240, 114])
    #expect(Array(lists.bytes[16..<28]) == [94, 0, 0, 0, 0, 0, 0, 0, 66, 0, 0, 0])
    #expect(Array(lists.bytes[44..<94]) == Self.first)
  }

  @Test func listsAreTakenAsTheyAreAndOutOfEfivarfs() throws {
    let lists = SignatureLists(certificates: [Self.first, Self.second])
    #expect(try SignatureLists(file: lists.bytes) == lists)
    #expect(try SignatureLists(file: [0x27, 0, 0, 0] + lists.bytes) == lists)
    // Two hashes in one list, and a list's own header in front of its signatures.
    let hashes = [UInt8](repeating: 9, count: 16) + [112, 0, 0, 0, 4, 0, 0, 0, 40, 0, 0, 0]
    let list = hashes + [UInt8](repeating: 1, count: 84)
    #expect(try SignatureLists(file: list).bytes == list)
  }

  @Test func whatIsNeitherIsRefused() {
    let whole = SignatureLists(certificates: [Self.first]).bytes
    for count in 0..<whole.count {
      #expect(throws: SignatureLists.Failure.neither) { try SignatureLists(file: Array(whole[..<count])) }
    }
    // Any byte of the sizes changed: too long, too short, or no whole number of signatures.
    for offset in 16..<28 {
      for bit in 0..<8 {
        var changed = whole
        changed[offset] ^= 1 << bit
        #expect(throws: SignatureLists.Failure.self) { try SignatureLists(file: changed) }
      }
    }
    for text in [
      "-----BEGIN CERTIFICATE-----", "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----",
      "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
      Self.pem(Self.first) + "-----BEGIN CERTIFICATE-----",
    ] { #expect(throws: SignatureLists.Failure.noCertificate) { try SignatureLists(file: Array(text.utf8)) } }
  }
}
