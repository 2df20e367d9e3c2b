// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Foundation
import Testing

@testable import UKI
@testable import virgil

@Suite("configuration files")
struct ConfigurationTests {
  @Test func `A file is read as ukify reads it`() throws {
    let file = try INIFile(
      """
      # a comment
      [UKI]
      Linux = a b   # behind a blank
      Initrd=
        one#1
      # between
        two

      Cmdline = x = y
        [not a section]
      [Virgil]
        Console = none
        Sidecar = a
      [UKI]
      Linux = again
      """)
    let expected: [(String, String, String, Int)] = [
      ("UKI", "Linux", "again", 15), ("UKI", "Initrd", "one#1\ntwo", 4),
      ("UKI", "Cmdline", "x = y\n[not a section]", 9),
      ("Virgil", "Console", "none", 12), ("Virgil", "Sidecar", "a", 13),
    ]
    #expect(
      file.entries
        == expected.map { INIFile.Entry(section: $0.0, key: $0.1, value: $0.2, line: $0.3) })
    #expect(file.sections.map(\.line) == [2, 11, 14])
  }

  @Test func `What is no such file is refused with its line`() {
    let cases: [(String, Int)] = [
      ("Linux = a", 1), ("[UKI]\n\nLinux", 3), ("[UKI]\n= a", 2), ("[UKI\nA = b", 1), ("[]", 1),
      ("[UKI]\nA = b\n\n  c", 4), ("\u{0}\n[UKI]", 1),
    ]
    for (text, line) in cases {
      do {
        _ = try INIFile(text)
        Issue.record("\(text) is no configuration")
      } catch {
        #expect(error.line == line, "\(text): \(error)")
      }
    }
  }

  private func withFile(_ text: String, _ body: (String) throws -> Void) throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("virgil-\(UUID().uuidString).conf")
    try Data(text.utf8).write(to: path)
    defer { try? FileManager.default.removeItem(at: path) }
    try body(path.path)
  }

  /// compose with a file's settings.
  private func completed(
    _ arguments: [String], _ text: String, builds: Bool = true
  ) throws -> (compose: Compose, left: [String]) {
    var result: (Compose, [String])?
    try withFile(text) { path in
      guard var compose = try Virgil.parseAsRoot(["compose", "--config", path, "-o", "x"] + arguments) as? Compose
      else {
        return
      }
      let left = try ComposeConfiguration(path: path).apply(to: &compose, builds: builds)
      result = (compose, left)
    }
    return try #require(result)
  }

  @Test func `The command line counts more, and lists are joined`() throws {
    let text = """
      [UKI]
      Linux = file
      Uname = file
      Initrd = a b
      SBAT = one two
      EFIArch = x64
      SignInitrdPCRs = yes
      SecureBootCertificateDir = file
      [PCRSignature:second]
      PCRPublicKey = public2
      [PCRSignature:first]
      PCRPrivateKey = private1
      [PCRSignature:second]
      PCRPrivateKey = private2
      Phases = enter-initrd
      [Virgil]
      Console = none
      Sidecar = s t
      OnFailure = halt
      """
    let (compose, left) = try completed(
      [
        "--linux", "line", "--initrd", "c", "--sbat", "three", "--no-sign-initrd-pcrs", "--sidecar", "u",
        "--on-failure",
        "poweroff", "--pcr-private-key", "private0",
      ], text)
    #expect(left.isEmpty)
    #expect(compose.parts.linux == "line" && compose.parts.uname == "file")
    #expect(compose.parts.initrd == ["a", "b", "c"] && compose.parts.sbat == ["one two", "three"])
    #expect(compose.parts.efiArch == .x64 && compose.signatures.signInitrdPcrs == false)
    #expect(compose.foreign.securebootCertificateDir == "file")
    #expect(compose.console == "none" && compose.sidecars.sidecar == ["s", "t", "u"])
    #expect(compose.policy.onFailure == .powerOff)
    let keys = compose.signatures.keys
    #expect(keys.map(\.privateKey) == ["private0", "private2", "private1"])
    #expect(keys.map(\.publicKey) == [nil, "public2", nil])
    #expect(keys.map(\.phases) == [[], ["enter-initrd"], []])
  }

  @Test func `A finished image takes what is not about its parts`() throws {
    let text = "[UKI]\nLinux = a\nCmdline = b\nSecureBootPrivateKey = k\n[Virgil]\nConsole = none\n"
    let (compose, left) = try completed(["uki.efi"], text, builds: false)
    #expect(left == ["Linux", "Cmdline"])
    #expect(compose.parts.linux == nil && compose.parts.cmdline == nil && compose.console == "none")
    #expect(compose.signing.signKey == "k")
  }

  @Test func `What is unknown is an error with its line, and the nearest name`() throws {
    let cases: [(String, Int, String)] = [
      ("[UKI]\nCmdlin = a", 2, "[UKI] has no key Cmdlin; did you mean Cmdline?"),
      ("[UKI]\n\ninitrd = a", 3, "[UKI] has no key initrd; did you mean Initrd?"),
      ("[UKI]\nWhatever = a", 2, "[UKI] has no key Whatever"),
      ("[UKI]\nConsole = a", 2, "[UKI] has no key Console; it belongs to [Virgil]"),
      ("[UKI]\nPhases = a", 2, "[UKI] has no key Phases; it belongs to [PCRSignature:NAME]"),
      ("[Uki]\nLinux = a", 1, "there is no section [Uki]; did you mean [UKI]?"),
      ("[PCRSignature:]\nPhases = a", 1, "[PCRSignature:]: must be [PCRSignature:NAME], with a NAME without :"),
      (
        "[UKI]\nEFIArch = arm64", 2,
        "EFIArch= must be ia32, x64, arm, aa64, riscv32, riscv64, loongarch32, loongarch64, not arm64"
      ),
      ("[UKI]\nSignKernel = perhaps", 2, "SignKernel= must be yes or no, not perhaps"),
      ("[Virgil]\nOnFailure = stop", 2, "OnFailure= must be reset, halt, poweroff, not stop"),
    ]
    for (text, line, reason) in cases {
      do {
        _ = try completed(["--linux", "a"], text)
        Issue.record("\(text) must be refused")
      } catch let problem as Problem {
        #expect(problem.reason == reason)
        #expect(problem.path.hasSuffix(".conf:\(line)"))
      }
    }
  }

  @Test func `Every option of ukify's is known, with its key`() throws {
    // ukify 262's, but for what is of its other verbs.
    let options = ComposeSetting.all.map(\.option).filter { !$0.isEmpty } + ComposeSetting.optionsWithoutKey
    let help = Compose.helpMessage(includeHidden: true, columns: 400)
    for option in options { #expect(help.contains(option), "\(option) has a key and is no option") }
  }

  /// Written by `virgil compose --settings-table`.
  @Test func `The documentation has the table of keys and options`() throws {
    let page = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../../Documentation/ukify.md")
    let text = try String(contentsOf: page, encoding: .utf8)
    #expect(
      text.contains("\n" + ComposeSettingsTable.markdown + "\n"),
      "put the output of `virgil compose --settings-table` into Documentation/ukify.md")
  }
}
