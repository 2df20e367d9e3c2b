// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import CPayload

/// What each boot service answers to a call as payloads make it: nothing wrong with it, nothing special about it.
///
/// The calls build on one another; the last one leaves boot services.
final class BootServiceProbes {
  private(set) var answers: [String: Status] = [:]
  private let machine: HostMachine
  private let caller: Image
  private var boot: EFI_BOOT_SERVICES { machine.boot }
  private typealias HandleOut = Out<UnsafeMutableRawPointer?>

  init(_ machine: HostMachine) throws {
    self.machine = machine
    caller = try machine.makeCaller()
    machine.platform.ticksPerLook = 1
    priorities()
    memory()
    events()
    protocols()
    driver()
    images()
    miscellaneous()
    leave()
  }

  /// For services that return nothing, or something else than a status.
  private func note(_ name: String, _ works: Bool) { answers[name] = works ? .success : .aborted }

  private func priorities() {
    note("RaiseTPL", efiCall(boot.RaiseTPL, [TPL.notify]) == TPL.application)
    _ = efiCall(boot.RestoreTPL, [TPL.application])
    note("RestoreTPL", efiCall(boot.RaiseTPL, [TPL.application]) == TPL.application)
  }

  private func memory() {
    let address = Out<UInt64>(0)
    answers["AllocatePages"] = efi(boot.AllocatePages, 0, MemoryType.loaderData, 2, address)
    answers["FreePages"] = efi(boot.FreePages, address.value, 2)
    let pool = HandleOut(nil)
    answers["AllocatePool"] = efi(boot.AllocatePool, MemoryType.loaderData, 100, pool)
    answers["FreePool"] = efi(boot.FreePool, pool.value)
    answers["GetMemoryMap"] = efi(
      boot.GetMemoryMap, Out<UInt64>(1 << 16), Buffer(count: 1 << 16), Out<UInt64>(0), Out<UInt64>(0), Out<UInt32>(0))
  }

  private func events() {
    let (event, other) = (HandleOut(nil), HandleOut(nil))
    answers["CreateEvent"] = efi(boot.CreateEvent, EventType.timer, TPL.callback, nil, nil, event)
    answers["CreateEventEx"] = efi(
      boot.CreateEventEx, EventType.notifySignal, TPL.callback, Callback { _ in 0 }, nil,
      GUID.eventReadyToBoot.buffer, other)
    answers["SetTimer"] = efi(boot.SetTimer, event.value, 2, 1)
    machine.platform.ticks += 100
    answers["WaitForEvent"] = efi(boot.WaitForEvent, 1, event, Out<UInt64>(7))
    answers["SignalEvent"] = efi(boot.SignalEvent, event.value)
    answers["CheckEvent"] = efi(boot.CheckEvent, event.value)
    answers["CloseEvent"] = efi(boot.CloseEvent, event.value)
    _ = efi(boot.CloseEvent, other.value)
  }

  private func protocols() {
    let (guid, other) = (GUID(low: 0xaaaa, high: 1).buffer, GUID(low: 0xbbbb, high: 1).buffer)
    let (handle, event) = (HandleOut(nil), HandleOut(nil))
    let (interface, replacement) = (Buffer(count: 8), Buffer(count: 8))
    let notify = Callback { _ in 0 }
    _ = efi(boot.CreateEvent, EventType.notifySignal, TPL.callback, notify, nil, event)
    answers["RegisterProtocolNotify"] = efi(boot.RegisterProtocolNotify, guid, event.value, HandleOut(nil))
    answers["InstallProtocolInterface"] = efi(boot.InstallProtocolInterface, handle, guid, 0, interface)
    answers["ReinstallProtocolInterface"] = efi(
      boot.ReinstallProtocolInterface, handle.value, guid, interface, replacement)
    answers["HandleProtocol"] = efi(boot.HandleProtocol, handle.value, guid, HandleOut(nil))
    answers["OpenProtocol"] = efi(
      boot.OpenProtocol, handle.value, guid, HandleOut(nil), caller, nil, OpenAttributes.getProtocol)
    answers["OpenProtocolInformation"] = efi(
      boot.OpenProtocolInformation, handle.value, guid, HandleOut(nil), Out<UInt64>(0))
    answers["CloseProtocol"] = efi(boot.CloseProtocol, handle.value, guid, caller, nil)
    answers["LocateHandle"] = efi(boot.LocateHandle, 2, guid, nil, Out<UInt64>(8), HandleOut(nil))
    answers["LocateHandleBuffer"] = efi(boot.LocateHandleBuffer, 2, guid, nil, Out<UInt64>(0), HandleOut(nil))
    answers["LocateProtocol"] = efi(boot.LocateProtocol, guid, nil, HandleOut(nil))
    answers["ProtocolsPerHandle"] = efi(boot.ProtocolsPerHandle, handle.value, HandleOut(nil), Out<UInt64>(0))
    answers["InstallMultipleProtocolInterfaces"] = efi(
      boot.InstallMultipleProtocolInterfaces, handle, other, interface, nil)
    answers["UninstallMultipleProtocolInterfaces"] = efi(
      boot.UninstallMultipleProtocolInterfaces, handle.value, other, interface, nil)
    answers["UninstallProtocolInterface"] = efi(
      boot.UninstallProtocolInterface, handle.value, guid, replacement)
    var path = DevicePathBuilder()
    path.appendVendor(type: DevicePathType.hardware, .virgilVendor)
    path.appendEnd()
    let bytes = Buffer(path.bytes)
    answers["LocateDevicePath"] = efi(
      boot.LocateDevicePath, GUID.devicePath.buffer, Out(bytes.word), HandleOut(nil))
    _ = efi(boot.CloseEvent, event.value)
  }

