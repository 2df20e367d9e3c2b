// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Testing

extension FirmwareTests {
  /// UEFI 2.10, 7.3, through the table: installing and finding.
  @Suite struct ProtocolServices {
    let machine: HostMachine
    var boot: EFI_BOOT_SERVICES { machine.boot }
    let first = GUID(low: 0xaaaa, high: 1).buffer
    let second = GUID(low: 0xbbbb, high: 2).buffer
    let third = GUID(low: 0xcccc, high: 3).buffer
    init() throws { machine = try HostMachine() }

    typealias HandleOut = Out<UnsafeMutableRawPointer?>

    private func install(_ guid: Buffer, _ interface: Int, on handle: UnsafeMutableRawPointer? = nil) -> HandleOut {
      let out = HandleOut(handle)
      #expect(efi(boot.InstallProtocolInterface, out, guid, 0, interface) == .success)
      return out
    }
    private func interface(_ handle: HandleOut, _ guid: Buffer) -> (Status, UInt64) {
      let out = HandleOut(UnsafeMutableRawPointer(bitPattern: 1))
      let status = efi(boot.HandleProtocol, handle.value, guid, out)
      return (status, out.value?.word ?? 0)
    }

    private var handleCount: Int {
      var count = 0
      var last: ProtocolInterface?
      while let next = machine.firmware.handles.next(nil, after: last) { (count, last) = (count + 1, next) }
      return count
    }

    @Test func installFindUninstall() {
      let handle = install(first, 0x1000)
      #expect(interface(handle, first) == (.success, 0x1000))
      #expect(interface(handle, second) == (.unsupported, 0))
      _ = install(second, 0, on: handle.value)  // an interface may be NULL: a mark
      #expect(interface(handle, second) == (.success, 0))
      #expect(efi(boot.InstallProtocolInterface, handle, first, 0, 0x2000) == .invalidParameter)
      #expect(efi(boot.UninstallProtocolInterface, handle.value, first, 0x2000) == .notFound)
      #expect(efi(boot.UninstallProtocolInterface, handle.value, third, 0x2000) == .notFound)
      #expect(efi(boot.UninstallProtocolInterface, handle.value, first, 0x1000) == .success)
      #expect(interface(handle, first).0 == .unsupported)
      #expect(efi(boot.UninstallProtocolInterface, handle.value, second, nil) == .success)
      // With its last interface the handle is gone.
      #expect(interface(handle, second).0 == .invalidParameter)
      #expect(efi(boot.UninstallProtocolInterface, handle.value, second, nil) == .invalidParameter)
    }

    @Test func refusesWhatTheSpecificationRefuses() {
      let out = HandleOut(nil)
      #expect(efi(boot.InstallProtocolInterface, nil, first, 0, 1) == .invalidParameter)
      #expect(efi(boot.InstallProtocolInterface, out, nil, 0, 1) == .invalidParameter)
      #expect(efi(boot.InstallProtocolInterface, out, first, 1, 1) == .invalidParameter)
      for stranger in [1, 0x1000_0001, Int.max, -1] {
        out.value = UnsafeMutableRawPointer(bitPattern: stranger)
        #expect(efi(boot.InstallProtocolInterface, out, first, 0, 1) == .invalidParameter)
        #expect(efi(boot.HandleProtocol, stranger, first, HandleOut(nil)) == .invalidParameter)
      }
      let handle = install(first, 1)
      #expect(efi(boot.HandleProtocol, handle.value, nil, HandleOut(nil)) == .invalidParameter)
      #expect(efi(boot.HandleProtocol, handle.value, first, nil) == .invalidParameter)
      #expect(efi(boot.LocateProtocol, nil, nil, HandleOut(nil)) == .invalidParameter)
      #expect(efi(boot.LocateProtocol, first, nil, nil) == .invalidParameter)
      #expect(efi(boot.LocateHandle, 3, first, nil, Out<UInt64>(0), nil) == .invalidParameter)
      #expect(efi(boot.LocateHandle, 2, nil, nil, Out<UInt64>(0), nil) == .invalidParameter)
      #expect(efi(boot.LocateHandle, 1, nil, nil, Out<UInt64>(0), nil) == .invalidParameter)
      #expect(efi(boot.LocateHandle, 2, first, nil, nil, nil) == .invalidParameter)
    }

    @Test func locateHandleSizesItsBuffer() {
      let handles = (0..<3).map { install(first, $0 + 1) }
      let size = Out<UInt64>(0)
      #expect(efi(boot.LocateHandle, 2, first, nil, size, nil) == .bufferTooSmall && size.value == 24)
      size.value = 23
      let buffer = Buffer(count: 40)
      #expect(efi(boot.LocateHandle, 2, first, nil, size, buffer) == .bufferTooSmall && size.value == 24)
      #expect(buffer.content.allSatisfy { $0 == 0xa5 })
      size.value = 40
      #expect(efi(boot.LocateHandle, 2, first, nil, size, buffer) == .success && size.value == 24)
      #expect((0..<3).map { buffer.view.littleEndian(8 * $0, as: UInt64.self) } == handles.map { $0.value?.word })
      #expect(buffer.content[24...].allSatisfy { $0 == 0xa5 })
      #expect(efi(boot.LocateHandle, 2, second, nil, size, buffer) == .notFound)
      size.value = 0
      #expect(efi(boot.LocateHandle, 0, nil, nil, size, nil) == .bufferTooSmall)
      #expect(size.value == UInt64(handleCount * 8))
    }

