// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Bytes
import Handover
import UKI

/// The handover block inside `.virgil`: what the emulator cannot learn from the boot protocol. Its addresses are
/// relative to itself, since nobody knows where kexec will place the image.
struct CarriedBlock {
  /// RVA of the block: where `.virgil` starts.
  let rva: UInt32
  /// Bytes of the payload's image from its base on: everything before `.virgil`.
  var imageSize: UInt64 { UInt64(rva) }
  /// SHA-256 of the payload's file.
  let sha256: [UInt8]
  /// What the payload expects at its image base.
  let headers: FileContents.Piece
  let emulatorMemorySize: UInt64
  let scratchSize: UInt64
  let console: ConsoleDescription?
  let policy: FailurePolicy

  private static let blockSize = 32 + 64 + 3 * 24 + 48 + 24

  /// From the block to the payload's headers, in bytes.
  private var headersOffset: Int { Self.blockSize }

  /// From the block to the blob: both, and the headers in between, in whole pages.
  var room: UInt64 { UInt64(Self.blockSize + headers.count).roundedUp(to: 0x1000)! }

  /// The room's contents.
  func pieces() -> [FileContents.Piece] {
    var writer = HandoverWriter(relative: true)
    var image = virgil_image_record()
    image.address = 0 &- UInt64(rva)
    image.size = imageSize
    image.origin = VIRGIL_IMAGE_IN_PLACE.rawValue
    withUnsafeMutableBytes(of: &image.sha256) { $0.copyBytes(from: sha256.prefix(32)) }
    writer.append(RecordType.image, image)
    writer.appendRange(RecordType.headers, address: UInt64(headersOffset), size: UInt64(headers.count))
    writer.appendRange(RecordType.emulator, address: room, size: emulatorMemorySize)
    writer.appendRange(RecordType.scratch, address: room + emulatorMemorySize, size: scratchSize)
    if let console { writer.append(RecordType.console, console.record) }
    writer.append(RecordType.policy, policy.record)
    var pieces = FileContents()
    pieces.append(.bytes(writer.finish()))
    pieces.pad(to: headersOffset)
    pieces.append(headers)
    pieces.pad(to: Int(room))
    return pieces.pieces
  }
}

extension ConsoleDescription {
  fileprivate var record: virgil_console_record {
    virgil_console_record(
      record: virgil_record(), base: base, space: space.rawValue, width: width, data_offset: dataOffset,
      status_offset: statusOffset, ready_mask: readyMask, ready_value: readyValue, receive_mask: receiveMask,
      receive_value: receiveValue)
  }
}
