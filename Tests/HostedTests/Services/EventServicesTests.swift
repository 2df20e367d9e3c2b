// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Testing

extension FirmwareTests {
  /// UEFI 2.10, 7.1, through the table.
  @Suite struct EventServices {
    let machine: HostMachine
    var boot: EFI_BOOT_SERVICES { machine.boot }
    init() throws { machine = try HostMachine() }

    private func event(
      _ type: UInt32, _ level: UInt64 = 0, _ notify: Callback? = nil, context: UInt64 = 0
    ) -> UnsafeMutableRawPointer? {
      let event = Out<UnsafeMutableRawPointer?>(nil)
      #expect(efi(boot.CreateEvent, type, level, notify, context, event) == .success)
      return event.value
    }
    private func raise(_ level: UInt64) -> UInt64 { efiCall(boot.RaiseTPL, [level]) }
    private func restore(_ level: UInt64) { _ = efiCall(boot.RestoreTPL, [level]) }

    @Test func notificationsWaitForTheirLevelAndRunHighestFirst() {
      var order: [UInt64] = []
      var levels: [UInt64] = []
      let notify = Callback { arguments in
        order.append(arguments[1])
        levels.append(machine.firmware.events.currentTPL)
        return 0
      }
      let first = event(EventType.notifySignal, TPL.callback, notify, context: 1)
      let second = event(EventType.notifySignal, TPL.notify, notify, context: 2)
      let third = event(EventType.notifySignal, TPL.callback, notify, context: 3)
      #expect(raise(TPL.highLevel) == TPL.application)
      for event in [first, second, third, first] { #expect(efi(boot.SignalEvent, event) == .success) }
      #expect(order.isEmpty)
      restore(TPL.notify)
      #expect(order.isEmpty)
      restore(TPL.callback)
      #expect(order == [2])
      restore(TPL.application)
      // Equal levels in the order of their signals; signaled twice before it ran is once.
      #expect(order == [2, 1, 3] && levels == [TPL.notify, TPL.callback, TPL.callback])
      #expect(machine.firmware.events.currentTPL == TPL.application)
      // At a low level a signal runs at once, and again the next time.
      #expect(efi(boot.SignalEvent, first) == .success && efi(boot.SignalEvent, first) == .success)
      #expect(order == [2, 1, 3, 1, 1])
      // All at once: the higher level first, whoever was signaled first.
      order = []
      let level = raise(TPL.highLevel)
      for event in [first, second, third] { #expect(efi(boot.SignalEvent, event) == .success) }
      restore(level)
      #expect(order == [2, 1, 3])
    }

    @Test func aNotificationMaySignalAndCloseEvents() {
      var order: [String] = []
      var other: UnsafeMutableRawPointer?
      var doomed: UnsafeMutableRawPointer?
      let high = Callback { _ in
        order.append("high")
        return 0
      }
      let never = Callback { _ in
        order.append("never")
        return 0
      }
      let low = Callback { arguments in
        order.append("low starts")
        #expect(efi(machine.boot.SignalEvent, other) == .success)
        #expect(efi(machine.boot.SignalEvent, doomed) == .success)
        #expect(efi(machine.boot.CloseEvent, doomed) == .success)
        // It may close itself, too.
        #expect(efi(machine.boot.CloseEvent, arguments[0]) == .success)
        order.append("low ends")
        return 0
      }
      other = event(EventType.notifySignal, TPL.notify, high)
      doomed = event(EventType.notifySignal, TPL.callback, never)
      let start = event(EventType.notifySignal, TPL.callback, low)
      #expect(efi(boot.SignalEvent, start) == .success)
      #expect(order == ["low starts", "high", "low ends"])
      #expect(efi(boot.SignalEvent, start) == .invalidParameter)
      #expect(efi(boot.CloseEvent, doomed) == .invalidParameter)
    }

    @Test func checkEventClearsTheSignal() {
      let plain = event(0)
      #expect(efi(boot.CheckEvent, plain) == .notReady)
      #expect(efi(boot.SignalEvent, plain) == .success)
      #expect(efi(boot.CheckEvent, plain) == .success)
      #expect(efi(boot.CheckEvent, plain) == .notReady)
      let notify = Callback { _ in 0 }
      #expect(efi(boot.CheckEvent, event(EventType.notifySignal, TPL.callback, notify)) == .invalidParameter)
      #expect(efi(boot.CheckEvent, 8) == .invalidParameter)
      #expect(efi(boot.CheckEvent, nil) == .invalidParameter)
    }

    @Test func waitEventsAreAskedByTheirFunction() {
      var ready = false
      let notify = Callback { arguments in
        if ready { #expect(efi(machine.boot.SignalEvent, arguments[0]) == .success) }
        return 0
      }
      let waiting = event(EventType.notifyWait, TPL.callback, notify)
      #expect(efi(boot.CheckEvent, waiting) == .notReady && notify.calls == 1)
      ready = true
      #expect(efi(boot.CheckEvent, waiting) == .success && notify.calls == 2)
      // Above its level the function has to wait, and is queued once however often it is asked for.
      let level = raise(TPL.notify)
      for _ in 0..<3 { #expect(efi(boot.CheckEvent, waiting) == .notReady) }
      #expect(notify.calls == 2)
      restore(level)
      #expect(notify.calls == 3 && efi(boot.CheckEvent, waiting) == .success)
    }

    @Test func waitForEventReturnsTheSignaledOne() {
      let index = Out<UInt64>(9)
      let silent = event(0)
      let signaled = event(0)
      #expect(efi(boot.SignalEvent, signaled) == .success)
      let list = Buffer(bytes(of: [silent, signaled]))
      #expect(efi(boot.WaitForEvent, 2, list, index) == .success)
      #expect(index.value == 1)

      // Nothing is signaled: time passes until the timer goes off.
      machine.platform.ticksPerLook = 5
      let timer = event(EventType.timer)
      #expect(efi(boot.SetTimer, timer, 2, 1000) == .success)
      let start = machine.platform.ticks
      #expect(efi(boot.WaitForEvent, 3, Buffer(bytes(of: [silent, signaled, timer])), index) == .success)
      #expect(index.value == 2 && machine.platform.ticks - start >= 1000 && machine.platform.ticks - start < 1100)

      let notify = Callback { _ in 0 }
      let forbidden = event(EventType.notifySignal, TPL.callback, notify)
      #expect(efi(boot.WaitForEvent, 2, Buffer(bytes(of: [silent, forbidden])), index) == .invalidParameter)
      #expect(index.value == 1)
      #expect(efi(boot.WaitForEvent, 0, list, index) == .invalidParameter)
      let level = raise(TPL.callback)
      #expect(efi(boot.WaitForEvent, 2, list, index) == .unsupported)
      restore(level)
    }

    private func bytes(of pointers: [UnsafeMutableRawPointer?]) -> [UInt8] {
      var bytes: [UInt8] = []
      for pointer in pointers { bytes.appendLittleEndian(UInt64(UInt(bitPattern: pointer))) }
      return bytes
    }

    @Test func timersGoOffWhenTheirTimeHasCome() {
      let notify = Callback { _ in 0 }
      let periodic = event(EventType.timer | EventType.notifySignal, TPL.callback, notify)
      let once = event(EventType.timer)
      #expect(efi(boot.SetTimer, periodic, 1, 100) == .success)
      #expect(efi(boot.SetTimer, once, 2, 250) == .success)
      func look(after ticks: UInt64) {
        machine.platform.ticks += ticks
        restore(raise(TPL.callback))
      }
      look(after: 99)
      #expect(notify.calls == 0)
      look(after: 1)
      #expect(notify.calls == 1)
      look(after: 100)
      #expect(notify.calls == 2 && efi(boot.CheckEvent, once) == .notReady)
      // Periods that were missed are one signal; the next one comes at its own time.
      look(after: 350)
      #expect(notify.calls == 3 && efi(boot.CheckEvent, once) == .success)
      look(after: 49)
      #expect(notify.calls == 3)
      look(after: 1)
      #expect(notify.calls == 4 && efi(boot.CheckEvent, once) == .notReady)
      #expect(efi(boot.SetTimer, periodic, 0, 0) == .success)
      look(after: 1000)
      #expect(notify.calls == 4)
      #expect(efi(boot.SetTimer, periodic, 3, 0) == .invalidParameter)
      #expect(efi(boot.SetTimer, event(0), 2, 10) == .invalidParameter)
      // A time that no counter reaches must not have passed already.
      #expect(efi(boot.SetTimer, once, 2, UInt64.max) == .success)
      look(after: 1 << 40)
      #expect(efi(boot.CheckEvent, once) == .notReady)
      // 7.1.7: 0 is the next tick.
      #expect(efi(boot.SetTimer, once, 2, 0) == .success)
      #expect(efi(boot.CheckEvent, once) == .success)
    }

    @Test func eventGroupsAreSignaledTogether() {
      let group = GUID(low: 0x1234, high: 0x5678).buffer
      let notify = Callback { _ in 0 }
      let members = (0..<3).map { _ in Out<UnsafeMutableRawPointer?>(nil) }
      for member in members {
        #expect(
          efi(boot.CreateEventEx, EventType.notifySignal, TPL.callback, notify, 0, group, member) == .success)
      }
      #expect(efi(boot.SignalEvent, members[1].value) == .success)
      #expect(notify.calls == 3)
      #expect(efi(boot.CloseEvent, members[0].value) == .success)
      #expect(efi(boot.SignalEvent, members[2].value) == .success)
      #expect(notify.calls == 5)
      // A member that its timer signals does as well; and any type of member is signaled.
      let timer = Out<UnsafeMutableRawPointer?>(nil)
      let quiet = Out<UnsafeMutableRawPointer?>(nil)
      #expect(efi(boot.CreateEventEx, EventType.timer, 0 as UInt64, nil, 0, group, timer) == .success)
      #expect(efi(boot.CreateEventEx, 0 as UInt32, 0 as UInt64, nil, 0, group, quiet) == .success)
      #expect(efi(boot.SetTimer, timer.value, 2, 100) == .success)
      machine.platform.ticks += 100
      restore(raise(TPL.callback))
      #expect(notify.calls == 7)
      #expect(efi(boot.CheckEvent, quiet.value) == .success && efi(boot.CheckEvent, quiet.value) == .notReady)
    }

    @Test func memoryMapChangesAreAnnounced() {
      let notify = Callback { _ in 0 }
      let listener = Out<UnsafeMutableRawPointer?>(nil)
      let group = GUID.eventMemoryMapChange.buffer
      #expect(
        efi(boot.CreateEventEx, EventType.notifySignal, TPL.callback, notify, 0, group, listener) == .success)
      let created = notify.calls
      let address = Out<UInt64>(0)
      #expect(efi(boot.AllocatePages, 0, MemoryType.loaderData, 2, address) == .success)
      #expect(notify.calls == created + 1)
      // What changes nothing is no change.
      #expect(efi(boot.AllocatePages, 2, MemoryType.loaderData, 2, address) == .notFound)
      #expect(efi(boot.GetNextMonotonicCount, Out<UInt64>(0)) == .success)
      #expect(notify.calls == created + 1)
      let level = raise(TPL.callback)
      #expect(efi(boot.FreePages, address.value, 2) == .success)
      #expect(notify.calls == created + 1)
      restore(level)
      #expect(notify.calls == created + 2)
    }

    @Test func createEventRefusesWhatTheSpecificationRefuses() {
      let event = Out<UnsafeMutableRawPointer?>(nil)
      let notify = Callback { _ in 0 }
      let signal = EventType.notifySignal
      #expect(efi(boot.CreateEvent, signal, TPL.callback, notify, 0, nil) == .invalidParameter)
      #expect(efi(boot.CreateEvent, signal, TPL.callback, nil, 0, event) == .invalidParameter)
      #expect(efi(boot.CreateEvent, signal, TPL.application, notify, 0, event) == .invalidParameter)
      #expect(efi(boot.CreateEvent, signal, TPL.highLevel, notify, 0, event) == .invalidParameter)
      #expect(efi(boot.CreateEvent, signal | EventType.notifyWait, TPL.callback, notify, 0, event) == .invalidParameter)
      #expect(efi(boot.CreateEvent, 1, TPL.callback, notify, 0, event) == .invalidParameter)
      #expect(efi(boot.CreateEvent, 0xffff_ffff as UInt32, TPL.callback, notify, 0, event) == .invalidParameter)
      let group = GUID.eventExitBootServices.buffer
      #expect(
        efi(boot.CreateEventEx, EventType.signalExitBootServices, TPL.callback, notify, 0, group, event)
          == .invalidParameter)
      #expect(
        efi(boot.CreateEventEx, EventType.notifyWait, TPL.callback, notify, 0, group, event) == .invalidParameter)
    }

