// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Authenticode
import Roads

/// A report for people to read.
struct VerifyText {
  private var lines: [String] = []

  /// - Parameter wanted: the roads that were asked for; nil: those that matter to such an image
  init(_ report: VerifyReport, wanted: [Road]?) {
    lines.append("\(report.file): \(report.title), \(report.machine)")
    add("SHA-256", report.sha256)
    add("emulator", report.emulator.map { "build ID \($0)" })
    if report.signatures.isEmpty { add("signature", "none") }
    for signature in report.signatures { lines += SignatureText(signature).lines.map { "  \($0)" } }
    for road in Road.allCases {
      guard let verdict = report.verdict(road) else { continue }
      let matters = wanted?.contains(road) ?? verdict.applies
      lines.append("\(verdict.taken ? "yes" : "no ")  \(road.title)\(matters ? "" : "  (not asked for)")")
      for reason in verdict.reasons { lines.append("       because \(Self.printable(reason))") }
      if matters { for note in verdict.notes { lines.append("       note: \(Self.printable(note))") } }
    }
  }

  var text: String { lines.joined(separator: "\n") }

  private mutating func add(_ name: String, _ value: String?) {
    guard let value else { return }
    lines.append("  \(name)" + String(repeating: " ", count: max(1, 14 - name.count)) + value)
  }

  /// A file's text may hold what moves a terminal's cursor.
  static func printable(_ text: String) -> String {
    String(text.unicodeScalars.map { $0.value < 0x20 || (0x7f..<0xa0).contains($0.value) ? "?" : Character($0) })
  }
}

/// A signature for people to read, in three lines.
struct SignatureText {
  private(set) var lines: [String] = []

  init(_ signature: SignatureSummary) {
    let digest = DigestAlgorithm(rawValue: signature.digestAlgorithm ?? "")?.title ?? "unknown hash"
    let state = signature.holds ? "holds" : "DOES NOT HOLD: \(signature.problem ?? "")"
    add("signature", "\(signature.size) bytes at 0x\(String(signature.offset, radix: 16)), \(state)")
    if let value = signature.digest {
      add("", "\(digest) \(value), \(signature.matches ? "which is the image's" : "which is not the image's")")
    }
    for signer in signature.signers {
      add(
        "", "by \(signer.subject ?? "a certificate that does not go with it"), issued by \(signer.issuer ?? "nobody")")
      if let from = signer.notBefore, let until = signer.notAfter { add("", "certificate valid \(from) to \(until)") }
    }
  }

  private mutating func add(_ name: String, _ value: String) {
    lines.append(name + String(repeating: " ", count: max(1, 14 - name.count)) + VerifyText.printable(value))
  }
}
