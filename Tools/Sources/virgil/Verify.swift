// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import ArgumentParser
import Foundation
import PE
import Roads
import UKI

extension Road: ExpressibleByArgument {}

/// `virgil verify`: says whether firmware and kexec would take an image.
struct Verify: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Say whether firmware, kexec -l, kexec -s and kexec -s in lockdown would take an EFI image, and why not.",
    discussion: """
      The roads, and the names that --for and --json have for them:
        firmware         UEFI firmware without Secure Boot
        secure-boot      the same with Secure Boot
        kexec-load       kexec -l: kexec-tools read the file
        kexec-file       kexec -s: the running kernel reads it
        lockdown         kexec -s where signatures are enforced: in lockdown, with Secure Boot
        series           kexec-efi-load, by a kernel with Virgil's series
        series-lockdown  the same where signatures are enforced

      Without --cert and --db a signature must hold, and who is trusted is left open. With them, the signer's \
      certificate, or one that has issued it, must be among theirs. Neither firmware nor the kernel looks at a clock: a \
      certificate that has expired is as good as before.

      EXAMPLES
        virgil verify uki-kexec.efi
        virgil verify uki-kexec.efi --cert db.pem --for secure-boot,lockdown
        virgil verify /boot/vmlinuz --db /sys/firmware/efi/efivars/db-d719b2cb-3d3a-4596-a3bc-dad00e67656f
        virgil verify --json uki.efi | jq '.roads.lockdown'

      EXIT STATUS
        0    the roads that were asked for take it; without --for, those that matter to such an image
        1    one of them does not, or the file is no PE image
        64   the command line is wrong
        74   a file could not be read
      """)

  @Argument(help: "The image.")
  var image: String

  @Option(
    help: ArgumentHelp("A certificate that is trusted, PEM or DER. Can be given again.", valueName: "file"))
  var cert: [String] = []

  @Option(
    help: ArgumentHelp(
      "What is trusted, as the variable db has it: signature lists, or efivarfs' file of them. Can be given again.",
      valueName: "file"))
  var db: [String] = []

  @Option(
    help: ArgumentHelp("What is revoked, as the variable dbx has it. Can be given again.", valueName: "file"))
  var dbx: [String] = []

  @Option(
    name: .customLong("for"),
    help: ArgumentHelp(
      "The roads that must take it, separated by commas.", valueName: "roads"))
  var roads: String?

  @Flag(help: "Print JSON. Its fields keep their names and meaning.")
  var json = false

  func validate() throws {
    _ = try wanted()
  }

  func run() throws {
    let wanted = try wanted()
    var fails = false
    try CommandFailure.reporting(about: image) {
      let trust = try trust()
      let report: VerifyReport = try MappedFile(path: image).withBytes { file in
        var progress = Progress("reading \(image)", total: file.count)
        do {
          return try VerifyReport(file: image, bytes: file, trust: trust) { progress.report($0) }
        } catch {
          throw Problem(path: image, reason: "\(error)")
        }
      }
      print(json ? try encode(report) : VerifyText(report, wanted: wanted).text)
      fails = Road.allCases.contains { road in
        guard let verdict = report.verdict(road) else { return false }
        return (wanted?.contains(road) ?? verdict.applies) && !verdict.taken
      }
    }
    if fails { throw ExitCode(CommandFailure.refused) }
  }

  private func wanted() throws -> [Road]? {
    try roads?.split(separator: ",", omittingEmptySubsequences: false).map { name in
      guard let road = Road(rawValue: String(name)) else {
        let known = Road.allCases.map(\.rawValue).joined(separator: ", ")
        throw ValidationError("--for \(name): there is no such road; there are \(known)")
      }
      return road
    }
  }

  private func trust() throws -> Trust {
    var trust = Trust()
    for path in cert {
      for certificate in try CertificateFile.certificates(path) {
        do { try trust.add(certificate: certificate) } catch {
          throw Problem(path: path, reason: "not a certificate that can be read: \(error)")
        }
      }
    }
    for path in db { trust.add(db: try CertificateFile.lists(path)) }
    for path in dbx { trust.add(dbx: try CertificateFile.lists(path)) }
    if trust.ignored > 0 { complain("note: \(trust.ignored) entries of --db and --dbx mean nothing here") }
    return trust
  }

  private func encode(_ report: VerifyReport) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(report), as: UTF8.self)
  }
}
