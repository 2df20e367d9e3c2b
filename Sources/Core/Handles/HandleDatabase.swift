// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// The handle database (UEFI 2.10, 7.3): which protocols are installed where, and who wants to know of new ones.
///
/// Three orders of all interfaces answer every question in O(log n), and the next one in an order is a step away.
final class HandleDatabase {
  private let orders = UnsafeMutablePointer<InterfaceTree>.allocate(capacity: InterfaceOrder.count)
  private var registrations: Registration?
  private var nextValue: UInt = 0x1000_0010
  private var serial: UInt64 = 0
  private var priority: UInt64 = 0

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

  init() {
    for order in 0..<InterfaceOrder.count { (orders + order).initialize(to: InterfaceTree()) }
  }

  deinit {
    while let interface = first { remove(interface) }
    for order in 0..<InterfaceOrder.count { orders[order].deallocate() }
    orders.deallocate()
  }

  // MARK: Finding

  private func first(_ order: Int, from key: InterfaceTree.Key) -> ProtocolInterface? {
    orders[order].first(from: key)?.pointee.interface?.takeUnretainedValue()
  }

  /// All interfaces: by handle, those of one handle in the order of their installation.
  var first: ProtocolInterface? { first(InterfaceOrder.byHandle, from: (0, 0, 0)) }

  /// The first interface on a handle, or else on those after it.
  func first(on handle: Handle?) -> ProtocolInterface? {
    first(InterfaceOrder.byHandle, from: (UInt64(UInt(bitPattern: handle)), 0, 0))
  }

  /// Whether it is a handle (still).
  func contains(_ handle: Handle?) -> Bool { first(on: handle)?.handle == handle }

  func interface(_ guid: GUID, on handle: Handle?) -> ProtocolInterface? {
    let found = first(InterfaceOrder.byProtocol, from: (guid.low, guid.high, UInt64(UInt(bitPattern: handle))))
    return found?.guid == guid && found?.handle == handle ? found : nil
  }

  /// The next interface of a protocol, oldest handle first; nil as `guid`: the next handle's first interface.
  func next(_ guid: GUID?, after previous: ProtocolInterface?) -> ProtocolInterface? {
    guard let guid else { return first(on: previous.map { $0.handle + 1 }) }
    let found: ProtocolInterface?
    if let previous {
      // One that is gone meanwhile still says where it was.
      found =
        previous.isInstalled
        ? previous.next(InterfaceOrder.byProtocol)
        : first(InterfaceOrder.byProtocol, from: (guid.low, guid.high, UInt64(previous.handle.value + 1)))
    } else {
      found = first(InterfaceOrder.byProtocol, from: (guid.low, guid.high, 0))
    }
    return found?.guid == guid ? found : nil
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
    let guid = registration.guid
    let found = first(InterfaceOrder.byNews, from: (guid.low, guid.high, registration.seen + 1))
    return found?.guid == guid ? found : nil
  }

  // MARK: Changing

  /// Adds an interface; makes the handle when `handle` is nil. The caller has checked that the handle has none yet.
  @discardableResult
  func install(_ guid: GUID, _ address: UInt, on handle: Handle?, events: Events?) -> Handle {
    if handle == nil { nextValue += 16 }
    let handle = handle ?? Handle(bitPattern: nextValue)!
    // Knuth's linear congruential generator (MMIX): its upper bits are random enough.
    priority = priority &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    let interface = ProtocolInterface(handle: handle, guid: guid, address: address)
    let owner = Unmanaged.passRetained(interface)
    for order in 0..<InterfaceOrder.count {
      interface.nodes[order].interface = owner
      interface.nodes[order].priority = priority
    }
    let handleValue = UInt64(handle.value)
    interface.nodes[InterfaceOrder.byHandle].key = (handleValue, serial, 0)
    interface.nodes[InterfaceOrder.byProtocol].key = (guid.low, guid.high, handleValue)
    orders[InterfaceOrder.byHandle].insert(interface.nodes + InterfaceOrder.byHandle)
    orders[InterfaceOrder.byProtocol].insert(interface.nodes + InterfaceOrder.byProtocol)
    announce(interface, events)
    return handle
  }

  /// Tells the registrations of a protocol that an interface was installed, or reinstalled (7.3.4).
  func announce(_ interface: ProtocolInterface, _ events: Events?) {
    serial += 1
    let news = interface.nodes + InterfaceOrder.byNews
    if interface.serial != 0 { orders[InterfaceOrder.byNews].remove(news) }
    interface.serial = serial
    news.pointee.key = (interface.guid.low, interface.guid.high, serial)
    orders[InterfaceOrder.byNews].insert(news)
    var candidate = registrations
    while let registration = candidate {
      if registration.guid == interface.guid { events?.signal(registration.event) }
      candidate = registration.next
    }
  }

  /// Takes an interface away, and the handle with its last one.
  func remove(_ interface: ProtocolInterface) {
    guard interface.isInstalled else { return }
    for order in 0..<InterfaceOrder.count { orders[order].remove(interface.nodes + order) }
    Unmanaged.passUnretained(interface).release()
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
      candidate = interface.next(InterfaceOrder.byHandle)
    }
  }
}