    @Test func locateHandleBufferGivesPoolMemory() throws {
      let handles = (0..<5).map { install(second, $0) }
      let count = Out<UInt64>(7)
      let buffer = HandleOut(nil)
      #expect(efi(boot.LocateHandleBuffer, 2, second, nil, count, buffer) == .success && count.value == 5)
      let list = try #require(buffer.value).assumingMemoryBound(to: UInt64.self)
      #expect((0..<5).map { list[$0] } == handles.map { $0.value!.word })
      #expect(efi(boot.FreePool, buffer.value) == .success)
      #expect(efi(boot.LocateHandleBuffer, 2, third, nil, count, buffer) == .notFound)
      #expect(count.value == 0 && buffer.value == nil)
      #expect(efi(boot.LocateHandleBuffer, 2, second, nil, nil, buffer) == .invalidParameter)
      #expect(efi(boot.LocateHandleBuffer, 2, second, nil, count, nil) == .invalidParameter)
    }

    @Test func protocolsPerHandleListsThemAll() throws {
      let handle = install(first, 1)
      _ = install(second, 2, on: handle.value)
      let guids = HandleOut(nil)
      let count = Out<UInt64>(0)
      #expect(efi(boot.ProtocolsPerHandle, handle.value, guids, count) == .success && count.value == 2)
      let list = try #require(guids.value).assumingMemoryBound(to: UnsafeRawPointer.self)
      #expect([GUID(at: list[0]), GUID(at: list[1])] == [GUID(low: 0xaaaa, high: 1), GUID(low: 0xbbbb, high: 2)])
      #expect(efi(boot.FreePool, guids.value) == .success)
      #expect(efi(boot.ProtocolsPerHandle, nil, guids, count) == .invalidParameter)
    }

    @Test func installMultipleIsAllOrNothing() {
      let out = HandleOut(nil)
      #expect(efi(boot.InstallMultipleProtocolInterfaces, out, first, 1, second, 2, nil) == .success)
      #expect(interface(out, first) == (.success, 1) && interface(out, second) == (.success, 2))
      let count = handleCount

      // A new handle, and the second pair is wrong: no handle is left.
      let fresh = HandleOut(nil)
      #expect(efi(boot.InstallMultipleProtocolInterfaces, fresh, first, 1, first, 2, nil) == .invalidParameter)
      #expect(fresh.value == nil && handleCount == count)
      // A handle that is there: what it had, it has.
      #expect(efi(boot.InstallMultipleProtocolInterfaces, out, third, 3, second, 4, nil) == .invalidParameter)
      #expect(interface(out, third).0 == .unsupported && interface(out, second) == (.success, 2))

      // 7.3.16: one pair that does not match, and all stay.
      #expect(efi(boot.UninstallMultipleProtocolInterfaces, out.value, first, 1, second, 9, nil) == .invalidParameter)
      #expect(interface(out, first) == (.success, 1) && interface(out, second) == (.success, 2))
      #expect(efi(boot.UninstallMultipleProtocolInterfaces, out.value, first, 1, third, 3, nil) == .invalidParameter)
      #expect(interface(out, first) == (.success, 1))
      #expect(efi(boot.UninstallMultipleProtocolInterfaces, out.value, first, 1, second, 2, nil) == .success)
      #expect(handleCount == count - 1)
    }

    @Test func uninstallMultipleWithOnePairTwice() {
      let out = install(first, 1)
      _ = install(second, 2, on: out.value)
      #expect(efi(boot.UninstallMultipleProtocolInterfaces, out.value, first, 1, first, 1, nil) == .invalidParameter)
      #expect(interface(out, first) == (.success, 1) && interface(out, second) == (.success, 2))
    }

    @Test func uninstallMultipleBringsAHandleBack() {
      // 7.3.18: the first pair was the handle's last interface, the second one is not there.
      let out = install(first, 1)
      let count = handleCount
      #expect(efi(boot.UninstallMultipleProtocolInterfaces, out.value, first, 1, second, 2, nil) == .invalidParameter)
      #expect(interface(out, first) == (.success, 1) && handleCount == count)
    }

    private func path(_ guids: GUID...) -> Buffer {
      var builder = DevicePathBuilder()
      for guid in guids { builder.appendVendor(type: DevicePathType.hardware, guid) }
      builder.appendEnd()
      return Buffer(builder.bytes)
    }
    private let devicePath = GUID.devicePath.buffer

