// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Foundation
import Testing

@testable import Authenticode
@testable import CarriedImage

@Suite("virgil sign and compose --sign-key", .enabled(if: Signing.obstacle == nil, Signing.obstacle))
struct SignCommandTests {
  private func inFolder(_ body: (URL) throws -> Void) throws {
    try Signing.inFolder { folder in
      let payload = Fixture.payload(0x8664).build()
      try Data(payload).write(to: folder.appendingPathComponent("plain.efi"))
      let blob = Fixture.blob(machine: 0x8664)
      try Data(blob).write(to: folder.appendingPathComponent("virgil-x86_64.blob"))
      try Fixture.carry(payload, blob) { try Data($1).write(to: folder.appendingPathComponent("image.efi")) }
      try Data("text".utf8).write(to: folder.appendingPathComponent("text"))
      try body(folder)
      // Neither temporary files nor folders stay.
      let left = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasPrefix(".") }
      #expect(left == [])
    }
  }

  private func sign(_ words: String..., by key: Signing.Key? = nil, in folder: URL) throws -> Command.Output {
    try Command.run(["sign"] + words + (key?.arguments ?? []), in: folder)
  }

  private func subjects(_ name: String, in folder: URL) throws -> [String?] {
    let found = try Signing.signatures(folder.appendingPathComponent(name).bytes())
    #expect(found.allSatisfy { $0.holds })
    return found.map { $0.signers.first?.subject }
  }

  @Test(arguments: ["sbsign", "osslsigncode"])
  func `A signature is made by the tool, and holds for sbverify`(tool: String) throws {
    try inFolder { folder in
      let done = try sign(
        "image.efi", "-o", "out.efi", "--signtool", tool, by: Signing.own, in: folder)
      #expect(done.status == 0 && done.standardError == "", "\(done.standardError)")
      #expect(done.standardOutput.hasPrefix("out.efi: signed by CN=own, SHA-256 "))
      #expect(done.standardOutput.hasSuffix("(\(tool))\n"))
      #expect(try subjects("out.efi", in: folder) == ["CN=own"])
      let out = folder.appendingPathComponent("out.efi")
      #expect(try Signing.run("sbverify", ["--cert", Signing.own.certificate, out.path]).status == 0)
      #expect(try Signing.run("sbverify", ["--cert", Signing.stranger.certificate, out.path]).status != 0)
      // Nothing else has changed.
      let before = try folder.appendingPathComponent("image.efi").bytes()
      let after = try out.bytes()
      #expect(Signing.hash(before) == Signing.hash(after))
    }
  }

  @Test func `The checksum is the one that the tool would have written`() throws {
    try inFolder { folder in
      let image = folder.appendingPathComponent("image.efi")
      #expect(
        try sign("image.efi", "-o", "out.efi", "--signtool", "osslsigncode", by: Signing.own, in: folder).status == 0)
      let ours = try folder.appendingPathComponent("out.efi").bytes()
      let theirs = folder.appendingPathComponent("theirs.efi")
      let done = try Signing.run(
        "osslsigncode",
        ["sign", "-h", "sha256", "-certs", Signing.own.certificate, "-key", Signing.own.key, "-time", "1800000000"]
          + ["-in", image.path, "-out", theirs.path])
      #expect(done.status == 0, "\(done.text)")
      // The same signature gives the same file: theirs, signed again by us at the same time.
      let again = try Command.run(
        ["sign", "image.efi", "-o", "again.efi"] + Signing.own.arguments, in: folder,
        environment: ["SOURCE_DATE_EPOCH": "1800000000"])
      #expect(again.status == 0, "\(again.standardError)")
      #expect(try folder.appendingPathComponent("again.efi").bytes() == theirs.bytes())
      #expect(IndependentPE(ours).checkSum != 0)
    }
  }

  @Test func `Others' signatures are touched knowingly only`() throws {
    try inFolder { folder in
      #expect(try sign("image.efi", by: Signing.own, in: folder).status == 0)
      // By the same certificate: replaced.
      let again = try sign("image.efi", by: Signing.own, in: folder)
      #expect(again.status == 0 && again.standardError.contains("signature 1 by CN=own is replaced"))
      #expect(try subjects("image.efi", in: folder) == ["CN=own"])
      let refused = try sign("image.efi", "-o", "two.efi", by: Signing.stranger, in: folder)
      #expect(refused.status == 1)
      #expect(refused.standardError.contains("--append") && refused.standardError.contains("--replace"))
      #expect(!FileManager.default.fileExists(atPath: folder.appendingPathComponent("two.efi").path))
      // The new one is first: Linux looks at no other.
      #expect(try sign("image.efi", "-o", "two.efi", "--append", by: Signing.stranger, in: folder).status == 0)
      #expect(try subjects("two.efi", in: folder) == ["CN=stranger", "CN=own"])
      let two = folder.appendingPathComponent("two.efi").path
      for key in [Signing.own, Signing.stranger] {
        #expect(try Signing.run("sbverify", ["--cert", key.certificate, two]).status == 0)
      }
      #expect(try sign("two.efi", "-o", "one.efi", "--replace", by: Signing.curve, in: folder).status == 0)
      #expect(try subjects("one.efi", in: folder) == ["CN=curve"])
      let removed = try sign("two.efi", "-o", "none.efi", "--remove", in: folder)
      #expect(removed.status == 0 && removed.standardOutput == "none.efi: 2 signatures removed\n")
      #expect(try subjects("none.efi", in: folder) == [])
    }
  }

  @Test func `A signature that does not match is never kept`() throws {
    try inFolder { folder in
      #expect(try sign("image.efi", by: Signing.own, in: folder).status == 0)
      let image = folder.appendingPathComponent("image.efi")
      var bytes = try image.bytes()
      bytes[0x2100] ^= 1
      try Data(bytes).write(to: image)
      let done = try sign("image.efi", "--append", by: Signing.stranger, in: folder)
      #expect(done.status == 0)
      #expect(done.standardError.contains("signature 1 by CN=own is removed: it is a signature of other bytes"))
      #expect(try subjects("image.efi", in: folder) == ["CN=stranger"])
    }
  }

  @Test func `In place a file keeps its mode, and on failure its bytes`() throws {
    try inFolder { folder in
      let image = folder.appendingPathComponent("image.efi")
      try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: image.path)
      let before = try image.bytes()
      var wrong = Signing.own.arguments
      wrong[3] = Signing.stranger.certificate
      for tool in ["sbsign", "osslsigncode"] {
        let done = try Command.run(["sign", "image.efi", "--signtool", tool] + wrong, in: folder)
        #expect(done.status == 1 && done.standardError.hasPrefix("virgil: error: "), "\(done.standardError)")
        #expect(try image.bytes() == before)
      }
      #expect(try sign("image.efi", by: Signing.own, in: folder).status == 0)
      let attributes = try FileManager.default.attributesOfItem(atPath: image.path)
      #expect((attributes[.posixPermissions] as? Int) == 0o600)
    }
  }

  @Test func `What is wrong is said, and how`() throws {
    try inFolder { folder in
      let own = Signing.own
      let cases: [([String], Int32, String)] = [
        (["sign", "image.efi"], 64, "--sign-key"),
        (["sign", "image.efi", "--sign-key", own.key], 64, "go together"),
        (["sign", "image.efi", "--remove"] + own.arguments, 64, "--remove"),
        (["sign", "image.efi", "--append", "--replace"] + own.arguments, 64, "exclude"),
        (["sign", "image.efi", "--signtool", "nonsense"] + own.arguments, 64, "signtool"),
        (["sign", "text"] + own.arguments, 1, "text: not a PE file"),
        (["sign", "image.efi", "--sign-key", "absent", "--sign-cert", own.certificate], 74, "absent: the key"),
        (["sign", "image.efi", "--sign-key", own.key, "--sign-cert", "absent"], 74, "absent: cannot be read"),
        (["sign", "image.efi", "--sign-key", own.key, "--sign-cert", "text"], 1, "text: no certificate"),
        (["sign", "absent.efi"] + own.arguments, 74, "absent.efi: cannot read"),
        (["sign", "image.efi", "-o", "no/folder/out.efi"] + own.arguments, 74, "no/folder/out.efi"),
        (["compose", "plain.efi", "-o", "x.efi", "--sign-key", own.key], 64, "go together"),
        (
          ["compose", "plain.efi", "-o", "x.efi", "--sign-key", own.key, "--sign-cert", "text"], 1,
          "text: no certificate"
        ),
      ]
      for (arguments, status, message) in cases {
        let done = try Command.run(arguments, in: folder)
        #expect(done.status == status, "\(arguments): \(done.standardError)")
        #expect(done.standardError.contains(message), "\(done.standardError)")
      }
      let none = try Command.run(["sign", "image.efi"] + own.arguments, in: folder, environment: ["PATH": folder.path])
      #expect(none.status == 1 && none.standardError.contains("install sbsigntool or osslsigncode"))
      #expect(!FileManager.default.fileExists(atPath: folder.appendingPathComponent("x.efi").path))
    }
  }

  @Test func `compose signs in the same step, and inspect says so`() throws {
    try inFolder { folder in
      let compose = ["compose", "plain.efi", "-o", "out.efi", "--emulator", "virgil-x86_64.blob"]
      let names = ["--secureboot-private-key", Signing.own.key, "--secureboot-certificate", Signing.own.certificate]
      for key in [Signing.own.arguments, names] {
        let done = try Command.run(compose + key, in: folder)
        #expect(done.status == 0 && done.standardOutput.contains("out.efi: signed by CN=own"), "\(done.standardError)")
        #expect(try subjects("out.efi", in: folder) == ["CN=own"])
      }
      let report = try Command.run(["inspect", "out.efi"], in: folder).standardOutput
      #expect(report.contains("by CN=own, issued by CN=own") && report.contains(", holds"))
      let json = try Command.run(["inspect", "--json", "out.efi"], in: folder).standardOutput
      #expect(json.contains("\"digestAlgorithm\" : \"sha256\"") && json.contains("\"holds\" : true"))
    }
  }
}
