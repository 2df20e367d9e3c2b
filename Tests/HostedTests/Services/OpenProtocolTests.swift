// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Testing

extension FirmwareTests {
  /// UEFI 2.10, 7.3.9 to 7.3.13: agents, controllers and drivers.
  @Suite struct Drivers {
    let machine: HostMachine
    var boot: EFI_BOOT_SERVICES { machine.boot }
    let guid = GUID(low: 0xaaaa, high: 1).buffer
    let mark = GUID(low: 0xeeee, high: 1).buffer
    let controller: UInt64
    let agents: [UInt64]

    init() throws {
      let machine = try HostMachine()
      self.machine = machine
      func handle(_ guid: GUID) -> UInt64 {
        UInt64(machine.firmware.handles.install(guid, 0x1000, on: nil, events: machine.firmware.events).value)
      }
      controller = handle(GUID(low: 0xaaaa, high: 1))
      agents = (0..<3).map { _ in handle(GUID(low: 0xdddd, high: 1)) }
    }

    private func open(_ attributes: UInt32, _ agent: UInt64, _ child: UInt64 = 0) -> Status {
      efi(boot.OpenProtocol, controller, guid, Out<UInt64>(0), agent, child, attributes)
    }
    private struct Entry: Equatable {
      let agent: UInt64
      let attributes: UInt32
      let count: UInt32
    }
    private func information() -> [Entry] {
      let entries = Out<UnsafeMutableRawPointer?>(nil)
      let count = Out<UInt64>(0)
      guard efi(boot.OpenProtocolInformation, controller, guid, entries, count) == .success else { return [] }
      let list = entries.value!.assumingMemoryBound(to: EFI_OPEN_PROTOCOL_INFORMATION_ENTRY.self)
      defer { #expect(efi(boot.FreePool, entries.value) == .success) }
      return (0..<Int(count.value)).map {
        Entry(agent: list[$0].AgentHandle.word, attributes: list[$0].Attributes, count: list[$0].OpenCount)
      }
    }

    @Test func opensAreCountedByAgentAndAttributes() {
      #expect(information().isEmpty)
      #expect(open(OpenAttributes.getProtocol, agents[0]) == .success)
      #expect(open(OpenAttributes.getProtocol, agents[0]) == .success)
      #expect(open(OpenAttributes.getProtocol, agents[1]) == .success)
      #expect(open(OpenAttributes.testProtocol, agents[1]) == .success)
      #expect(
        information() == [
          Entry(agent: agents[0], attributes: 2, count: 2), Entry(agent: agents[1], attributes: 2, count: 1),
        ])
      #expect(efi(boot.CloseProtocol, controller, guid, agents[0], nil) == .success)
      #expect(information() == [Entry(agent: agents[1], attributes: 2, count: 1)])
      #expect(efi(boot.CloseProtocol, controller, guid, agents[0], nil) == .notFound)
      #expect(efi(boot.CloseProtocol, controller, mark, agents[0], nil) == .notFound)
      #expect(efi(boot.CloseProtocol, controller, guid, 5, nil) == .invalidParameter)
      #expect(efi(boot.CloseProtocol, controller, guid, agents[0], 5) == .invalidParameter)
      #expect(efi(boot.CloseProtocol, 5, guid, agents[0], nil) == .invalidParameter)
      #expect(efi(boot.OpenProtocolInformation, controller, mark, Out<UInt64>(0), Out<UInt64>(0)) == .notFound)
    }