    @Test func installMultipleRefusesADevicePathTwice() {
      let one = path(GUID(low: 1, high: 1))
      let same = path(GUID(low: 1, high: 1))
      let other = path(GUID(low: 1, high: 2))
      #expect(efi(boot.InstallMultipleProtocolInterfaces, HandleOut(nil), devicePath, one, nil) == .success)
      #expect(
        efi(boot.InstallMultipleProtocolInterfaces, HandleOut(nil), first, 1, devicePath, same, nil) == .alreadyStarted)
      #expect(efi(boot.LocateProtocol, first, nil, HandleOut(nil)) == .notFound)
      #expect(efi(boot.InstallMultipleProtocolInterfaces, HandleOut(nil), devicePath, other, nil) == .success)
    }

    @Test func locateDevicePathTakesTheLongestFront() {
      let (a, b, c) = (GUID(low: 1, high: 0), GUID(low: 2, high: 0), GUID(low: 3, high: 0))
      let shortPath = path(a)
      let longPath = path(a, b)
      let strangePath = path(c)
      let wanted = path(a, b, c)
      let short = HandleOut(nil)
      let long = HandleOut(nil)
      #expect(efi(boot.InstallMultipleProtocolInterfaces, short, devicePath, shortPath, first, 1, nil) == .success)
      #expect(efi(boot.InstallMultipleProtocolInterfaces, long, devicePath, longPath, first, 2, nil) == .success)
      #expect(
        efi(boot.InstallMultipleProtocolInterfaces, HandleOut(nil), devicePath, strangePath, first, 3, nil) == .success)
      let remaining = Out<UInt64>(wanted.word)
      let device = HandleOut(nil)
      #expect(efi(boot.LocateDevicePath, first, remaining, device) == .success)
      #expect(device.value == long.value && remaining.value == wanted.word + 40)  // two vendor nodes of 20 bytes
      // The whole path matches: what remains is its end.
      remaining.value = longPath.word
      #expect(efi(boot.LocateDevicePath, first, remaining, device) == .success)
      #expect(device.value == long.value && remaining.value == longPath.word + 40)
      remaining.value = wanted.word
      #expect(efi(boot.LocateDevicePath, second, remaining, device) == .notFound)
      #expect(remaining.value == wanted.word)
      #expect(efi(boot.LocateDevicePath, first, remaining, nil) == .invalidParameter)
      #expect(efi(boot.LocateDevicePath, first, nil, device) == .invalidParameter)
      // 7.3.8: of several instances the first one.
      let instances = Buffer(longPath.content.dropLast(4) + [0x7f, 1, 4, 0] + strangePath.content)
      remaining.value = instances.word
      #expect(efi(boot.LocateDevicePath, first, remaining, device) == .success)
      #expect(device.value == long.value && remaining.value == instances.word + 40)
      let malformed = Buffer([1, 4, 3, 0, 0x7f, 0xff, 4, 0])
      remaining.value = malformed.word
      #expect(efi(boot.LocateDevicePath, first, remaining, device) == .invalidParameter)
    }

    @Test func registrationsTellOfEachNewHandleOnce() {
      let notify = Callback { _ in 0 }
      let event = HandleOut(nil)
      let key = HandleOut(nil)
      _ = install(first, 1)
      #expect(efi(boot.CreateEvent, EventType.notifySignal, TPL.callback, notify, 0, event) == .success)
      #expect(efi(boot.RegisterProtocolNotify, first, event.value, key) == .success)
      let size = Out<UInt64>(8)
      let found = HandleOut(nil)
      // Handles that were there before are not news.
      #expect(efi(boot.LocateHandle, 1, nil, key.value, size, found) == .notFound && notify.calls == 0)
      let a = install(first, 2)
      let b = install(first, 3)
      _ = install(second, 4)
      #expect(notify.calls == 2)
      for expected in [a, b] {
        size.value = 8
        #expect(efi(boot.LocateHandle, 1, nil, key.value, size, found) == .success && found.value == expected.value)
      }
      size.value = 8
      #expect(efi(boot.LocateHandle, 1, nil, key.value, size, found) == .notFound)

      // Reinstalled, even twice, it is news once; uninstalled before anybody looked, never.
      #expect(efi(boot.ReinstallProtocolInterface, a.value, first, 2, 5) == .success)
      #expect(efi(boot.ReinstallProtocolInterface, a.value, first, 5, 6) == .success)
      #expect(interface(a, first) == (.success, 6) && notify.calls == 4)
      #expect(efi(boot.LocateProtocol, first, key.value, found) == .success && found.value?.word == 6)
      #expect(efi(boot.LocateProtocol, first, key.value, found) == .notFound && found.value == nil)
      let gone = install(first, 7)
      #expect(efi(boot.UninstallProtocolInterface, gone.value, first, 7) == .success)
      #expect(efi(boot.LocateHandle, 1, nil, key.value, size, found) == .notFound)
      #expect(efi(boot.ReinstallProtocolInterface, a.value, first, 2, 5) == .notFound)

      #expect(efi(boot.CloseEvent, event.value) == .success)
      _ = install(first, 8)
      #expect(notify.calls == 5)
      #expect(efi(boot.LocateHandle, 1, nil, key.value, size, found) == .invalidParameter)
      #expect(efi(boot.RegisterProtocolNotify, first, event.value, key) == .invalidParameter)
    }
  }
}
