// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Foundation
import Testing

/// Signatures of PCR 11 against ukify's. systemd-measure must be as new as ukify, and wants real keys; what counts here is
/// what it is asked, so a program in its place answers with a digest of that: options, names and contents.
@Suite("PCR signatures", .enabled(if: Ukify.obstacle == nil, "\(Ukify.obstacle ?? "")"), .serialized)
struct PCRTests {
  private static let tool = """
    import hashlib, json, sys
    digest = hashlib.sha256()
    for argument in sys.argv[2:]:
        name, _, value = argument.partition('=')
        known = ('--bank', '--phase', '--policyref', '--json', '--private-key', '--public-key', '--certificate',
                 '--private-key-source', '--certificate-source')
        if name in ('--json', 'off'):
            continue
        # ukify 257 has a NUL more in .sbat.
        contents = value.encode() if name in known else open(value, 'rb').read().rstrip(b'\\0')
        digest.update(f'{name}='.encode() + contents)
    policy = {'pcrs': [11], 'pkfp': '00', 'pol': digest.hexdigest()}
    if sys.argv[1] == 'sign':
        policy['sig'] = 'c2ln'
    print(json.dumps({'sha256': [policy], 'sha1': [{'pcrs': [11], 'pol': 'same'}]}))
    """

  private func inFolder(_ body: (URL) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("virgil-\(UUID().uuidString)")
    try FileManager.default.createDirectory(
      at: folder.appendingPathComponent("tools"), withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let tool = folder.appendingPathComponent("tools/systemd-measure")
    let python = try #require(Ukify.python).path
    try Data("#!\(python)\n\(Self.tool)\n".utf8).write(to: tool)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: tool.path)
    var builder = PEBuilder(machine: 0x8664)
    builder.sections[0].data = pattern(0x500, 3)
    try Data(builder.build()).write(to: folder.appendingPathComponent("kernel"))
    for name in ["initrd", "dtb1", "dtb2", "splash", "ucode"] {
      try Data("\(name)'s contents".utf8).write(to: folder.appendingPathComponent(name))
    }
    for name in ["key1", "key2", "public1", "public2"] {
      try Data(name.utf8).write(to: folder.appendingPathComponent(name))
    }
    try body(folder)
  }

  private static let common = [
    "--linux", "kernel", "--initrd", "initrd", "--cmdline", "a", "--os-release", "ID=x", "--uname", "1", "--splash",
    "splash", "--microcode", "ucode", "--section", ".extra:x", "--efi-arch", "x64", "--tools", "tools",
  ]
  private static let profile = ["--profile", "ID=two", "--cmdline", "b", "--os-release", "ID=y"]

  /// The values of all sections .pcrsig.
  private func signatures(_ url: URL) throws -> [NSDictionary] {
    let file = [UInt8](try Data(contentsOf: url))
    return try IndependentPE(file).sections.filter { $0.name == ".pcrsig" }.map { section in
      let bytes = file[section.rawOffset..<section.rawOffset + section.virtualSize]
      return try #require(JSONSerialization.jsonObject(with: Data(bytes)) as? NSDictionary)
    }
  }

  private struct Case {
    let arguments: [String]
    /// How many profiles have signatures.
    let count: Int
    var since = "257"
  }

  private static let cases = [
    Case(arguments: ["--pcr-private-key", "key1", "--pcr-public-key", "public1"], count: 1),
    Case(
      arguments: [
        "--pcr-private-key", "key1", "--pcr-public-key", "public1", "--phases", "enter-initrd", "--pcr-private-key",
        "key2", "--pcr-public-key", "public2", "--phases", "enter-initrd:leave-initrd enter-initrd", "--pcr-banks",
        "sha1,sha256", "--join-profile", "two.efi",
      ], count: 2),
    Case(
      arguments: [
        "--pcr-private-key", "key1", "--pcr-public-key", "public1", "--devicetree-auto", "dtb1", "--devicetree-auto",
        "dtb2", "--join-profile", "two.efi",
      ], count: 2),
    Case(
      arguments: [
        "--pcr-private-key", "key1", "--pcr-public-key", "public1", "--sign-profile", "two", "--join-profile",
        "two.efi",
        "--policyref", "here", "--sign-initrd-pcrs",
      ], count: 1, since: "262"),
    Case(
      arguments: ["--pcr-private-key", "key1", "--pcr-certificate", "public1", "--pcrpkey", "public1"], count: 1,
      since: "262"),
    Case(
      arguments: ["--policy-digest", "--pcr-public-key", "public1", "--sign-initrd-pcrs", "--join-profile", "two.efi"],
      count: 2, since: "262"),
  ]

