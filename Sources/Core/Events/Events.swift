// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// Task priority, events and timers (UEFI 2.10, 7.1).
///
/// There are no interrupts: time is looked at whenever the task priority is restored, and while a payload waits,
/// checks or stalls.
final class Events {
  private(set) var currentTPL = TPL.application
  /// All events that exist, sorted by address, so that a payload's pointer can be checked.
  private var events: [Event] = []
  /// Notifications that wait for the task priority to fall, oldest first.
  private var queue: [Event] = []
  private var timers: [Event] = []
  /// When the watchdog bites, in counter ticks.
  private var watchdog: UInt64?
  private let platform: any Platform

  init(platform: any Platform) { self.platform = platform }

  // MARK: Identity

  private static func address(_ event: Event) -> UInt { UInt(bitPattern: Unmanaged.passUnretained(event).toOpaque()) }

  private func position(_ address: UInt) -> Int {
    var low = 0
    var high = events.count
    while low < high {
      let middle = (low + high) / 2
      if Events.address(events[middle]) < address { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// The event that a payload means; nil when it is none.
  func event(_ pointer: UnsafeMutableRawPointer?) -> Event? {
    let position = position(UInt(bitPattern: pointer))
    guard position < events.count, Events.address(events[position]) == UInt(bitPattern: pointer) else { return nil }
    return events[position]
  }

  static func pointer(_ event: Event) -> UnsafeMutableRawPointer {
    UnsafeMutableRawPointer(Unmanaged.passUnretained(event).toOpaque())
  }

  func add(_ event: Event) { events.insert(event, at: position(Events.address(event))) }

  func close(_ event: Event) {
    queue.removeAll { $0 === event }
    timers.removeAll { $0 === event }
    event.isQueued = false
    let position = position(Events.address(event))
    if position < events.count, events[position] === event { events.remove(at: position) }
  }

  // MARK: Task priority

  /// - Returns: the old level.
  func raise(to level: UInt64) -> UInt64 {
    let old = currentTPL
    currentTPL = level
    return old
  }

  /// Falls back to `level`; notifications of the levels in between run first, highest level first.
  func restore(to level: UInt64) {
    pollTimers()
    dispatch(above: level)
    currentTPL = level
  }

  private func dispatch(above level: UInt64) {
    while let event = takeHighest(above: level) {
      currentTPL = event.notifyTPL
      event.isQueued = false
      // A notify-signal event is over once its function runs (7.1.2).
      if event.type & EventType.notifySignal != 0 { event.isSignaled = false }
      efi_call_notify(event.function, Events.pointer(event), event.context)
    }
  }

  private func takeHighest(above level: UInt64) -> Event? {
    var best: Int?
    for (index, event) in queue.enumerated() where event.notifyTPL > level {
      if best.map({ queue[$0].notifyTPL < event.notifyTPL }) ?? true { best = index }
    }
    return best.map { queue.remove(at: $0) }
  }

  private func enqueue(_ event: Event) {
    guard event.hasNotification, !event.isQueued else { return }
    event.isQueued = true
    queue.append(event)
  }

  /// Runs what is due at the current level.
  func runDue() {
    let level = currentTPL
    pollTimers()
    dispatch(above: level)
    currentTPL = level
  }

  // MARK: Signals

  /// Signals one event, and with it all events of its group.
  func signal(_ event: Event) {
    mark(event)
    runDue()
  }

  /// Signals all events of a group (7.1.2), and the old-style types that mean the same.
  func signal(group: GUID) {
    mark(group: group)
    runDue()
  }

  /// All members are signaled before the first of their functions runs (7.1.2): these are only queued here.
  private func mark(_ event: Event) {
    if let group = event.group { mark(group: group) } else { signalOne(event) }
  }

  private func signalOne(_ event: Event) {
    guard !event.isSignaled else { return }
    event.isSignaled = true
    if event.type & EventType.notifySignal != 0 { enqueue(event) }
  }

  private func mark(group: GUID) {
    let legacy: UInt32? =
      group == .eventExitBootServices
      ? EventType.signalExitBootServices
      : group == .eventVirtualAddressChange ? EventType.signalVirtualAddressChange : nil
    for event in events where event.group == group || legacy != nil && event.type == legacy { signalOne(event) }
  }

  /// Whether an event is signaled; clears it when it is. A notify-wait event's function is given its chance first.
  func check(_ event: Event) -> Bool {
    pollTimers()
    if !event.isSignaled, event.type & EventType.notifyWait != 0 {
      if let poll = event.poll {
        // A level, not an edge: it is signaled for as long as the condition holds.
        return poll()
      }
      enqueue(event)
    }
    runDue()
    guard event.isSignaled else { return false }
    event.isSignaled = false
    return true
  }

  // MARK: Timers

  /// - Parameter interval: 100 ns units; 0 with `periodic` means every tick that is looked at.
  func setTimer(_ event: Event, interval: UInt64, periodic: Bool) {
    timers.removeAll { $0 === event }
    let ticks = ticks(hundredNanoseconds: interval)
    event.deadline = platform.counter() &+ ticks
    event.period = periodic ? max(ticks, 1) : 0
    timers.append(event)
  }

  func cancelTimer(_ event: Event) {
    timers.removeAll { $0 === event }
    event.deadline = nil
  }

  /// Counter ticks in so many 100 ns units, at most half of the counter's range.
  func ticks(hundredNanoseconds units: UInt64) -> UInt64 {
    let frequency = platform.counterFrequency
    let (seconds, rest) = units.quotientAndRemainder(dividingBy: 10_000_000)
    let (whole, overflow) = frequency.multipliedReportingOverflow(by: seconds)
    guard !overflow, whole < .max >> 1, frequency < 1 << 40 else { return .max >> 1 }
    return min(whole + frequency * rest / 10_000_000, .max >> 1)
  }

  /// Arms the watchdog (7.5.1), or with 0 seconds disarms it.
  func setWatchdog(seconds: UInt64) {
    let (units, overflow) = seconds.multipliedReportingOverflow(by: 10_000_000)
    watchdog = seconds == 0 ? nil : platform.counter() &+ ticks(hundredNanoseconds: overflow ? .max : units)
  }

  private func pollTimers() {
    guard !timers.isEmpty || watchdog != nil else { return }
    let now = platform.counter()
    if let watchdog, Int64(bitPattern: now &- watchdog) >= 0 {
      firmware.log.write(.error) { $0.text("the watchdog timer has expired") }
      platform.reset(.cold)
    }
    var index = 0
    while index < timers.count {
      let event = timers[index]
      guard let deadline = event.deadline, Int64(bitPattern: now &- deadline) >= 0 else {
        index += 1
        continue
      }
      if event.period > 0 {
        // Periods that nobody looked at are one signal, not many.
        let missed = (now &- deadline) / event.period
        event.deadline = deadline &+ (missed + 1) &* event.period
        index += 1
      } else {
        event.deadline = nil
        timers.remove(at: index)
      }
      mark(event)
    }
  }

  // MARK: After the boot services

  var addressChangeCount: Int {
    var count = 0
    for event in events where event.isAddressChange { count += 1 }
    return count
  }

  /// The events that SetVirtualAddressMap signals, those of the highest level first (7.1.1).
  func forEachAddressChange(_ body: (Event) -> Void) {
    var level = TPL.highLevel
    while level > TPL.application {
      for event in events where event.isAddressChange && event.notifyTPL == level { body(event) }
      level -= 1
    }
  }

  /// No timer fires any more: ExitBootServices is under way.
  func stopTimers() { timers.removeAll() }
}
