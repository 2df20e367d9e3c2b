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
/// block | the payload's headers | sidecar archive | initrd | command line | to the next page; then comes the blob
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
  /// Where the emulator finds what it is to start.
  var origin = VIRGIL_IMAGE_IN_PLACE
  let emulatorMemorySize: UInt64
  let scratchSize: UInt64
  let console: ConsoleDescription?
  let policy: FailurePolicy
  var sidecars: Sidecars?
  /// Joined to what kexec loads, behind it.
  var initrd: FileContents?
  /// The payload's load options when kexec gives none.
  var commandLine: String?
  /// EFI signature lists; empty: none.
  var signatures: [UInt8] = []

  /// What records name by its place, in this order, each at a multiple of 16.
  private var attachments: [(type: UInt32, contents: FileContents)] {
    var own = FileContents()
    own.append(headers)
    var list = [(RecordType.headers, own)]
    if let archive = sidecars?.archive {
      var contents = FileContents()
      contents.append(archive)
      list.append((RecordType.sidecars, contents))
    }
    if let initrd { list.append((RecordType.imageInitrd, initrd)) }
    if let commandLine {
      var contents = FileContents()
      contents.append(.bytes(Array(commandLine.utf8)))
      list.append((RecordType.imageCommandLine, contents))
    }
    return list
  }

  /// From the block to each attachment, and behind the last one.
  private var places: [Int] {
    let count = attachments.count
    var places = [records(at: Array(repeating: 0, count: count), room: 0).size]
    for (_, contents) in attachments { places.append((places[places.count - 1] + contents.count).roundedUp(to: 16)!) }
    return places
  }

  /// From the block to the blob: all that stands before it, in whole pages.
  var room: UInt64 { UInt64(places[attachments.count]).roundedUp(to: 0x1000)! }

  /// The block, without its header. Its size does not depend on the places.
  private func records(at places: [Int], room: UInt64) -> HandoverWriter {
    var writer = HandoverWriter(relative: true)
    var image = virgil_image_record()
    image.address = 0 &- UInt64(rva)
    image.size = imageSize
    image.origin = origin.rawValue
    withUnsafeMutableBytes(of: &image.sha256) { $0.copyBytes(from: sha256.prefix(32)) }
    writer.append(RecordType.image, image)
    for (attachment, place) in zip(attachments, places) {
      writer.appendRange(attachment.type, address: UInt64(place), size: UInt64(attachment.contents.count))
    }
    writer.appendRange(RecordType.emulator, address: room, size: emulatorMemorySize)
    writer.appendRange(RecordType.scratch, address: room + emulatorMemorySize, size: scratchSize)
    if let sidecars { writer.append(RecordType.imagePath, payload: Array(sidecars.imagePath.utf8)) }
    if let console { writer.append(RecordType.console, console.record) }
    writer.append(RecordType.policy, policy.record)
    if !signatures.isEmpty { writer.append(RecordType.signatures, payload: signatures) }
    return writer
  }

  /// The room's contents.
  func pieces() -> [FileContents.Piece] {
    var pieces = FileContents()
    let places = places
    pieces.append(.bytes(records(at: places, room: room).finish()))
    for (attachment, place) in zip(attachments, places) {
      pieces.pad(to: place)
      for piece in attachment.contents.pieces { pieces.append(piece) }
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
