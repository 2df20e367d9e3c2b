// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Testing

extension FirmwareTests {
  /// UEFI 2.10, 7.4.6.
  @Suite struct ExitBootServices {
    let machine: HostMachine
    var boot: EFI_BOOT_SERVICES { machine.boot }
    init() throws { machine = try HostMachine() }

    private func mapKey() -> UInt64 {
      let key = Out<UInt64>(0)
      #expect(efi(boot.GetMemoryMap, Out<UInt64>(1 << 16), Buffer(count: 1 << 16), key, nil, nil) == .success)
      return key.value
    }

    @Test func takesTheCurrentKeyOnly() throws {
      let caller = try machine.makeCaller()
      var order: [UInt64] = []
      var grows = true
      let before = Callback { arguments in
        order.append(arguments[1])
        // What a notification allocates makes the caller's key stale.
        if grows { #expect(efi(machine.boot.AllocatePages, 0, MemoryType.loaderData, 1, Out<UInt64>(0)) == .success) }
        return 0
      }
      let exiting = Callback { arguments in
        order.append(arguments[1])
        return 0
      }
      let timed = Callback { _ in 0 }
      let event = Out<UnsafeMutableRawPointer?>(nil)
      let signal = EventType.notifySignal
      let groups = [(GUID.eventBeforeExitBootServices, before, 1), (.eventExitBootServices, exiting, 2)]
      for (guid, callback, context) in groups {
        #expect(efi(boot.CreateEventEx, signal, TPL.notify, callback, context, guid.buffer, event) == .success)
      }
      #expect(efi(boot.CreateEvent, EventType.signalExitBootServices, TPL.callback, exiting, 3, event) == .success)
      #expect(efi(boot.CreateEvent, EventType.timer | signal, TPL.callback, timed, 0, event) == .success)
      #expect(efi(boot.SetTimer, event.value, 1, 1) == .success)
      let count = machine.table.pointee.NumberOfTableEntries

      #expect(efi(boot.ExitBootServices, caller, mapKey()) == .invalidParameter)
      #expect(order == [1] && !machine.platform.isQuiet)
      // No timer fires any more: timers end with BeforeExitBootServices, whether the key was right or not.
      let calls = timed.calls
      machine.platform.ticks += 1000
      machine.firmware.events.runDue()
      #expect(timed.calls == calls)
      grows = false
      let stale = mapKey()
      #expect(efi(boot.AllocatePages, 0, MemoryType.loaderData, 1, Out<UInt64>(0)) == .success)
      #expect(efi(boot.ExitBootServices, caller, stale) == .invalidParameter)
      // Nothing is over yet: the tables are there, and BeforeExitBootServices is told once.
      #expect(machine.table.pointee.BootServices != nil && machine.table.pointee.ConOut != nil)
      #expect(order == [1] && !machine.platform.isQuiet)

      #expect(efi(boot.ExitBootServices, nil, mapKey()) == .invalidParameter)
      let key = mapKey()
      #expect(efi(boot.ExitBootServices, caller, key) == .success)
      #expect(order == [1, 2, 3] && machine.platform.isQuiet)
      #expect(machine.firmware.memory.key == key)
      let table = machine.table.pointee
      #expect(table.BootServices == nil && table.ConIn == nil && table.ConOut == nil && table.StdErr == nil)
      #expect(table.ConsoleInHandle == nil && table.ConsoleOutHandle == nil && table.StandardErrorHandle == nil)
      #expect(table.RuntimeServices != nil && table.NumberOfTableEntries == count)
      var bytes = Array(UnsafeRawBufferPointer(start: machine.table, count: 120))
      for index in 16..<20 { bytes[index] = 0 }
      #expect(bytes.withUnsafeBytes { CRC32.checksum($0) } == table.Hdr.CRC32)
    }
  }
}
