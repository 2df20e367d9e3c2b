// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Testing

extension FirmwareTests {
  /// What is left to the runtime image at ExitBootServices.
  @Suite struct RuntimeStates {
    let machine: HostMachine
    init() throws { machine = try HostMachine() }

    private var entries: [virgil_runtime_entry] {
      let parameters = machine.firmware.runtime.parameters
      let first = UnsafeRawPointer(parameters) + MemoryLayout<virgil_runtime_parameters>.size
      return (0..<Int(parameters.pointee.entry_count)).map {
        first.load(fromByteOffset: $0 * MemoryLayout<virgil_runtime_entry>.stride, as: virgil_runtime_entry.self)
      }
    }

    private func exit() {
      #expect(throws: Never.self) { try machine.firmware.exitBootServices(key: machine.firmware.memory.key) }
    }

    @Test func notificationsOfTheAddressChangeAreLeftHighestLevelFirst() throws {
      let code = Out<UInt64>(0)
      #expect(efi(machine.boot.AllocatePages, 0, 5, 1, code) == .success)
      let group = GUID.eventVirtualAddressChange.buffer
      var events: [UInt64] = []
      for (index, level) in [8, 16, 8].enumerated() {
        let event = Out<UInt64>(0)
        let function = code.value + UInt64(index) * 16
        let context = UInt64(0x100 + index)
        let status =
          index == 2
          ? efi(machine.boot.CreateEventEx, EventType.notifySignal, level, function, context, group, event)
          : efi(machine.boot.CreateEvent, EventType.signalVirtualAddressChange, level, function, context, event)
        #expect(status == .success)
        events.append(event.value)
      }
      // Closed again; of another kind; of a function that is gone with the boot services.
      let others = Out<UInt64>(0)
      let change = EventType.signalVirtualAddressChange
      #expect(efi(machine.boot.CreateEvent, change, 16, code.value + 64, nil, others) == .success)
      #expect(efi(machine.boot.CloseEvent, others.value) == .success)
      #expect(efi(machine.boot.CreateEvent, EventType.notifySignal, 16, code.value, nil, others) == .success)
      #expect(efi(machine.boot.CreateEvent, change, 16, machine.platform.base + 0x10, nil, others) == .success)
      exit()
      let notify = UInt64(VIRGIL_RUNTIME_NOTIFY.rawValue)
      #expect(entries.map(\.kind) == [notify, notify, notify])
      #expect(entries.first?.first == code.value + 16 && entries.first?.second == 0x101)
      #expect(Set(entries.map(\.third)) == Set(events) && entries.first?.third == events[1])
      let parameters = machine.firmware.runtime.parameters.pointee
      #expect(parameters.system_table == UInt64(UInt(bitPattern: machine.table)) && parameters.variables != 0)
    }

    @Test func thereIsRoomForSoManyAndNoMore() {
      let code = Out<UInt64>(0)
      #expect(efi(machine.boot.AllocatePages, 0, 5, 1, code) == .success)
      let event = Out<UInt64>(0)
      func create() -> Status {
        efi(machine.boot.CreateEvent, EventType.signalVirtualAddressChange, 16, code.value, nil, event)
      }
      for _ in 0..<RuntimeState.entryLimit { #expect(create() == .success) }
      #expect(create() == .outOfResources)
      #expect(efi(machine.boot.CloseEvent, event.value) == .success && create() == .success)
      exit()
      #expect(entries.count == RuntimeState.entryLimit)
    }

    @Test func theClockIsReadInUTC() {
      #expect(efi(machine.runtime.GetTime, Buffer(count: 16), nil) == .unsupported)
      machine.platform.seconds = 1_709_210_096  // 2024-02-29 12:34:56
      let (time, capabilities) = (Buffer(count: 16), Buffer(count: 16))
      #expect(efi(machine.runtime.GetTime, time, capabilities) == .success)
      #expect(time.content == [0xe8, 0x07, 2, 29, 12, 34, 56, 0, 0, 0, 0, 0, 0, 0, 0, 0])
      #expect(
        capabilities.content == [1, 0, 0, 0, 0x80, 0xf0, 0xfa, 0x02, 0, 0xa5, 0xa5, 0xa5, 0xa5, 0xa5, 0xa5, 0xa5])
      #expect(efi(machine.runtime.SetTime, time) == .unsupported)
    }
  }
}
