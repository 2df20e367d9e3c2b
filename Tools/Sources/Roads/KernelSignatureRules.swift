// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Authenticode
import Bytes
import PE
import SwiftASN1

extension Image {
  /// What Linux checks of a signed file when signatures are enforced (crypto/asymmetric_keys/verify_pefile.c,
  /// pkcs7_parser.c and pkcs7_verify.c): the first entry of the certificate table, and no other.
  func kernelSignature(_ trust: Trust) -> Findings {
    var found = Findings()
    guard let digest else {
      found.refuse(digestProblem ?? "")
      return found
    }
    guard let table = digest.certificateTable else {
      found.refuse("it is not signed (the kernel says -61)")
      return found
    }
    found.require(
      table.lowerBound >= Int(headers.sizeOfHeaders), "its certificate table lies in its headers (the kernel says -80)")
    guard let signature = signatures.first else {
      found.refuse(tableProblem ?? "its certificate table is empty")
      return found
    }
    if signature.entry.revision != CertificateTable.revision2 {
      found.refuse(
        "its signature has revision \(hex(signature.entry.revision)); the kernel knows 0x200 only (and says -524)")
    }
    checkEncoding(signature.entry, &found)
    if let fault = signature.fault {
      found.refuse(
        "\(signatures.count > 1 ? "the first signature: " : "")\(fault) (the kernel says \(code(signature)))")
    } else {
      checkSigners(signature, &found)
      if let objection = trust.objection(to: signature, needsCA: false) {
        found.refuse("\(objection) (the kernel says -126)")
      }
    }
    if signatures.count > 1 {
      found.note("the kernel looks at the first of its \(signatures.count) signatures only")
    }
    noteSigners(&found, trust)
    return found
  }

  /// What the kernel answers to a signature that does not hold.
  private func code(_ signature: ImageSignature) -> Int {
    if signature.entry.type != CertificateTable.pkcsSignedData { return -524 }  // ENOTSUPP
    if signature.entry.contents.byte(0) != 0x30 { return -80 }  // ELIBBAD
    return signature.problem == nil ? -129 : -74  // EKEYREJECTED, EBADMSG
  }

  /// pefile_strip_sig_wrapper: no length of more than two bytes.
  private func checkEncoding(_ entry: CertificateTable.Entry, _ found: inout Findings) {
    guard let tag = entry.contents.byte(0), let length = entry.contents.byte(1) else { return }
    if tag == 0x30 && length >= 0x83 {
      found.refuse("its signature is larger than 64 KiB, which the kernel refuses")
    }
  }

  private func checkSigners(_ signature: ImageSignature, _ found: inout Findings) {
    for signer in signature.signers {
      // pkcs7_sig_note_pkey_algo.
      let isRSA = signer.info.keyAlgorithm == [1, 2, 840, 113549, 1, 1, 1]
      let isECDSA = "\(signer.info.keyAlgorithm)".hasPrefix("1.2.840.10045.4.")
      found.require(
        isRSA || isECDSA,
        "its signature names its key's algorithm as \(signer.info.keyAlgorithm), which the kernel does not know there")
      found.require(
        !signer.isOutsideValidity,
        "it was signed at a time at which the signer's certificate is not valid (the kernel says -129)")
    }
  }
}
