// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// The handle database (UEFI 2.10, 7.3): which protocols are installed where, and who wants to know of new ones.
///
/// One list of all interfaces. A machine between two kernels has some dozens of them, so every search walks it: an index
/// would be more code than it saves time.
final class HandleDatabase {
  /// Sorted by handle, as values only grow; those of one handle in the order of their installation.
  private(set) var first: ProtocolInterface?
  private var registrations: Registration?
  private var nextValue: UInt = 0x1000_0010
  private var serial: UInt64 = 0

  /// Who wants to know of new interfaces of a protocol (7.3.5). Its address is the key that the payload gets.
  final class Registration {
    let guid: GUID
    let event: Event
    /// The serial number of the last interface that a search by this registration has given.
    var seen: UInt64
    fileprivate var next: Registration?

    fileprivate init(guid: GUID, event: Event, seen: UInt64, next: Registration?) {
      self.guid = guid
      self.event = event
      self.seen = seen
      self.next = next
    }
  }

  deinit {
    // One by one: the list's end would otherwise be deep down in a recursion.
    while let interface = first { (first, interface.next) = (interface.next, nil) }
  }

  // MARK: Finding

  /// Whether it is a handle (still).
  func contains(_ handle: Handle?) -> Bool {
    var candidate = first
    while let interface = candidate {
      if interface.handle == handle { return true }
      candidate = interface.next
    }
    return false
  }

  func interface(_ guid: GUID, on handle: Handle?) -> ProtocolInterface? {
    var candidate = first
    while let interface = candidate {
      if interface.handle == handle, interface.guid == guid { return interface }
      candidate = interface.next
    }
    return nil
  }

  /// The next interface of a protocol, oldest handle first; nil as `guid`: the next handle's first interface.
  func next(_ guid: GUID?, after previous: ProtocolInterface?) -> ProtocolInterface? {
    var candidate = previous == nil ? first : previous!.next
    while let interface = candidate {
      if let guid {
        if interface.guid == guid { return interface }
      } else if interface.handle != previous?.handle {
        return interface
      }
      candidate = interface.next
    }
    return nil
  }

  /// The registration that `key` names.
  func registration(_ key: UnsafeMutableRawPointer?) -> Registration? {
    var candidate = registrations
    while let registration = candidate {
      if Unmanaged.passUnretained(registration).toOpaque() == key { return registration }
      candidate = registration.next
    }
    return nil
  }

  /// The oldest interface that is new for a registration.
  func news(for registration: Registration) -> ProtocolInterface? {
    var oldest: ProtocolInterface?
    var candidate = next(registration.guid, after: nil)
    while let interface = candidate {
      if interface.serial > registration.seen, oldest == nil || interface.serial < oldest!.serial { oldest = interface }
      candidate = next(registration.guid, after: interface)
    }
    return oldest
  }

  // MARK: Changing

  /// Adds an interface; makes the handle when `handle` is nil. The caller has checked that the handle has none yet.
  @discardableResult
  func install(_ guid: GUID, _ address: UInt, on handle: Handle?, events: Events?) -> Handle {
    if handle == nil { nextValue += 16 }
    let handle = handle ?? Handle(bitPattern: nextValue)!
    var previous: ProtocolInterface?
    var following = first
    while let interface = following, interface.handle <= handle {
      previous = interface
      following = interface.next
    }
    let interface = ProtocolInterface(handle: handle, guid: guid, address: address, next: following)
    if let previous { previous.next = interface } else { first = interface }
    announce(interface, events)
    return handle
  }

  /// Tells the registrations of a protocol that an interface was installed, or reinstalled (7.3.4).
  func announce(_ interface: ProtocolInterface, _ events: Events?) {
    serial += 1
    interface.serial = serial
    var candidate = registrations
    while let registration = candidate {
      if registration.guid == interface.guid { events?.signal(registration.event) }
      candidate = registration.next
    }
  }

  /// Takes an interface away, and the handle with its last one.
  func remove(_ interface: ProtocolInterface) {
    var previous: ProtocolInterface?
    var candidate = first
    while let found = candidate, found !== interface {
      previous = found
      candidate = found.next
    }
    guard candidate != nil else { return }
    if let previous { previous.next = interface.next } else { first = interface.next }
    // Whoever stands on it goes on from here, at worst over interfaces that are gone as well.
  }

  /// Registers for new interfaces of a protocol.
  func register(_ guid: GUID, event: Event) -> Registration {
    let registration = Registration(guid: guid, event: event, seen: serial, next: registrations)
    registrations = registration
    return registration
  }

  /// Forgets the registrations of an event that is closed.
  func forget(_ event: Event) {
    var last: Registration?
    var candidate = registrations
    while let registration = candidate {
      candidate = registration.next
      if registration.event !== event {
        last = registration
      } else if let last {
        last.next = candidate
      } else {
        registrations = candidate
      }
    }
  }

  /// Forgets all that an agent has open.
  func forget(agent: Handle) {
    var candidate = first
    while let interface = candidate {
      interface.close(.max, agent: agent, controller: nil, exactly: false)
      candidate = interface.next
    }
  }
}
