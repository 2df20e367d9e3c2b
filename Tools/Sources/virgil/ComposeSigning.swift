// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import ArgumentParser

/// The program that signs for Secure Boot, as ukify names them.
enum SigningTool: String, CaseIterable, ExpressibleByArgument {
  case sbsign, pesign
  case systemdSbsign = "systemd-sbsign"
}

/// How the image is to be signed for Secure Boot, under ukify's names. A configuration file fills in what is not given.
struct SigningOptions: ParsableArguments {
  @Option(help: .hidden) var securebootPrivateKey: String?
  @Option(help: .hidden) var securebootCertificate: String?
  @Option(help: .hidden) var securebootCertificateDir: String?
  @Option(help: .hidden) var securebootCertificateName: String?
  @Option(help: .hidden) var signtool: SigningTool?
  @Flag(inversion: .prefixedNo, help: .hidden) var signKernel: Bool?

  /// The options, or the keys of a configuration file, that ask for a signature.
  var given: [String] {
    let all: [(String, Bool)] = [
      ("--secureboot-private-key", securebootPrivateKey != nil),
      ("--secureboot-certificate", securebootCertificate != nil),
      ("--secureboot-certificate-name", securebootCertificateName != nil), ("--sign-kernel", signKernel == true),
    ]
    return all.filter(\.1).map(\.0)
  }

  func check() throws {
    if let option = given.first {
      throw ValidationError("\(option): compose does not sign; sign what it has written, by sbsign for example")
    }
  }
}

/// Options of ukify's that are not compose's: each says what there is instead.
struct ForeignOptions: ParsableArguments {
  @Flag(help: .hidden) var summary = false
  @Flag(help: .hidden) var all = false
  @Option(help: .hidden) var securebootCertificateCommonName: String?
  @Option(help: .hidden) var securebootCertificateValidity: Int?

  func check() throws {
    let genkey = "is of ukify genkey, which virgil has not: use ukify genkey, or openssl req -x509"
    guard !summary else { throw ValidationError("--summary: compose has none; --dry-run prints the plan") }
    guard !all else { throw ValidationError("--all is of ukify inspect: virgil inspect shows all sections") }
    guard securebootCertificateCommonName == nil else {
      throw ValidationError("--secureboot-certificate-common-name \(genkey)")
    }
    guard securebootCertificateValidity == nil else {
      throw ValidationError("--secureboot-certificate-validity \(genkey)")
    }
  }
}