    @Test func testProtocolNeedsNoInterface() {
      #expect(efi(boot.OpenProtocol, controller, guid, nil, agents[0], nil, OpenAttributes.testProtocol) == .success)
      #expect(
        efi(boot.OpenProtocol, controller, mark, nil, agents[0], nil, OpenAttributes.testProtocol) == .unsupported)
      #expect(
        efi(boot.OpenProtocol, controller, guid, nil, agents[0], nil, OpenAttributes.getProtocol) == .invalidParameter)
      #expect(information().isEmpty)
      let out = Out<UInt64>(1)
      #expect(efi(boot.OpenProtocol, controller, mark, out, agents[0], nil, OpenAttributes.getProtocol) == .unsupported)
      #expect(out.value == 0)
      // 7.3.9: other errors leave it alone.
      out.value = 1
      #expect(efi(boot.OpenProtocol, controller, guid, out, agents[0], nil, 3 as UInt32) == .invalidParameter)
      #expect(efi(boot.OpenProtocol, controller, guid, out, agents[0], controller, OpenAttributes.byDriver) == .success)
      out.value = 1
      #expect(
        efi(boot.OpenProtocol, controller, guid, out, agents[1], controller, OpenAttributes.byDriver) == .accessDenied)
      #expect(out.value == 1)
    }

    @Test(arguments: [0, 3, 6, 0x12, 0x28, 0x38, 0x40, 0x80, 0xffff_ffff] as [UInt32])
    func attributesThatMeanNothing(_ attributes: UInt32) {
      #expect(open(attributes, agents[0], controller) == .invalidParameter)
    }

    @Test func driversAndExclusiveOpenersKeepEachOtherOut() {
      let byDriver = OpenAttributes.byDriver
      let exclusive = OpenAttributes.exclusive
      // Both need an agent that exists, a driver a controller, and a child another one than its parent.
      #expect(open(byDriver, 5, controller) == .invalidParameter && open(exclusive, 5) == .invalidParameter)
      #expect(open(byDriver, agents[0], 5) == .invalidParameter && open(byDriver, agents[0]) == .invalidParameter)
      #expect(open(OpenAttributes.byChildController, agents[0], controller) == .invalidParameter)
      #expect(open(OpenAttributes.byChildController, agents[0], agents[1]) == .success)
      #expect(efi(boot.CloseProtocol, controller, guid, agents[0], agents[1]) == .success)

      #expect(open(byDriver, agents[0], controller) == .success)
      #expect(open(byDriver, agents[0], controller) == .alreadyStarted)
      #expect(open(byDriver, agents[1], controller) == .accessDenied)
      // The driver has no binding, so nobody can ask it to leave.
      #expect(open(exclusive, agents[1]) == .accessDenied)
      #expect(open(OpenAttributes.getProtocol, agents[1]) == .success)
      #expect(efi(boot.UninstallProtocolInterface, controller, guid, 0x1000) == .accessDenied)
      #expect(efi(boot.CloseProtocol, controller, guid, agents[0], controller) == .success)

      #expect(open(exclusive, agents[1]) == .success)
      #expect(open(exclusive, agents[2]) == .accessDenied)
      #expect(open(byDriver, agents[0], controller) == .accessDenied)
      #expect(open(byDriver | exclusive, agents[0], controller) == .accessDenied)
      #expect(open(OpenAttributes.byHandleProtocol, agents[0]) == .success)
      #expect(efi(boot.UninstallProtocolInterface, controller, guid, 0x1000) == .accessDenied)
      #expect(efi(boot.CloseProtocol, controller, guid, agents[1], nil) == .success)
      #expect(efi(boot.UninstallProtocolInterface, controller, guid, 0x1000) == .success)
    }

    /// A driver that manages `controller` and gives it one child.
    private final class Driver {
      let handle: UInt64
      let binding: UnsafeMutablePointer<EFI_DRIVER_BINDING_PROTOCOL>
      var supports = true
      var stops = true
      private(set) var calls: [String] = []
      private var callbacks: [Callback] = []
      var child: UInt64 = 0

      init(_ suite: Drivers, name: String, version: UInt32, makesChild: Bool = false) {
        let machine = suite.machine
        binding = .allocate(capacity: 1)
        binding.initialize(to: EFI_DRIVER_BINDING_PROTOCOL())
        handle = UInt64(
          machine.firmware.handles.install(
            .driverBinding, UInt(bitPattern: binding), on: nil, events: machine.firmware.events
          ).value)
        let handle = handle
        let guid = suite.guid
        let mark = suite.mark
        func open(_ controller: UInt64, _ child: UInt64, _ attributes: UInt32) -> Status {
          efi(machine.boot.OpenProtocol, controller, guid, Out<UInt64>(0), handle, child, attributes)
        }
        let supported = Callback { [unowned self] arguments in
          calls.append("\(name) supported")
          guard supports, open(arguments[1], arguments[1], OpenAttributes.byDriver) == .success else {
            return Status.unsupported.rawValue
          }
          return efi(machine.boot.CloseProtocol, arguments[1], guid, handle, arguments[1]).rawValue
        }
        let start = Callback { [unowned self] arguments in
          calls.append("\(name) start")
          let status = open(arguments[1], arguments[1], OpenAttributes.byDriver)
          if status == .success, makesChild {
            let out = Out<UInt64>(0)
            #expect(efi(machine.boot.InstallProtocolInterface, out, mark, 0, 0x77) == .success)
            child = out.value
            #expect(open(arguments[1], child, OpenAttributes.byChildController) == .success)
          }
          return status.rawValue
        }
        let stop = Callback { [unowned self] arguments in
          calls.append("\(name) stop \(arguments[2])")
          guard stops else { return Status.deviceError.rawValue }
          if arguments[2] > 0 {
            #expect(UnsafePointer<UInt64>(bitPattern: UInt(arguments[3]))![0] == child)
            #expect(efi(machine.boot.CloseProtocol, arguments[1], guid, handle, child) == .success)
            #expect(efi(machine.boot.UninstallProtocolInterface, child, mark, 0x77) == .success)
            child = 0
            return 0
          }
          return efi(machine.boot.CloseProtocol, arguments[1], guid, handle, arguments[1]).rawValue
        }
        callbacks = [supported, start, stop]
        binding.pointee.Supported = supported.asSlot
        binding.pointee.Start = start.asSlot
        binding.pointee.Stop = stop.asSlot
        binding.pointee.Version = version
      }
      deinit { binding.deallocate() }
      func takeCalls() -> [String] {
        defer { calls = [] }
        return calls
      }
    }

    @Test func connectStartsTheHighestVersion() {
      #expect(efi(boot.ConnectController, controller, nil, nil, 1) == .notFound)
      let old = Driver(self, name: "old", version: 1)
      let new = Driver(self, name: "new", version: 2)
      #expect(efi(boot.ConnectController, controller, nil, nil, 1) == .success)
      #expect(new.takeCalls() == ["new supported", "new start"])
      #expect(old.takeCalls().allSatisfy { $0 == "old supported" })
      #expect(information() == [Entry(agent: new.handle, attributes: 0x10, count: 1)])
      // The caller's own choice comes first.
      #expect(efi(boot.DisconnectController, controller, nil, nil) == .success)
      #expect(new.takeCalls() == ["new stop 0"] && information().isEmpty)
      var list: [UInt8] = []
      for value in [old.handle, 0] { list.appendLittleEndian(value) }
      #expect(efi(boot.ConnectController, controller, Buffer(list), nil, 0) == .success)
      #expect(old.takeCalls() == ["old supported", "old start"])
      #expect(efi(boot.ConnectController, 5, nil, nil, 0) == .invalidParameter)
    }

    @Test func disconnectStopsChildrenFirst() {
      let bus = Driver(self, name: "bus", version: 1, makesChild: true)
      #expect(efi(boot.DisconnectController, controller, nil, nil) == .success)  // 7.3.13: nothing to do
      #expect(efi(boot.ConnectController, controller, nil, nil, 0) == .success)
      #expect(bus.child != 0 && information().count == 2)
      _ = bus.takeCalls()
      #expect(efi(boot.DisconnectController, controller, bus.handle, nil) == .success)
      #expect(bus.takeCalls() == ["bus stop 1", "bus stop 0"] && information().isEmpty && bus.child == 0)
      #expect(efi(boot.DisconnectController, controller, agents[0], nil) == .invalidParameter)
      #expect(efi(boot.DisconnectController, 5, nil, nil) == .invalidParameter)
      #expect(efi(boot.DisconnectController, controller, 5, nil) == .invalidParameter)
      #expect(efi(boot.DisconnectController, controller, nil, 5) == .invalidParameter)
    }

    /// Connects, and gives the first driver that was asked; it is disconnected again, and refuses from now on.
    private func firstAsked(_ drivers: [Driver], list: [UInt64] = []) -> Int? {
      var bytes: [UInt8] = []
      for value in list + [0] { bytes.appendLittleEndian(value) }
      #expect(efi(boot.ConnectController, controller, Buffer(bytes), nil, 0) == .success)
      let started = drivers.firstIndex { $0.takeCalls().contains { $0.hasSuffix("start") } }
      #expect(efi(boot.DisconnectController, controller, nil, nil) == .success)
      if let started { drivers[started].supports = false }
      return started
    }

    @Test func overridesComeInTheOrderOfTheSpecification() {
      // 7.3.12: the caller's list, platform, family, bus, version.
      let drivers = (0..<5).map { Driver(self, name: "\($0)", version: [1, 1, 1, 1, 9][$0]) }
      for driver in drivers {
        driver.binding.pointee.ImageHandle = UnsafeMutableRawPointer(bitPattern: UInt(driver.handle))
      }
      func give(_ driver: Int) -> ([UInt64], Int) -> UInt64 {
        { arguments, index in
          let place = UnsafeMutablePointer<UInt64>(bitPattern: UInt(arguments[index]))!
          guard place.pointee == 0 else { return Status.notFound.rawValue }
          place.pointee = drivers[driver].handle
          return 0
        }
      }
      let platform = Callback { arguments in
        #expect(arguments[1] == controller)
        return give(1)((0..<6).map { arguments[$0] }, 2)
      }
      let family = Callback { _ in 3 }
      let bus = Callback { arguments in give(3)((0..<6).map { arguments[$0] }, 1) }
      func offer(_ guid: GUID, _ callback: Callback, on handle: UInt64?) -> UnsafeMutablePointer<
        EFI_DRIVER_OVERRIDE_PROTOCOL
      > {
        let interface = UnsafeMutablePointer<EFI_DRIVER_OVERRIDE_PROTOCOL>.allocate(capacity: 1)
        interface.initialize(to: EFI_DRIVER_OVERRIDE_PROTOCOL(Get: callback.asSlot))
        machine.firmware.handles.install(
          guid, UInt(bitPattern: interface), on: handle.flatMap { Handle(bitPattern: UInt($0)) }, events: nil)
        return interface
      }
      let interfaces = [
        offer(.platformDriverOverride, platform, on: nil), offer(.driverFamilyOverride, family, on: drivers[2].handle),
        offer(.busSpecificDriverOverride, bus, on: controller),
      ]
      defer { for interface in interfaces { interface.deallocate() } }
      for index in 0..<5 { #expect(firstAsked(drivers, list: [drivers[0].handle]) == index) }
      // 7.3.12: nobody is left; an End node asks for nobody.
      #expect(efi(boot.ConnectController, controller, nil, nil, 0) == .notFound)
      #expect(efi(boot.ConnectController, controller, nil, Buffer([0x7f, 0xff, 4, 0]), 0) == .success)
    }

    @Test func anExclusiveOpenerAndUninstallDriveDriversOut() {
      let driver = Driver(self, name: "driver", version: 1)
      #expect(efi(boot.ConnectController, controller, nil, nil, 0) == .success)
      driver.supports = false
      #expect(open(OpenAttributes.exclusive, agents[0]) == .success)
      #expect(driver.takeCalls().contains("driver stop 0"))
      #expect(information() == [Entry(agent: agents[0], attributes: 0x20, count: 1)])
      #expect(efi(boot.CloseProtocol, controller, guid, agents[0], nil) == .success)

      driver.supports = true
      #expect(efi(boot.ConnectController, controller, nil, nil, 0) == .success)
      driver.stops = false
      #expect(open(OpenAttributes.exclusive, agents[0]) == .accessDenied)
      #expect(efi(boot.UninstallProtocolInterface, controller, guid, 0x1000) == .accessDenied)
      driver.stops = true
      #expect(efi(boot.UninstallProtocolInterface, controller, guid, 0x1000) == .success)
      #expect(efi(boot.HandleProtocol, controller, guid, Out<UInt64>(0)) == .invalidParameter)
    }
  }
}
