// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import ArgumentParser

/// Options of ukify's that are not compose's: each says what there is instead.
struct ForeignOptions: ParsableArguments {
  @Flag(help: .hidden) var summary = false
  @Flag(help: .hidden) var all = false
  /// pesign's. The folder has a default in ukify, so it means nothing without a name.
  @Option(help: .hidden) var securebootCertificateDir: String?
  @Option(help: .hidden) var securebootCertificateName: String?
  @Option(help: .hidden) var securebootCertificateCommonName: String?
  @Option(help: .hidden) var securebootCertificateValidity: Int?
  @Flag(inversion: .prefixedNo, help: .hidden) var signKernel: Bool?

  func check() throws {
    let genkey = "is of ukify genkey, which virgil has not: use ukify genkey, or openssl req -x509"
    let wrong = [
      (summary, "--summary: compose has none; --dry-run prints the plan"),
      (all, "--all is of ukify inspect: virgil inspect shows all sections"),
      (
        securebootCertificateName != nil,
        "--secureboot-certificate-name: keys of pesign's databases are not used; give --sign-key and --sign-cert"
      ),
      (
        signKernel == true,
        "--sign-kernel: compose takes the kernel as it is; sign it first: virgil sign VMLINUZ -o SIGNED"
      ),
      (securebootCertificateCommonName != nil, "--secureboot-certificate-common-name \(genkey)"),
      (securebootCertificateValidity != nil, "--secureboot-certificate-validity \(genkey)"),
    ]
    if let (_, message) = wrong.first(where: \.0) { throw ValidationError(message) }
  }
}
