// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Bytes
import CHandover
import CarriedImage
import Crypto
import Foundation
import Targets

/// The emulator's blob for one target, checked against what the series' own header says of it.
public struct EmulatorBlob: Equatable, Sendable {
  /// As in the triple.
  public static let targets = Target.all.map { "\($0.name)" }

  public let target: String
  public let bytes: [UInt8]
  public let buildID: String
  public let sha256: String

  /// The file that it is in, as the tool that builds it calls it.
  public static func fileName(_ target: String) -> String { "virgil-\(target).blob" }

  /// - Parameters:
  ///   - bytes: the file
  ///   - target: that it is expected to be for
  ///   - path: for errors
  ///   - version: VIRGIL_BLOB_VERSION of the header that the kernel gets; nil: the tool's
  public init(_ bytes: [UInt8], target: String, path: String, version: UInt32? = nil) throws(SeriesError) {
    // ByteView points into the array: nothing of it may outlive the closure.
    let read = bytes.withUnsafeBytes { buffer -> Result<(UInt32, UInt16, [UInt8]), Refusal> in
      Result { () throws(Refusal) in
        let emulator = try Emulator(ByteView(buffer))
        return (emulator.version, emulator.machine, emulator.buildID)
      }
    }
    let (found, machine, identifier): (UInt32, UInt16, [UInt8])
    do {
      (found, machine, identifier) = try read.get()
    } catch {
      throw SeriesError(path, "\(error)")
    }
    let wanted = version ?? UInt32(VIRGIL_BLOB_VERSION)
    guard found == wanted else {
      throw SeriesError(path, "the blob's version is \(found); the series' header virgil_blob.h says \(wanted)")
    }
    guard let known = Target.all.first(where: { "\($0.name)" == target }), machine == known.peMachine else {
      throw SeriesError(path, "is for machine 0x\(String(machine, radix: 16)); \(target) is expected")
    }
    self.target = target
    self.bytes = bytes
    buildID = hexadecimal(identifier)
    sha256 = hexadecimal(SHA256.hash(data: bytes))
  }

  /// The C header that tells the kernel which blob it has.
  ///
  /// - Parameters:
  ///   - path: of the header in the kernel's tree
  ///   - release: as the log names it
  func digestHeader(path: String, release: String) -> [UInt8] {
    let guardName = path.split(separator: "/").suffix(2).joined(separator: "_").uppercased()
      .map { $0.isLetter || $0.isNumber ? String($0) : "_" }.joined()
    return Array(
      """
      /* SPDX-License-Identifier: GPL-2.0-only */
      /* Generated along with the emulator's blob for \(target). */
      #ifndef \(guardName)
      #define \(guardName)

      #define KEXEC_EFI_BLOB_RELEASE "\(release)"
      #define KEXEC_EFI_BLOB_BUILD_ID "\(buildID)"
      #define KEXEC_EFI_BLOB_SHA256 "\(sha256)"

      #endif /* \(guardName) */

      """.utf8)
  }
}