  /// A driver that takes a controller.
  private func driver() {
    let guid = GUID(low: 0xcccc, high: 1).buffer
    let (controller, handle) = (HandleOut(nil), HandleOut(nil))
    let binding = Out(EFI_DRIVER_BINDING_PROTOCOL())
    let supported = Callback { arguments in arguments[1] == controller.value!.word ? 0 : Status.unsupported.rawValue }
    let start = Callback { [machine] arguments in
      efi(
        machine.boot.OpenProtocol, arguments[1], guid, HandleOut(nil), handle.value, arguments[1],
        OpenAttributes.byDriver
      ).rawValue
    }
    let stop = Callback { [machine] arguments in
      efi(machine.boot.CloseProtocol, arguments[1], guid, handle.value, arguments[1]).rawValue
    }
    _ = efi(boot.InstallProtocolInterface, controller, guid, 0, Buffer(count: 8))
    _ = efi(boot.InstallProtocolInterface, handle, GUID.driverBinding.buffer, 0, binding)
    binding.value.Supported = supported.asSlot
    binding.value.Start = start.asSlot
    binding.value.Stop = stop.asSlot
    binding.value.ImageHandle = handle.value
    binding.value.DriverBindingHandle = handle.value
    answers["ConnectController"] = efi(boot.ConnectController, controller.value, nil, nil, 0)
    answers["DisconnectController"] = efi(boot.DisconnectController, controller.value, nil, nil)
    if start.calls != 1 || stop.calls != 1 { note("ConnectController", false) }
    _ = efi(boot.UninstallProtocolInterface, handle.value, GUID.driverBinding.buffer, binding)
  }

  private func load(_ image: TestImage, _ handle: HandleOut) -> Status {
    let file = image.file
    return efi(boot.LoadImage, 0, caller, nil, Buffer(file), file.count, handle)
  }

  private func images() {
    let handle = HandleOut(nil)
    answers["LoadImage"] = load(.ordinary(), handle)
    answers["UnloadImage"] = efi(boot.UnloadImage, handle.value)
    _ = load(.returning(0), handle)
    answers["StartImage"] = efi(boot.StartImage, handle.value, nil, nil)
    _ = load(.exiting(0x42), handle)
    note("Exit", efi(boot.StartImage, handle.value, nil, nil).rawValue == 0x42)
  }

  private func miscellaneous() {
    answers["SetWatchdogTimer"] = efi(boot.SetWatchdogTimer, 300, 0x1_0000, 0, nil)
    answers["Stall"] = efi(boot.Stall, 1)
    answers["GetNextMonotonicCount"] = efi(boot.GetNextMonotonicCount, Out<UInt64>(0))
    answers["InstallConfigurationTable"] = efi(
      boot.InstallConfigurationTable, GUID(low: 0xdddd, high: 1).buffer, Buffer(count: 8))
    let bytes = Buffer([1, 2, 3, 4])
    answers["CalculateCrc32"] = efi(boot.CalculateCrc32, bytes, 4, Out<UInt32>(0))
    _ = efiCall(boot.CopyMem, [bytes, UInt64(bytes.word + 2), 2])
    note("CopyMem", bytes.content == [3, 4, 3, 4])
    _ = efiCall(boot.SetMem, [bytes, 3, 9])
    note("SetMem", bytes.content == [9, 9, 9, 4])
  }

  private func leave() {
    let key = Out<UInt64>(0)
    _ = efi(boot.GetMemoryMap, Out<UInt64>(1 << 16), Buffer(count: 1 << 16), key, nil, nil)
    answers["ExitBootServices"] = efi(boot.ExitBootServices, caller, key.value)
  }
}
