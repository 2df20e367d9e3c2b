// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// One opening of a protocol interface: `EFI_OPEN_PROTOCOL_INFORMATION_ENTRY` (UEFI 2.10, 7.3.11).
struct OpenRecord {
  let agent: UInt
  let controller: UInt
  let attributes: UInt32
  var count: UInt32
}

/// `OpenProtocol`'s attributes (7.3.9).
enum OpenAttributes {
  static let byHandleProtocol: UInt32 = 0x01
  static let getProtocol: UInt32 = 0x02
  static let testProtocol: UInt32 = 0x04
  static let byChildController: UInt32 = 0x08
  static let byDriver: UInt32 = 0x10
  static let exclusive: UInt32 = 0x20
}

/// One protocol on one handle.
final class ProtocolInterface {
  let guid: GUID
  /// The interface's address; 0 is a valid one (a protocol that is only a mark).
  var address: UInt
  var opens: [OpenRecord] = []

  init(guid: GUID, address: UInt) {
    self.guid = guid
    self.address = address
  }
}

/// A handle: a set of protocol interfaces with different GUIDs.
final class Handle {
  /// What the payload sees of it: a number that is never dereferenced and never used twice.
  let value: UInt
  /// In the order of their installation.
  var interfaces: [ProtocolInterface] = []

  init(value: UInt) { self.value = value }

  func interface(_ guid: GUID) -> ProtocolInterface? { interfaces.first { $0.guid == guid } }
}