  @Test(.enabled(if: Material.exists("x86_64/stub/262/linuxx64.efi.stub"), "no stub; run: scripts/material fetch"))
  func `systemd-measure is asked what ukify asks it`() throws {
    let stub = Material.root.appendingPathComponent("x86_64/stub/262/linuxx64.efi.stub").path
    let addon = Material.root.appendingPathComponent("x86_64/stub/262/addonx64.efi.stub").path
    try inFolder { folder in
      let options = ["compose", "--config", "/dev/null"]
      let two = try Command.run(options + Self.profile + ["--stub", addon, "-o", "two.efi"], in: folder)
      #expect(two.status == 0, "\(two.standardError)")
      let all = Self.cases.map { Self.common + ["--stub", stub] + $0.arguments }
      for (index, arguments) in all.enumerated() {
        let ours = try Command.run(
          options + arguments + ["--no-emulator", "-o", "ours-\(index).efi"], in: folder)
        #expect(ours.status == 0, "\(ours.standardError)")
      }
      for version in Ukify.versions {
        let known = Self.cases.indices.filter { Self.cases[$0].since <= version }
        let jobs = known.map { all[$0] + ["--output", "theirs-\($0).efi"] }
        let problems = try Ukify.build(version, jobs, in: folder)
        #expect(problems.filter { !$0.isEmpty } == [], "ukify \(version)")
        for index in known {
          let files = ["theirs", "ours"].map { folder.appendingPathComponent("\($0)-\(index).efi") }
          let what = "ukify \(version), \(Self.cases[index].arguments)"
          let (their, our) = (try signatures(files[0]), try signatures(files[1]))
          #expect(their.count == Self.cases[index].count && our == their, "\(what): \(our), theirs \(their)")
          let names = try files.map { IndependentPE([UInt8](try Data(contentsOf: $0))).sections.map(\.name) }
          #expect(names[0] == names[1], "\(what)")
        }
      }
    }
  }

  @Test(.enabled(if: Material.exists("x86_64/stub/262/linuxx64.efi.stub"), "no stub; run: scripts/material fetch"))
  func `Signatures made elsewhere are joined`() throws {
    let stub = Material.root.appendingPathComponent("x86_64/stub/262/linuxx64.efi.stub").path
    try inFolder { folder in
      let build = ["compose", "--config", "/dev/null"] + Self.common + ["--stub", stub, "--policy-digest"]
      let first = try Command.run(
        build + ["--pcr-public-key", "public1", "--no-emulator", "-o", "digests.efi"], in: folder)
      #expect(first.status == 0, "\(first.standardError)")
      // What was printed comes back with a signature.
      let line = try #require(first.standardOutput.split(separator: "\n").first { $0.hasPrefix("{") })
      let signed = line.replacingOccurrences(of: #""pol":"#, with: #""sig":"c2lnbmF0dXJl","pol":"#)
      try Data(signed.utf8).write(to: folder.appendingPathComponent("signed.json"))
      let join = ["--pcrsig", "@signed.json", "--join-pcrsig", "digests.efi"]
      let ours = try Command.run(
        ["compose", "--config", "/dev/null", "--no-emulator", "-o", "ours.efi"] + join, in: folder)
      #expect(ours.status == 0, "\(ours.standardError)")
      let all = try signatures(folder.appendingPathComponent("ours.efi"))
      let bank = try #require(all.first?["sha256"] as? [NSDictionary])
      #expect(bank.allSatisfy { $0["sig"] as? String == "c2lnbmF0dXJl" } && !bank.isEmpty)
      #expect(try Ukify.build("262", [join + ["--output", "theirs.efi"]], in: folder) == [""])
      #expect(try signatures(folder.appendingPathComponent("theirs.efi")) == all)
      let none = try Command.run(
        [
          "compose", "--config", "/dev/null", "--no-emulator", "-o", "x.efi", "--pcrsig", "{}", "--join-pcrsig",
          "kernel",
        ],
        in: folder)
      #expect(none.status == 1 && none.standardError.contains("kernel: it has no section .pcrsig"))
    }
  }

  @Test func `What is missing or wrong is said`() throws {
    try inFolder { folder in
      let cases: [([String], Int32, String)] = [
        (["--pcr-private-key", "key1", "--phases", "dinner"], 64, "there is no phase dinner"),
        (["--pcr-private-key", "key1", "--pcr-public-key", "a", "--pcr-public-key", "b"], 64, "give one for each"),
        (["--pcrsig", "{}"], 64, "--pcrsig and --join-pcrsig go together"),
        (["--policy-digest"], 64, "--policy-digest needs one --pcr-public-key"),
        (["--sign-initrd-pcrs"], 64, "--sign-initrd-pcrs needs --pcr-private-key"),
        (["--secureboot-private-key", "k"], 64, "--sign-key and --sign-cert go together"),
        (["--sign-kernel"], 64, "virgil sign VMLINUZ"), (["--secureboot-certificate-name", "n"], 64, "pesign"),
        (["--signing-engine", "e", "--signing-provider", "p"], 64, "--signing-engine"),
        (["--summary"], 64, "--dry-run prints the plan"),
        (["--secureboot-certificate-validity", "3"], 64, "ukify genkey"),
      ]
      for (arguments, status, text) in cases {
        let output = try Command.run(
          ["compose", "--linux", "kernel", "--stub", "kernel", "-o", "x", "--config", "/dev/null"] + arguments,
          in: folder)
        #expect(output.status == status && output.standardError.contains(text), "\(arguments): \(output.standardError)")
      }
    }
  }
}
