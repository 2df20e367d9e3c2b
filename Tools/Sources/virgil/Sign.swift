// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import ArgumentParser
import AtomicFile
import Authenticode
import Bytes
import CarriedImage
import Foundation
import PE
import SystemPackage
import UKI
import X509

/// `virgil sign`: signs an image for Secure Boot and for kexec.
struct Sign: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Sign an EFI image for Secure Boot and kexec, or remove its signatures.",
    discussion: """
      sbsign or osslsigncode makes the signature; all else in the file stays as it is. The result is checked, by a \
      computation of our own, before it appears under its name.

      A signature that is there already and does not match the image is removed, and one by the same certificate is \
      replaced. Others are only touched knowingly: --replace removes them, --append keeps them behind the new one, \
      which is first because Linux's kexec looks at no other. Without either, such an image is refused.

      EXAMPLES
        virgil sign uki-kexec.efi --sign-key db.key --sign-cert db.pem
        virgil sign vmlinuz -o vmlinuz.signed --append --sign-key db.key --sign-cert db.pem
        virgil sign uki.efi --sign-key 'pkcs11:token=boot;object=db' --sign-cert db.pem
        virgil sign --remove uki-kexec.efi -o uki-unsigned.efi

      EXIT STATUS
        0    done
        1    the image, the key or the certificate was refused, or there is no program that signs
        64   the command line is wrong
        74   a file could not be read or written
      """)

  @Argument(help: "The image.")
  var image: String

  @OptionGroup
  var options: SigningOptions

  @Option(name: .shortAndLong, help: "The file to write. By default the image itself is replaced.")
  var output: String?

  @Flag(help: "Remove the signatures of others.")
  var replace = false

  @Flag(help: "Keep the signatures of others that hold, behind the new one.")
  var append = false

  @Flag(help: "Remove all signatures, and make none.")
  var remove = false

  func validate() throws {
    try options.check()
    guard !remove || options.signKey == nil else { throw ValidationError("--remove signs nothing: give no --sign-key") }
    guard remove || options.signKey != nil else {
      throw ValidationError("--sign-key and --sign-cert are missing (or --remove)")
    }
    guard [replace, append, remove].filter({ $0 }).count <= 1 else {
      throw ValidationError("--replace, --append and --remove exclude each other")
    }
  }

  func run() throws {
    try CommandFailure.reporting(about: image) {
      let signer = try options.signer()
      try MappedFile(path: image).withBytes { file in
        let digest: ImageDigest
        do { digest = try ImageDigest(file) } catch { throw Problem(path: image, reason: "\(error)") }
        let (found, problem) = ImageSignature.all(of: digest, in: file)
        if let problem { complain("note: \(image): \(problem); what can be read of it counts") }
        if signer != nil, let headers = try? PEHeaders(file),
          (try? CarriedContents(headers, of: file))?.startsInitrd == true
        {
          throw Problem(
            path: image, reason: "an emulator alone: a signature would not cover what it starts, kexec's initrd")
        }
        if let signer {
          try sign(file, found, signer)
        } else {
          try removeAll(file, found)
        }
      }
    }
  }

  private var target: String { output ?? image }

  /// In place, a file keeps its mode.
  private var permissions: FilePermissions {
    var status = stat()
    guard stat(image, &status) == 0 else { return [.ownerReadWrite, .groupRead, .otherRead] }
    return FilePermissions(rawValue: status.st_mode & 0o777)
  }

  private func sign(_ file: ByteView, _ found: [ImageSignature], _ signer: ImageSigner) throws {
    var kept: [[UInt8]] = []
    for signature in found {
      let name = "signature \(signature.index + 1)"
      let by = signature.signers.first?.certificate.map { " by \($0.subject)" } ?? ""
      if let fault = signature.fault {
        complain("note: \(image): \(name)\(by) is removed: \(fault)")
      } else if signature.signers.allSatisfy({ $0.certificate == signer.parsed }) {
        complain("note: \(image): \(name)\(by) is replaced")
      } else if append {
        kept.append(CertificateTable.entry(signature.entry.contents.buffer))
        complain("note: \(image): \(name)\(by) is kept")
      } else if replace {
        complain("note: \(image): \(name)\(by) is removed")
      } else {
        throw Problem(
          path: image, reason: "\(name)\(by) holds: give --append to keep it, or --replace to remove it")
      }
    }
    let made = try signer.sign(file, named: image, kept: kept, to: target, permissions: permissions)
    print("\(target): \(Self.line(made)) (\(signer.tool.rawValue))")
  }

  private func removeAll(_ file: ByteView, _ found: [ImageSignature]) throws {
    let bare: SignedFile
    do { bare = try SignedFile(file) } catch { throw Problem(path: image, reason: "\(error)") }
    try AtomicFile.write(to: FilePath(target), permissions: permissions) { output in
      try bare.write(entries: []) { try output.writeAll($0) }
    }
    let count = found.count
    print("\(target): \(count == 1 ? "1 signature" : "\(count) signatures") removed")
  }

  /// Who has signed what.
  static func line(_ signature: SignatureSummary) -> String {
    "signed by \(signature.signers.first?.subject ?? "a certificate of the token"), "
      + "\(DigestAlgorithm(rawValue: signature.digestAlgorithm ?? "")?.title ?? "digest") \(signature.digest ?? "")"
  }
}
