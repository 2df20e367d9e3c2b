// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Authenticode
import Bytes
import CarriedImage
import PE
import UKI

/// Whether the roads take an image, and why not.
public struct VerifyReport: Codable, Sendable {
  /// A run of the file.
  public struct Range: Codable, Sendable {
    public var offset: Int
    public var size: Int
  }

  public var format = 1
  public var file: String
  public var size: Int
  public var kind: ImageKind
  public var title: String
  public var machine: String
  /// The image's Authenticode hash by SHA-256; nil where the file has none.
  public var sha256: String?
  public var signatures: [SignatureSummary]
  /// Bytes that no signature covers.
  public var uncovered: [Range]
  /// Of a carried image: its emulator's build ID.
  public var emulator: String?
  /// By the road's name.
  public var roads: [String: Verdict]

  /// Throws what makes the file no PE image.
  ///
  /// - Parameters:
  ///   - path: what the report calls it
  ///   - progress: is told how many bytes have been hashed
  public init(
    file path: String, bytes: ByteView, trust: Trust = Trust(), progress: (Int) -> Void = { _ in }
  ) throws(PEError) {
    let image = try Image(bytes, trust: trust, progress: progress)
    file = path
    size = bytes.count
    kind = image.kind
    title = image.kind.title
    machine = Machine.name(image.headers.machine)
    sha256 = image.sha256.map(hexadecimal)
    signatures = image.signatures.map(SignatureSummary.init)
    uncovered = image.digest?.uncovered.map { Range(offset: $0.lowerBound, size: $0.count) } ?? []
    emulator = (try? CarriedContents(image.headers, of: bytes)).map { hexadecimal($0.emulator.buildID) }
    roads = [:]
    for (road, verdict) in Self.verdicts(image, trust) { roads[road.rawValue] = verdict }
  }

  public func verdict(_ road: Road) -> Verdict? { roads[road.rawValue] }

  private static func verdicts(_ image: Image, _ trust: Trust) -> [(Road, Verdict)] {
    var firmware = image.firmware()
    let isStandAlone = image.isStandAlone
    if isStandAlone {
      firmware.spoil("it is an emulator alone: it starts what kexec loads as initrd, and firmware has none")
    }
    let coverage = image.coverage()
    let secureBoot = firmware.joined(coverage).joined(image.secureBoot(trust))
    var kexecLoad = image.bootHeader(.tools)
    kexecLoad.note("a kernel in lockdown refuses kexec -l, whatever the file")
    let kexecFile = image.bootHeader(.kernel)
    var signature = image.kernelSignature(trust).joined(coverage)
    if isStandAlone { signature.spoil("what it starts, kexec's initrd, is covered by no signature") }
    let series = image.series()
    // Whoever signs an image wants it to start where signatures are asked for.
    let isSigned = image.digest?.certificateTable != nil
    let isKernel: Bool = [.carriedImage, .bzImage, .arm64Image].contains(image.kind)
    let hasKexecFile = isKernel && image.isX86
    return [
      (.firmware, firmware.verdict(applies: !isStandAlone)),
      (.secureBoot, secureBoot.verdict(applies: isSigned)),
      (.kexecLoad, kexecLoad.verdict(applies: isKernel)),
      (.kexecFile, kexecFile.verdict(applies: hasKexecFile)),
      (.lockdown, kexecFile.joined(signature).verdict(applies: hasKexecFile && isSigned)),
      (.series, series.verdict(applies: false)),
      (.seriesLockdown, series.joined(signature).verdict(applies: false)),
    ]
  }
}

extension Image {
  /// What a signature would not cover: kexec loads the file whole, so a carried image must have nothing of the kind.
  func coverage() -> Findings {
    var found = Findings()
    guard let digest else { return found }
    for range in digest.uncovered {
      let text = "\(range.count) bytes at \(hex(range.lowerBound)) are covered by no signature"
      if isCarried { found.refuse("\(text), and kexec would load them") } else { found.note(text) }
    }
    if digest.overlaps {
      let text = "sections share bytes of the file"
      if isCarried { found.refuse(text) } else { found.note(text) }
    }
    return found
  }
}

/// Two digits a byte, the first byte first.
func hexadecimal(_ bytes: [UInt8]) -> String {
  bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}
