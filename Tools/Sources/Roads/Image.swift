// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Authenticode
import Bytes
import CarriedImage
import LinuxBoot
import PE
import UKI

/// An image and what has been read of it.
struct Image {
  let file: ByteView
  let headers: PEHeaders
  let kind: ImageKind
  /// nil: `digestProblem` says why there is none.
  let digest: ImageDigest?
  let digestProblem: String?
  /// By SHA-256.
  let sha256: [UInt8]?
  let signatures: [ImageSignature]
  let tableProblem: String?

  init(_ file: ByteView, trust: Trust, progress: (Int) -> Void) throws(PEError) {
    self.file = file
    headers = try PEHeaders(file)
    kind = ImageKind(headers, of: file)
    do {
      let digest = try ImageDigest(headers, of: file)
      self.digest = digest
      digestProblem = nil
      sha256 = digest.hash(.sha256, progress: progress)
      (signatures, tableProblem) = ImageSignature.all(of: digest, in: file, trusted: trust.certificates)
    } catch {
      digest = nil
      digestProblem = "no signature can be checked: \(error)"
      sha256 = nil
      (signatures, tableProblem) = ([], nil)
    }
  }

  var isARM64: Bool { headers.machine == PEMachine.arm64 }
  var isX86: Bool { headers.machine == PEMachine.x86_64 }
  var isCarried: Bool { kind == .carriedImage }
  /// An emulator alone, which starts kexec's initrd.
  var isStandAlone: Bool { (try? CarriedContents(headers, of: file))?.startsInitrd ?? false }
  /// From an RVA to the file offset that kexec has for it.
  var shift: Int { isARM64 ? 0 : 0x1000 }
}
