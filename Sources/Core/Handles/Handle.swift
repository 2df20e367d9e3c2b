// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// A handle as the payload knows it: a number that is never dereferenced and never used twice. It is one for as long as
/// an interface is on it.
typealias Handle = UnsafeMutableRawPointer

extension Handle {
  var value: UInt { UInt(bitPattern: self) }
}

/// One opening of a protocol interface: `EFI_OPEN_PROTOCOL_INFORMATION_ENTRY` (UEFI 2.10, 7.3.11).
final class OpenRecord {
  let agent: Handle
  let controller: Handle?
  let attributes: UInt32
  var count: UInt32 = 1
  /// The one that came before.
  fileprivate(set) var next: OpenRecord?

  init(agent: Handle, controller: Handle?, attributes: UInt32, next: OpenRecord?) {
    self.agent = agent
    self.controller = controller
    self.attributes = attributes
    self.next = next
  }
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
  let handle: Handle
  let guid: GUID
  /// The interface's address; 0 is a valid one (a protocol that is only a mark).
  var address: UInt
  /// Counts the installations and reinstallations of the whole database.
  var serial: UInt64 = 0
  private(set) var opens: OpenRecord?
  /// Its places in the database's orders.
  let nodes = InterfaceTree.Node.allocate(capacity: InterfaceOrder.count)

  init(handle: Handle, guid: GUID, address: UInt) {
    self.handle = handle
    self.guid = guid
    self.address = address
    nodes.initialize(repeating: InterfaceNode(), count: InterfaceOrder.count)
  }

  deinit { nodes.deallocate() }

  var isInstalled: Bool { nodes.pointee.previous != nil }

  /// The next one in an order, while it is installed.
  func next(_ order: Int) -> ProtocolInterface? { nodes[order].next?.pointee.interface?.takeUnretainedValue() }

  /// Whether an agent has it open with any of these attributes.
  func isOpen(_ attributes: UInt32) -> Bool {
    var open = opens
    while let record = open {
      if record.attributes & attributes != 0 { return true }
      open = record.next
    }
    return false
  }

  func open(agent: Handle, controller: Handle?, attributes: UInt32) {
    var open = opens
    while let record = open {
      if record.agent == agent, record.controller == controller, record.attributes == attributes {
        record.count += 1
        return
      }
      open = record.next
    }
    opens = OpenRecord(agent: agent, controller: controller, attributes: attributes, next: opens)
  }

  /// Forgets openings.
  ///
  /// - Parameters:
  ///   - attributes: those with any of these
  ///   - agent: of this agent; nil: of all
  ///   - controller: and with this controller, where `exactly` says so
  /// - Returns: whether there were any.
  @discardableResult
  func close(_ attributes: UInt32, agent: Handle?, controller: Handle?, exactly: Bool) -> Bool {
    var found = false
    var last: OpenRecord?
    var open = opens
    while let record = open {
      open = record.next
      if record.attributes & attributes != 0, agent == nil || record.agent == agent,
        !exactly || record.controller == controller
      {
        found = true
        if let last { last.next = open } else { opens = open }
      } else {
        last = record
      }
    }
    return found
  }
}
