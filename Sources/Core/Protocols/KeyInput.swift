// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// Simple Text Input and Simple Text Input Ex (UEFI 2.10, 12.3 and 12.2): one queue of keys, fed from the described
/// console's bytes.
///
/// There are no interrupts: bytes are fetched when a payload asks for keys or checks for them, and by a timer once it
/// has registered for a key.
final class KeyInput {
  private let platform: any Platform
  private let events: Events
  private let input: UnsafeMutablePointer<EFI_SIMPLE_TEXT_INPUT_PROTOCOL>
  private let inputEx: UnsafeMutablePointer<EFI_SIMPLE_TEXT_INPUT_EX_PROTOCOL>
  /// A ring.
  private let keys: UnsafeMutablePointer<EFI_KEY_DATA>
  private var first = 0
  private var count = 0
  private var decoder = KeyDecoder()
  /// When the last byte came, in counter ticks.
  private var lastByte: UInt64 = 0
  private var notifications: UnsafeMutablePointer<KeyNotification>?
  private var isNotifying = false
  private var timer: Event?

  static let capacity = 64
  /// After so long without a byte, an ESC was the key and not the start of a sequence; in 100 ns units.
  static let escapePatience: UInt64 = 2_000_000
  /// How often registered keys are looked for; in 100 ns units.
  static let pollInterval: UInt64 = 200_000

  init(platform: any Platform, events: Events, pool: Pool) throws(Status) {
    self.platform = platform
    self.events = events
    // All in one block: two interfaces of 24 and 48 bytes, then the ring.
    let size = 128 + KeyInput.capacity * MemoryLayout<EFI_KEY_DATA>.stride
    let memory = try pool.allocate(.bootServicesData, size: UInt64(size))
    memory.initializeMemory(as: UInt8.self, repeating: 0, count: size)
    input = memory.assumingMemoryBound(to: EFI_SIMPLE_TEXT_INPUT_PROTOCOL.self)
    inputEx = (memory + 32).assumingMemoryBound(to: EFI_SIMPLE_TEXT_INPUT_EX_PROTOCOL.self)
    keys = (memory + 128).assumingMemoryBound(to: EFI_KEY_DATA.self)
    efi_fill_text_input(input)
    efi_fill_text_input_ex(inputEx)
  }

  func install(on handle: Handle, _ firmware: Firmware) {
    // 12.3.1: WaitForKey is signaled while a key waits; who checks it makes us look.
    let event = Event(type: EventType.notifyWait, notifyTPL: TPL.callback, function: 0, context: nil, group: nil)
    event.poll = consoleHasKey
    events.add(event)
    input.pointee.WaitForKey = Events.pointer(event)
    inputEx.pointee.WaitForKeyEx = Events.pointer(event)
    firmware.handles.install(.simpleTextInput, UInt(bitPattern: input), on: handle, events: events)
    firmware.handles.install(.simpleTextInputEx, UInt(bitPattern: inputEx), on: handle, events: events)
    firmware.systemTable.pointer.pointee.ConsoleInHandle = handle
    firmware.systemTable.pointer.pointee.ConIn = input
  }

  // MARK: The queue

  fileprivate var hasKey: Bool {
    poll()
    return count > 0
  }

  /// Fetches what has arrived. Notifications run at TPL_CALLBACK, so nothing is fetched above it.
  func poll() {
    guard !isNotifying, events.currentTPL <= TPL.callback else { return }
    // A byte completes two keys at most; what finds no room stays in the device.
    while count < KeyInput.capacity - 2, let byte = platform.consoleRead() {
      lastByte = platform.counter()
      decoder.take(byte)
      deliver()
    }
    if decoder.isWaiting,
      platform.counter() &- lastByte >= events.ticks(hundredNanoseconds: KeyInput.escapePatience)
    {
      decoder.giveUp()
      deliver()
    }
  }

  private func deliver() {
    while let key = decoder.next() {
      keys[(first + count) % KeyInput.capacity] = key
      count += 1
      notify(key)
    }
  }

  /// 12.3.3 and 12.2.3.
  func read() throws(Status) -> EFI_KEY_DATA {
    guard hasKey else { throw .notReady }
    let key = keys[first]
    first = (first + 1) % KeyInput.capacity
    count -= 1
    return key
  }

  /// 12.3.2 and 12.2.2.
  func reset() {
    count = 0
    decoder = KeyDecoder()
    while platform.consoleRead() != nil {}
  }

  // MARK: Notifications

  private func notify(_ key: EFI_KEY_DATA) {
    guard notifications != nil else { return }
    isNotifying = true
    let level = events.raise(to: TPL.callback)
    var data = key
    var notification = notifications
    while let current = notification {
      // A function may unregister itself; what follows it is then still known from here.
      notification = current.pointee.next
      if KeyInput.matches(current.pointee.key, key) { efi_call_key_notify(current.pointee.function, &data) }
    }
    isNotifying = false
    events.restore(to: level)
  }

