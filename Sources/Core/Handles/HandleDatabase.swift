// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// The handle database (UEFI 2.10, 7.3): which protocols are installed where, and who has opened them.
///
/// Handles are found by value, and by protocol through an index, both by binary search.
final class HandleDatabase {
  /// Sorted by value: values only grow.
  private(set) var handles: [Handle] = []
  private var nextValue: UInt = 0x1000_0010

  /// Who wants to know of new interfaces of a protocol (7.3.5).
  final class Registration {
    let event: Event
    /// Handles that LocateHandle has not yet returned for this registration.
    var pending: [Handle] = []
    init(event: Event) { self.event = event }
  }

  /// Everything about one GUID.
  final class ProtocolEntry {
    let guid: GUID
    /// Sorted by handle value.
    fileprivate(set) var handles: [Handle] = []
    fileprivate(set) var registrations: [Registration] = []
    init(guid: GUID) { self.guid = guid }
  }
  /// Sorted by GUID.
  private var protocols: [ProtocolEntry] = []

  // MARK: Finding

  private static func position(of value: UInt, in handles: [Handle]) -> Int {
    var low = 0
    var high = handles.count
    while low < high {
      let middle = (low + high) / 2
      if handles[middle].value < value { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// The handle that a payload means; nil for a value that is none (any more).
  func handle(_ value: UnsafeMutableRawPointer?) -> Handle? { handle(UInt(bitPattern: value)) }

  func handle(_ value: UInt) -> Handle? {
    let position = HandleDatabase.position(of: value, in: handles)
    guard position < handles.count, handles[position].value == value else { return nil }
    return handles[position]
  }

  private func protocolPosition(_ guid: GUID) -> (index: Int, found: Bool) {
    var low = 0
    var high = protocols.count
    while low < high {
      let middle = (low + high) / 2
      let other = protocols[middle].guid
      if other.low < guid.low || other.low == guid.low && other.high < guid.high {
        low = middle + 1
      } else {
        high = middle
      }
    }
    return (low, low < protocols.count && protocols[low].guid == guid)
  }

  /// The handles that carry a protocol, oldest handle first.
  func handles(with guid: GUID) -> [Handle] {
    let (index, found) = protocolPosition(guid)
    return found ? protocols[index].handles : []
  }

  private func entry(_ guid: GUID) -> ProtocolEntry {
    let (index, found) = protocolPosition(guid)
    if !found { protocols.insert(ProtocolEntry(guid: guid), at: index) }
    return protocols[index]
  }

  // MARK: Changing

  /// Adds an interface; makes the handle when `handle` is nil. The caller has checked that the handle has none yet.
  @discardableResult
  func install(_ guid: GUID, _ address: UInt, on handle: Handle?, events: Events?) -> Handle {
    let target: Handle
    if let handle {
      target = handle
    } else {
      target = Handle(value: nextValue)
      nextValue += 16
      handles.append(target)
    }
    target.interfaces.append(ProtocolInterface(guid: guid, address: address))
    let entry = entry(guid)
    entry.handles.insert(target, at: HandleDatabase.position(of: target.value, in: entry.handles))
    announce(target, entry, events)
    return target
  }

  private func announce(_ handle: Handle, _ entry: ProtocolEntry, _ events: Events?) {
    for registration in entry.registrations {
      // A handle that is reinstalled before anybody looked is still one piece of news.
      registration.pending.removeAll { $0 === handle }
      registration.pending.append(handle)
      events?.signal(registration.event)
    }
  }

  /// Tells the registrations of a protocol that an interface was reinstalled (7.3.3).
  func reannounce(_ guid: GUID, on handle: Handle, events: Events) { announce(handle, entry(guid), events) }

  /// Takes an interface away, and the handle with its last one.
  func remove(_ interface: ProtocolInterface, from handle: Handle) {
    handle.interfaces.removeAll { $0 === interface }
    let entry = entry(interface.guid)
    let position = HandleDatabase.position(of: handle.value, in: entry.handles)
    if position < entry.handles.count, entry.handles[position] === handle { entry.handles.remove(at: position) }
    for registration in entry.registrations { registration.pending.removeAll { $0 === handle } }
    if handle.interfaces.isEmpty {
      let position = HandleDatabase.position(of: handle.value, in: handles)
      if position < handles.count, handles[position] === handle { handles.remove(at: position) }
    }
  }

  /// Registers for new interfaces of a protocol.
  ///
  /// - Returns: the registration; its identity is the key that the payload gets.
  func register(_ guid: GUID, event: Event) -> Registration {
    let registration = Registration(event: event)
    entry(guid).registrations.append(registration)
    return registration
  }

  /// The registration that `key` names.
  func registration(_ key: UnsafeMutableRawPointer?) -> Registration? {
    for entry in protocols {
      for registration in entry.registrations
      where UnsafeMutableRawPointer(Unmanaged.passUnretained(registration).toOpaque()) == key {
        return registration
      }
    }
    return nil
  }

  /// Forgets the registrations of an event that is closed.
  func forget(_ event: Event) {
    for entry in protocols { entry.registrations.removeAll { $0.event === event } }
  }
}
