// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import CarriedImage

/// A key of a configuration file and the option that it stands for: the one table of both, which the documentation is made
/// from as well.
struct ComposeSetting {
  /// What a value is, and where it goes.
  enum Value {
    /// Taken where the command line has none.
    case text(WritableKeyPath<Compose, String?>)
    /// Counts more than the command line, as it does in ukify.
    case override(WritableKeyPath<Compose, String?>)
    /// One more, in front of the command line's.
    case entry(WritableKeyPath<Compose, [String]>)
    /// Several, divided by blanks, in front of the command line's.
    case list(WritableKeyPath<Compose, [String]>)
    /// yes or no, taken where the command line says neither.
    case boolean(WritableKeyPath<Compose, Bool?>)
    /// One of several words.
    case word([String], (inout Compose, String) -> Void)
    /// Part of the key pair that the section names.
    case group(WritableKeyPath<Compose, [String]>)
    /// Of no meaning for compose: ukify genkey reads it.
    case ignored
  }

  let section: String
  let key: String
  let option: String
  let value: Value

  /// With a group's name left open.
  static let sections = ["UKI", "PCRSignature:NAME", "Virgil"]

  private static func uki(_ key: String, _ option: String, _ value: Value) -> ComposeSetting {
    .init(section: "UKI", key: key, option: option, value: value)
  }
  private static func pcr(_ key: String, _ option: String, _ path: WritableKeyPath<Compose, [String]>) -> ComposeSetting
  {
    .init(section: "PCRSignature:NAME", key: key, option: option, value: .group(path))
  }
  private static func own(_ key: String, _ option: String, _ value: Value) -> ComposeSetting {
    .init(section: "Virgil", key: key, option: option, value: value)
  }
  private static func word<Word: CaseIterable & RawRepresentable>(
    _ path: WritableKeyPath<Compose, Word?>
  ) -> Value where Word.RawValue == String {
    .word(Word.allCases.map(\.rawValue)) { compose, word in
      if compose[keyPath: path] == nil { compose[keyPath: path] = Word(rawValue: word) }
    }
  }

  nonisolated(unsafe) static let all: [ComposeSetting] = [
    uki("Linux", "--linux", .text(\.parts.linux)),
    uki("OSRelease", "--os-release", .text(\.parts.osRelease)),
    uki("Cmdline", "--cmdline", .text(\.parts.cmdline)),
    uki("Initrd", "--initrd", .list(\.parts.initrd)),
    uki("Firmware", "--efifw", .entry(\.parts.efifw)),
    uki("Microcode", "--microcode", .text(\.parts.microcode)),
    uki("Splash", "--splash", .text(\.parts.splash)),
    uki("DeviceTree", "--devicetree", .text(\.parts.devicetree)),
    uki("DeviceTreeAuto", "--devicetree-auto", .list(\.parts.devicetreeAuto)),
    uki("HWIDs", "--hwids", .text(\.parts.hwids)),
    uki("Uname", "--uname", .text(\.parts.uname)),
    uki("SBAT", "--sbat", .entry(\.parts.sbat)),
    uki("PCRPKey", "--pcrpkey", .text(\.parts.pcrpkey)),
    uki("Profile", "--profile", .text(\.parts.profile)),
    uki("PCRSig", "--pcrsig", .text(\.signatures.pcrsig)),
    uki("EFIArch", "--efi-arch", word(\.parts.efiArch)),
    uki("Stub", "--stub", .text(\.parts.stub)),
    uki("PCRBanks", "--pcr-banks", .text(\.signatures.pcrBanks)),
    uki("SigningEngine", "--signing-engine", .text(\.signing.signingEngine)),
    uki("SigningProvider", "--signing-provider", .text(\.signatures.signingProvider)),
    uki("CertificateProvider", "--certificate-provider", .text(\.signatures.certificateProvider)),
    uki("SecureBootSigningTool", "--signtool", word(\.signing.signtool)),
    uki("SecureBootPrivateKey", "--secureboot-private-key", .text(\.signing.signKey)),
    uki("SecureBootCertificate", "--secureboot-certificate", .text(\.signing.signCert)),
    uki("SecureBootCertificateDir", "--secureboot-certificate-dir", .override(\.foreign.securebootCertificateDir)),
    uki("SecureBootCertificateName", "--secureboot-certificate-name", .text(\.foreign.securebootCertificateName)),
    uki("SecureBootCertificateCommonName", "", .ignored),
    uki("SecureBootCertificateValidity", "", .ignored),
    uki("SignKernel", "--sign-kernel", .boolean(\.foreign.signKernel)),
    uki("SignInitrdPCRs", "--sign-initrd-pcrs", .boolean(\.signatures.signInitrdPcrs)),
    pcr("PCRPrivateKey", "--pcr-private-key", \.signatures.pcrPrivateKey),
    pcr("PCRPublicKey", "--pcr-public-key", \.signatures.pcrPublicKey),
    pcr("PCRCertificate", "--pcr-certificate", \.signatures.pcrCertificate),
    pcr("Phases", "--phases", \.signatures.phases),
    pcr("PolicyRef", "--policyref", \.signatures.policyref),
    own("Emulator", "--emulator", .text(\.emulator)),
    own("Console", "--console", .text(\.console)),
    own("OnFailure", "--on-failure", word(\.policy.onFailure)),
    own("ConsoleLevel", "--console-level", word(\.policy.consoleLevel)),
    own("LogLevel", "--log-level", word(\.policy.logLevel)),
    own("Sidecars", "--sidecars", .text(\.sidecars.sidecars)),
    own("Sidecar", "--sidecar", .list(\.sidecars.sidecar)),
    own("ImagePath", "--image-path", .text(\.sidecars.imagePath)),
    own("TrustedCertificates", "--db", .list(\.trust.db)),
  ]

  /// What ukify has no key for.
  static let optionsWithoutKey = [
    "--join-profile", "--section", "--sign-profile", "--join-pcrsig", "--measure", "--policy-digest", "--tools",
    "--output",
  ]

  private static let yes: Set = ["1", "true", "yes", "y", "t", "on"]
  private static let no: Set = ["0", "false", "no", "n", "f", "off"]

  /// Puts a value in its place.
  ///
  /// - Parameter group: the number of the key pair, for a key that belongs to one
  /// - Returns: what is wrong with the value; nil when nothing is
  func apply(_ text: String, group: Int, to compose: inout Compose) -> String? {
    switch value {
    case .text(let path): compose[keyPath: path] = compose[keyPath: path] ?? text
    case .override(let path): compose[keyPath: path] = text
    case .entry(let path): compose[keyPath: path].insert(text, at: 0)
    case .list(let path):
      compose[keyPath: path] = text.split(whereSeparator: \.isWhitespace).map(String.init) + compose[keyPath: path]
    case .boolean(let path):
      guard Self.yes.union(Self.no).contains(text.lowercased()) else { return "must be yes or no, not \(text)" }
      compose[keyPath: path] = compose[keyPath: path] ?? Self.yes.contains(text.lowercased())
    case .word(let words, let set):
      guard words.contains(text) else { return "must be \(words.joined(separator: ", ")), not \(text)" }
      set(&compose, text)
    case .group(let path):
      while compose[keyPath: path].count <= group { compose[keyPath: path].append("") }
      compose[keyPath: path][group] = text
    case .ignored: break
    }
    return nil
  }
}