  /// A state of 0 in what was registered stands for any (12.2.5).
  private static func matches(_ wanted: EFI_KEY_DATA, _ key: EFI_KEY_DATA) -> Bool {
    wanted.Key.ScanCode == key.Key.ScanCode && wanted.Key.UnicodeChar == key.Key.UnicodeChar
      && (wanted.KeyShiftState == 0 || wanted.KeyShiftState == key.KeyShiftState)
      && (wanted.KeyToggleState == 0 || wanted.KeyToggleState == key.KeyToggleState)
  }

  /// 12.2.5.
  func register(_ key: EFI_KEY_DATA, _ function: UInt64, _ pool: Pool) throws(Status) -> UnsafeMutableRawPointer {
    let memory = try pool.allocate(.bootServicesData, size: UInt64(MemoryLayout<KeyNotification>.size))
    let made = memory.assumingMemoryBound(to: KeyNotification.self)
    made.initialize(to: KeyNotification(next: notifications, function: function, key: key))
    notifications = made
    if timer == nil {
      let event = Event(
        type: EventType.timer | EventType.notifySignal, notifyTPL: TPL.callback, function: efi_key_poll_function(),
        context: nil, group: nil)
      events.add(event)
      events.setTimer(event, interval: KeyInput.pollInterval, periodic: true)
      timer = event
    }
    return memory
  }

  /// 12.2.6.
  func unregister(_ handle: UnsafeMutableRawPointer?, _ pool: Pool) throws(Status) {
    var previous: UnsafeMutablePointer<KeyNotification>?
    var notification = notifications
    while let current = notification, UnsafeMutableRawPointer(current) != handle {
      previous = current
      notification = current.pointee.next
    }
    guard let notification else { throw .invalidParameter }
    if let previous {
      previous.pointee.next = notification.pointee.next
    } else {
      notifications = notification.pointee.next
    }
    try pool.free(notification)
  }
}

/// One registration of a function for a key, in pool memory; its address is the handle that the payload gets.
struct KeyNotification {
  var next: UnsafeMutablePointer<KeyNotification>?
  let function: UInt64
  let key: EFI_KEY_DATA
}

@c @implementation public func virgil_text_read_key(
  _ this: UnsafeMutableRawPointer!, _ key: UnsafeMutablePointer<EFI_INPUT_KEY>!
) -> efi_status {
  service {
    () throws(Status) in
    guard let key else { throw .invalidParameter }
    key.pointee = try firmware.console.input.read().Key
  }
}

@c @implementation public func virgil_text_input_reset(_ this: UnsafeMutableRawPointer!) -> efi_status {
  firmware.console.input.reset()
  return 0
}

/// By way of the one firmware: through a closure over the console its events would hold themselves.
private func consoleHasKey() -> Bool { firmware.console.input.hasKey }

@c @implementation public func virgil_key_poll() { firmware.console.input.poll() }

@c @implementation public func virgil_key_read_ex(
  _ this: UnsafeMutableRawPointer!, _ data: UnsafeMutablePointer<EFI_KEY_DATA>!
) -> efi_status {
  service {
    () throws(Status) in
    guard let data else { throw .invalidParameter }
    // Without a key, the state is told all the same: nothing that a serial line knows is pressed.
    data.pointee = EFI_KEY_DATA()
    data.pointee = try firmware.console.input.read()
  }
}

/// 12.2.4: a serial line has no locks to switch, and tells of whole keys only. All off is how they are.
@c @implementation public func virgil_key_set_state(
  _ this: UnsafeMutableRawPointer!, _ toggle: UnsafePointer<UInt8>!
) -> efi_status {
  service {
    () throws(Status) in
    guard let toggle else { throw .invalidParameter }
    guard toggle.pointee == 0x80 else { throw .unsupported }  // EFI_TOGGLE_STATE_VALID
  }
}

@c @implementation public func virgil_key_register(
  _ this: UnsafeMutableRawPointer!, _ data: UnsafePointer<EFI_KEY_DATA>!, _ function: UInt64,
  _ handle: UnsafeMutablePointer<UnsafeMutableRawPointer?>!
) -> efi_status {
  service {
    () throws(Status) in
    guard let data, function != 0, let handle else { throw .invalidParameter }
    guard firmware.pages.replenish() else { throw .outOfResources }
    handle.pointee = try firmware.console.input.register(data.pointee, function, firmware.pool)
  }
}

@c @implementation public func virgil_key_unregister(
  _ this: UnsafeMutableRawPointer!, _ handle: UnsafeMutableRawPointer!
) -> efi_status {
  service { () throws(Status) in try firmware.console.input.unregister(handle, firmware.pool) }
}