    @Test func wrongLevelsAreReportedAndChangeNothing() {
      let old = raise(TPL.notify)
      #expect(raise(TPL.callback) == TPL.notify)
      restore(TPL.highLevel)
      #expect(machine.firmware.events.currentTPL == TPL.notify)
      restore(old)
      #expect(machine.platform.text.contains("RaiseTPL") && machine.platform.text.contains("RestoreTPL"))
    }

    @Test func stallTakesItsTimeAndRunsTimers() {
      machine.platform.ticksPerLook = 3
      let notify = Callback { _ in 0 }
      let timer = event(EventType.timer | EventType.notifySignal, TPL.callback, notify)
      #expect(efi(boot.SetTimer, timer, 1, 100) == .success)
      let start = machine.platform.ticks
      #expect(efi(boot.Stall, 100) == .success)
      let passed = machine.platform.ticks - start
      #expect(passed >= 1000 && passed < 1100)
      #expect(notify.calls >= 9 && notify.calls <= 11)
    }

    @Test func theWatchdogResets() async throws {
      #expect(efi(boot.SetWatchdogTimer, 5, 0x1_0000, 0, nil) == .success)
      #expect(efi(boot.SetWatchdogTimer, 0, 0, 0, nil) == .success)
      machine.platform.ticks += 60_000_000
      restore(raise(TPL.callback))
      await #expect(processExitsWith: .exitCode(40)) {
        let machine = try HostMachine()
        // A tick too early is a fatal error, and another exit code.
        _ = efi(machine.boot.SetWatchdogTimer, 5, 0x1_0000, 0, nil)
        machine.platform.ticks += 49_999_999
        _ = efiCall(machine.boot.RestoreTPL, [efiCall(machine.boot.RaiseTPL, [TPL.callback])])
        machine.platform.expectsReset = true
        machine.platform.ticks += 1
        _ = efiCall(machine.boot.RestoreTPL, [efiCall(machine.boot.RaiseTPL, [TPL.callback])])
      }
    }

    @Test func resetSystemResets() async {
      await #expect(processExitsWith: .exitCode(42)) {
        let machine = try HostMachine()
        machine.platform.expectsReset = true
        _ = efiCall(machine.runtime.ResetSystem, [2, 0, 0, nil])
      }
    }
  }
}
