// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import ArgumentParser

/// Options of ukify's that are not compose's: each says what there is instead.
struct ForeignOptions: ParsableArguments {
  @Flag(help: .hidden) var summary = false
  @Flag(help: .hidden) var all = false
  @Option(help: .hidden) var securebootCertificateDir: String?
  @Option(help: .hidden) var securebootCertificateName: String?
  @Flag(inversion: .prefixedNo, help: .hidden) var signKernel: Bool?
  @Option(help: .hidden) var securebootCertificateCommonName: String?
  @Option(help: .hidden) var securebootCertificateValidity: Int?

  func check() throws {
    let genkey = "is of ukify genkey, which virgil has not: use ukify genkey, or openssl req -x509"
    guard !summary else { throw ValidationError("--summary: compose has none; --dry-run prints the plan") }
    guard !all else { throw ValidationError("--all is of ukify inspect: virgil inspect shows all sections") }
    guard securebootCertificateName == nil else {
      throw ValidationError(
        "--secureboot-certificate-name names a key of pesign's database; compose takes --sign-key and --sign-cert")
    }
    guard signKernel != true else {
      throw ValidationError("--sign-kernel: compose signs the image as a whole; sign the kernel first, by virgil sign")
    }
    guard securebootCertificateCommonName == nil else {
      throw ValidationError("--secureboot-certificate-common-name \(genkey)")
    }
    guard securebootCertificateValidity == nil else {
      throw ValidationError("--secureboot-certificate-validity \(genkey)")
    }
  }
}
