// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Foundation

/// What stands in front of a firmware image in the section `.efifw` (UAPI.5; systemd's src/boot/efi-firmware.h): four
/// little-endian words, then the firmware's ID, by which `.hwids` names it.
public enum FirmwareImage {
  private static let magic: UInt32 = 0xfeed_dead
  private static let headerSize: UInt32 = 16

  /// - Parameters:
  ///   - id: the name of the folder that the image is in
  ///   - size: of the image, in bytes
  public static func header(id: String, size: UInt32) -> [UInt8] {
    let name = Array(id.utf8) + [0]
    return [magic, headerSize, UInt32(name.count), size].flatMap { word in
      (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) }
    } + name
  }

  /// The only file of a folder, and the ID. Throws what is wrong with the folder, as a sentence.
  public static func find(folder: String) throws(HardwareIDs.Failure) -> (path: String, id: String) {
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else {
      throw .init(path: folder, reason: "no folder that can be read", isIO: true)
    }
    guard names.count == 1 else {
      throw .init(
        path: folder, reason: "it must hold exactly one file, the firmware image; there are \(names.count)", isIO: false
      )
    }
    let id = URL(fileURLWithPath: folder).standardizedFileURL.lastPathComponent
    return (folder + "/" + names[0], id)
  }
}
