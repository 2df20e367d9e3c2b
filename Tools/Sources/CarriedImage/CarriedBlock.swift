// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Bytes
import Handover
import UKI

/// Files that go with an image.
public struct Sidecars {
  /// A cpio newc archive; nil: none goes with it, but some may be given when it is loaded.
  public let archive: FileContents.Piece?
  /// Where the image itself would be among them, such as `EFI/Linux/name.efi`.
  public let imagePath: String

  public init(archive: FileContents.Piece?, imagePath: String) {
    self.archive = archive
    self.imagePath = imagePath
  }
}

/// The handover block inside `.virgil`: what the emulator cannot learn from the boot protocol. Its addresses are
/// relative to itself, since nobody knows where kexec will place the image.
///
/// ```
/// block | the payload's headers | sidecar archive | to the next page; then comes the blob
/// ```
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
  var sidecars: Sidecars?
  /// EFI signature lists; empty: none.
  var signatures: [UInt8] = []

  /// From the block to the payload's headers, in bytes.
  private var headersOffset: Int { records(headers: 0, sidecars: 0, room: 0).size }

  /// From the block to the archive.
  private var sidecarsOffset: Int { (headersOffset + headers.count).roundedUp(to: 16)! }

  /// From the block to the blob: all that stands before it, in whole pages.
  var room: UInt64 {
    let end = sidecars?.archive.map { sidecarsOffset + $0.count } ?? headersOffset + headers.count
    return UInt64(end).roundedUp(to: 0x1000)!
  }

  /// The block, without its header. Its size does not depend on the places.
  private func records(headers headersOffset: Int, sidecars sidecarsOffset: Int, room: UInt64) -> HandoverWriter {
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
    if let sidecars {
      if let archive = sidecars.archive {
        writer.appendRange(RecordType.sidecars, address: UInt64(sidecarsOffset), size: UInt64(archive.count))
      }
      writer.append(RecordType.imagePath, payload: Array(sidecars.imagePath.utf8))
    }
    if let console { writer.append(RecordType.console, console.record) }
    writer.append(RecordType.policy, policy.record)
    if !signatures.isEmpty { writer.append(RecordType.signatures, payload: signatures) }
    return writer
  }

  /// The room's contents.
  func pieces() -> [FileContents.Piece] {
    var pieces = FileContents()
    pieces.append(.bytes(records(headers: headersOffset, sidecars: sidecarsOffset, room: room).finish()))
    pieces.append(headers)
    if let archive = sidecars?.archive {
      pieces.pad(to: sidecarsOffset)
      pieces.append(archive)
    }
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
