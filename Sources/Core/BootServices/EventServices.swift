// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
//
// Event, timer and task priority services (UEFI 2.10, 7.1), in the order of the table.

extension Firmware {
  /// 7.1.8. A level below the current one is a payload's mistake; the specification leaves what happens open.
  func raiseTPL(_ level: UInt64) -> UInt64 {
    if level < events.currentTPL || level > TPL.highLevel {
      log.write(.warning) {
        $0.text("RaiseTPL to a wrong level ").decimal(level).text(" from ").decimal(events.currentTPL)
      }
      return events.currentTPL
    }
    return events.raise(to: level)
  }

  /// 7.1.9.
  func restoreTPL(_ level: UInt64) {
    guard level <= events.currentTPL else {
      log.write(.warning) { $0.text("RestoreTPL to a higher level ").decimal(level) }
      return
    }
    events.restore(to: level)
  }

  /// 7.1.1 and 7.1.2.
  func createEvent(
    type: UInt32, notifyTPL: UInt64, function: UInt64, context: UnsafeMutableRawPointer?, group: GUID?
  ) throws(Status) -> Event {
    let notify = type & (EventType.notifyWait | EventType.notifySignal)
    switch type {
    case EventType.signalExitBootServices, EventType.signalVirtualAddressChange:
      // With CreateEventEx these two are named by their group instead.
      guard group == nil else { throw .invalidParameter }
    default:
      guard type & ~(EventType.timer | EventType.runtime | EventType.notifyWait | EventType.notifySignal) == 0,
        notify != EventType.notifyWait | EventType.notifySignal
      else { throw .invalidParameter }
    }
    if let group, group == .eventExitBootServices || group == .eventVirtualAddressChange {
      guard notify != EventType.notifyWait else { throw .invalidParameter }
    }
    if notify != 0 {
      guard function != 0, notifyTPL > TPL.application, notifyTPL < TPL.highLevel else { throw .invalidParameter }
    }
    guard pages.replenish() else { throw .outOfResources }
    let event = Event(
      type: type, notifyTPL: notifyTPL, function: notify == 0 ? 0 : function, context: context, group: group)
    // What is notified of the virtual address change is known to the runtime image, whose room is fixed.
    guard !event.isAddressChange || hasRuntimeEntry else { throw .outOfResources }
    events.add(event)
    return event
  }

  /// 7.1.7.
  func setTimer(_ event: Event, type: UInt32, triggerTime: UInt64) throws(Status) {
    guard event.type & EventType.timer != 0, type <= 2 else { throw .invalidParameter }
    switch type {
    case 0: events.cancelTimer(event)
    default: events.setTimer(event, interval: triggerTime, periodic: type == 1)
    }
  }

  /// 7.1.5.
  ///
  /// - Parameter looked: the index of the event looked at last, for the error that names it.
  func waitForEvents(
    _ list: UnsafeMutableBufferPointer<UnsafeMutableRawPointer?>, _ looked: inout Int
  ) throws(Status) -> Int {
    guard events.currentTPL == TPL.application else { throw .unsupported }
    while true {
      for index in list.indices {
        looked = index
        guard let event = events.event(list[index]), event.type & EventType.notifySignal == 0 else {
          throw .invalidParameter
        }
        if events.check(event) { return index }
      }
    }
  }

  /// The event that a payload's pointer means.
  func event(_ pointer: UnsafeMutableRawPointer?) throws(Status) -> Event {
    guard let event = events.event(pointer) else { throw .invalidParameter }
    return event
  }

  /// 7.1.6.
  func checkEvent(_ event: Event) throws(Status) {
    guard event.type & EventType.notifySignal == 0 else { throw .invalidParameter }
    guard events.check(event) else { throw .notReady }
  }

  /// 7.1.3.
  func closeEvent(_ event: Event) {
    handles.forget(event)
    events.close(event)
  }
}

@c @implementation public func virgil_raise_tpl(_ level: UInt64) -> UInt64 { firmware.raiseTPL(level) }
@c @implementation public func virgil_restore_tpl(_ level: UInt64) { firmware.restoreTPL(level) }

@c @implementation public func virgil_create_event(
  _ type: UInt32, _ notifyTPL: UInt64, _ function: UInt64, _ context: UnsafeMutableRawPointer!,
  _ group: UnsafeRawPointer!, _ event: UnsafeMutablePointer<efi_event?>!
) -> efi_status {
  service {
    () throws(Status) in
    guard let event else { throw .invalidParameter }
    let created = try firmware.createEvent(
      type: type, notifyTPL: notifyTPL, function: function, context: context, group: group.map { GUID(at: $0) })
    event.pointee = Events.pointer(created)
  }
}

@c @implementation public func virgil_set_timer(_ event: efi_event!, _ type: UInt32, _ time: UInt64) -> efi_status {
  service { () throws(Status) in try firmware.setTimer(try firmware.event(event), type: type, triggerTime: time) }
}

@c @implementation public func virgil_wait_for_event(
  _ count: UInt64, _ list: UnsafeMutablePointer<efi_event?>!, _ index: UnsafeMutablePointer<UInt64>!
) -> efi_status {
  service {
    () throws(Status) in
    guard count > 0, count < 1 << 32, let list, let index else { throw .invalidParameter }
    var failed = 0
    do throws(Status) {
      index.pointee = UInt64(
        try firmware.waitForEvents(UnsafeMutableBufferPointer(start: list, count: Int(count)), &failed))
    } catch {
      // "The event indicated by Index is of type EVT_NOTIFY_SIGNAL."
      if error == .invalidParameter { index.pointee = UInt64(failed) }
      throw error
    }
  }
}

@c @implementation public func virgil_signal_event(_ event: efi_event!) -> efi_status {
  service { () throws(Status) in firmware.events.signal(try firmware.event(event)) }
}
@c @implementation public func virgil_close_event(_ event: efi_event!) -> efi_status {
  service { () throws(Status) in firmware.closeEvent(try firmware.event(event)) }
}
@c @implementation public func virgil_check_event(_ event: efi_event!) -> efi_status {
  service { () throws(Status) in try firmware.checkEvent(try firmware.event(event)) }
}
