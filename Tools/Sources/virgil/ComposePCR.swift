// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import ArgumentParser
import Foundation

/// Signatures of what a TPM's PCR 11 will hold, under ukify's names: systemd-measure makes them.
struct PCROptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("A private key for signatures of PCR 11: section .pcrsig. Can be given again.", valueName: "key")
  )
  var pcrPrivateKey: [String] = []

  @Option(help: ArgumentHelp("The public key of each.", valueName: "key"))
  var pcrPublicKey: [String] = []

  @Option(help: ArgumentHelp("The certificate of each, in place of a public key.", valueName: "certificate"))
  var pcrCertificate: [String] = []

  @Option(
    help: ArgumentHelp(
      "The phases of the boot that each is for, such as enter-initrd,enter-initrd:leave-initrd.", valueName: "paths"))
  var phases: [String] = []

  @Option(help: ArgumentHelp("What each binds its signatures to.", valueName: "text"))
  var policyref: [String] = []

  @Option(help: "PCR banks, such as sha256,sha384.")
  var pcrBanks: String?

  @Flag(inversion: .prefixedNo, help: "Also sign, by the first key, what can be used in the initrd only.")
  var signInitrdPcrs: Bool?

  @Option(help: ArgumentHelp("Sign for profiles of that ID only. Can be given again.", valueName: "id"))
  var signProfile: [String] = []

  @Flag(inversion: .prefixedNo, help: "Print what systemd-measure calculates for the image.")
  var measure: Bool?

  @Flag(
    inversion: .prefixedNo, help: "Print policy digests, to be signed elsewhere, and leave room for the signatures.")
  var policyDigest: Bool?

  @Option(
    help: ArgumentHelp(
      "Signatures of those digests, as text or @file, for the image of --join-pcrsig.", valueName: "json|@file"))
  var pcrsig: String?

  @Option(
    help: ArgumentHelp("A UKI made with --policy-digest, which gets the signatures of --pcrsig.", valueName: "image"))
  var joinPcrsig: String?

  @Option(
    help: ArgumentHelp(
      "A folder with systemd-measure and other tools, looked into first. Can be given again.", valueName: "folder"))
  var tools: [String] = []

  @Option(help: "An OpenSSL provider that has the keys.")
  var signingProvider: String?

  @Option(help: ArgumentHelp("An OpenSSL provider that has the certificates.", valueName: "provider"))
  var certificateProvider: String?

  /// The options that are there of those that need an image from parts.
  var given: [String] {
    let all: [(String, Bool)] = [
      ("--pcr-private-key", !pcrPrivateKey.isEmpty), ("--pcr-public-key", !pcrPublicKey.isEmpty),
      ("--pcr-certificate", !pcrCertificate.isEmpty), ("--phases", !phases.isEmpty),
      ("--policyref", !policyref.isEmpty),
      ("--pcr-banks", pcrBanks != nil), ("--sign-initrd-pcrs", signInitrdPcrs == true),
      ("--sign-profile", !signProfile.isEmpty), ("--measure", measure == true),
      ("--policy-digest", policyDigest == true),
    ]
    return all.filter(\.1).map(\.0)
  }

  /// A key with all that goes with it.
  struct Key {
    var privateKey: String
    var publicKey: String?
    var certificate: String?
    var phases: [String] = []
    var policyref: String?
  }

  /// In the order given; of those from a configuration file, what is not there is empty.
  var keys: [Key] {
    func part(_ list: [String], _ index: Int) -> String? {
      index < list.count && !list[index].isEmpty ? list[index] : nil
    }
    return pcrPrivateKey.indices.map { index in
      Key(
        privateKey: pcrPrivateKey[index], publicKey: part(pcrPublicKey, index),
        certificate: part(pcrCertificate, index),
        phases: part(phases, index).map(Self.list) ?? [], policyref: part(policyref, index))
    }
  }

  var banks: [String] { pcrBanks.map(Self.list) ?? [] }

  /// Divided by commas or blanks.
  private static func list(_ text: String) -> [String] {
    text.split { $0 == "," || $0.isWhitespace }.map(String.init)
  }

  private static let knownPhases = ["enter-initrd", "leave-initrd", "sysinit", "ready", "shutdown", "final"]

  func check() throws {
    for path in phases.flatMap(Self.list) {
      for phase in path.split(separator: ":").map(String.init) where !Self.knownPhases.contains(phase) {
        throw ValidationError(
          "--phases \(path): there is no phase \(phase); they are \(Self.knownPhases.joined(separator: ", "))")
      }
    }
    let count = pcrPrivateKey.count
    for (option, list) in [
      ("--pcr-public-key", pcrPublicKey), ("--pcr-certificate", pcrCertificate), ("--phases", phases),
      ("--policyref", policyref),
    ] where !list.isEmpty && list.count != count && !(policyDigest == true && count == 0) {
      throw ValidationError(
        "\(option) is there \(list.count) times, --pcr-private-key \(count) times: give one for each")
    }
    guard pcrPublicKey.isEmpty || pcrCertificate.isEmpty else {
      throw ValidationError("--pcr-public-key and --pcr-certificate exclude each other")
    }
    if policyDigest == true {
      guard count == 0 else {
        throw ValidationError("--policy-digest is for keys that are elsewhere: no --pcr-private-key")
      }
      guard pcrPublicKey.count + pcrCertificate.count == 1 else {
        throw ValidationError("--policy-digest needs one --pcr-public-key or --pcr-certificate")
      }
    }
    guard signInitrdPcrs != true || count > 0 || policyDigest == true else {
      throw ValidationError("--sign-initrd-pcrs needs --pcr-private-key or --policy-digest")
    }
    guard (pcrsig == nil) == (joinPcrsig == nil) else {
      throw ValidationError("--pcrsig and --join-pcrsig go together: the signatures, and the image that gets them")
    }
  }

  /// Where a tool of systemd's is.
  ///
  /// - Parameter advice: what to do without it
  func tool(_ name: String, _ advice: String) throws -> String {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    let folders = tools + path.split(separator: ":").map(String.init) + ["/usr/lib/systemd"]
    guard let found = folders.map({ $0 + "/" + name }).first(where: FileManager.default.isExecutableFile) else {
      throw IOProblem(path: name, reason: "is not installed; \(advice)")
    }
    return found
  }

  /// The section .pcrpkey, where it is not given: the only key's public part.
  ///
  /// - Parameter signingEngine: OpenSSL's, that has the keys
  func publicKeyForSection(_ signingEngine: String?) throws -> [UInt8]? {
    var options: [String]
    if pcrPublicKey.count == 1 {
      guard signingEngine != nil || signingProvider != nil else {
        guard let data = FileManager.default.contents(atPath: pcrPublicKey[0]) else {
          throw IOProblem(path: pcrPublicKey[0], reason: "cannot be read")
        }
        return Array(data)
      }
      // Of a key elsewhere, it is a certificate.
      options = ["--certificate", pcrPublicKey[0]]
    } else if pcrCertificate.count == 1 {
      options = ["--certificate", pcrCertificate[0]]
    } else if pcrPrivateKey.count == 1 {
      options = ["--private-key", pcrPrivateKey[0]]
      if let signingEngine { options += ["--private-key-source", "engine:\(signingEngine)"] }
      if let signingProvider { options += ["--private-key-source", "provider:\(signingProvider)"] }
    } else {
      return nil
    }
    if options[0] == "--certificate", let certificateProvider {
      options += ["--certificate-source", "provider:\(certificateProvider)"]
    }
    let tool = try tool("systemd-keyutil", "it comes with systemd 258; or give the public key with --pcrpkey")
    return try ToolRun.output(of: tool, ["extract-public"] + options)
  }
}
