// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
//
// ConnectController and DisconnectController (UEFI 2.10, 7.3.12 and 7.3.13). The emulator brings no drivers of its own;
// payloads do. Whatever they are asked, they may change the database: nothing is held on to across a call but handles.

extension Firmware {
  private func address(_ guid: GUID, on handle: Handle) -> UnsafeMutableRawPointer? {
    guard let interface = handles.interface(guid, on: handle) else { return nil }
    return UnsafeMutableRawPointer(bitPattern: interface.address)
  }

  private func binding(_ handle: Handle) -> UnsafeMutablePointer<EFI_DRIVER_BINDING_PROTOCOL>? {
    address(.driverBinding, on: handle)?.assumingMemoryBound(to: EFI_DRIVER_BINDING_PROTOCOL.self)
  }

  /// Appends the drivers that `driver` stands for, as a driver's handle or as its image, and that are not there yet.
  private func add(_ driver: Handle, to list: inout [Handle]) {
    var candidate = handles.next(.driverBinding, after: nil)
    while let interface = candidate {
      let handle = interface.handle
      if let binding = binding(handle), handle == driver || binding.pointee.ImageHandle == driver,
        !list.contains(handle)
      {
        list.append(handle)
      }
      candidate = handles.next(.driverBinding, after: interface)
    }
  }

  /// Appends what an override protocol names, until it names no more.
  private func addOverrides(_ override: UnsafeMutableRawPointer?, controller: Handle?, to list: inout [Handle]) {
    guard let override else { return }
    var driver: Handle?
    while efi_call_get_driver(override, controller, &driver) == 0, let named = driver { add(named, to: &list) }
  }

  /// Appends the drivers that are not there yet, highest version first: those of a family, or all.
  private func addByVersion(ofFamilies: Bool, to list: inout [Handle]) {
    while true {
      var best: Handle?
      var highest: UInt32 = 0
      var candidate = handles.next(ofFamilies ? .driverFamilyOverride : .driverBinding, after: nil)
      while let interface = candidate {
        let handle = interface.handle
        if let binding = binding(handle), !list.contains(handle) {
          var version = binding.pointee.Version
          if ofFamilies, let family = UnsafeMutableRawPointer(bitPattern: interface.address) {
            version = efi_call_driver_family_version(family)
          }
          if best == nil || version > highest { (best, highest) = (handle, version) }
        }
        candidate = handles.next(interface.guid, after: interface)
      }
      guard let best else { return }
      list.append(best)
    }
  }

  /// 7.3.12: starts every driver that supports the controller, each at most once.
  ///
  /// - Parameter drivers: the caller's own choice, up to a NULL
  /// - Throws: NOT_FOUND when none was started.
  func connectController(
    _ controller: Handle, drivers: UnsafeMutablePointer<efi_handle?>?, remaining: UnsafeMutableRawPointer?,
    recursive: Bool
  ) throws(Status) {
    guard handles.next(.driverBinding, after: nil) != nil else { throw .notFound }
    guard pages.replenish() else { throw .outOfResources }
    // The five rules of precedence.
    var list: [Handle] = []
    if var next = drivers {
      while let driver = next.pointee {
        add(driver, to: &list)
        next += 1
      }
    }
    if let platform = handles.next(.platformDriverOverride, after: nil) {
      addOverrides(UnsafeMutableRawPointer(bitPattern: platform.address), controller: controller, to: &list)
    }
    addByVersion(ofFamilies: true, to: &list)
    addOverrides(address(.busSpecificDriverOverride, on: controller), controller: nil, to: &list)
    addByVersion(ofFamilies: false, to: &list)

    var started = false
    var index = 0
    while index < list.count {
      if let binding = binding(list[index]), efi_call_driver_supported(binding, controller, remaining) == 0 {
        // One that starts may make another one's Supported() true: from the front again, without this one.
        list.remove(at: index)
        if efi_call_driver_start(binding, controller, remaining) == 0 { started = true }
        index = 0
      } else {
        index += 1
      }
    }
    if recursive {
      for child in openers(of: controller, OpenAttributes.byChildController, agent: nil) {
        try? connectController(child, drivers: nil, remaining: nil, recursive: true)
      }
    }
    // 7.3.12: an End node asks for no child, so that none was made is as it should be.
    if !started, remaining.map({ DevicePath($0)?.sizeWithoutEnd == 0 }) != true { throw .notFound }
  }

  /// Who has a controller's protocols open: the drivers that manage it, or its children (those of `agent`).
  private func openers(of controller: Handle, _ attributes: UInt32, agent: Handle?) -> [Handle] {
    var result: [Handle] = []
    var candidate = handles.first(on: controller)
    while let interface = candidate, interface.handle == controller {
      var open = interface.opens
      while let record = open {
        let handle = attributes == OpenAttributes.byDriver ? record.agent : record.controller
        if record.attributes & attributes != 0, agent == nil || record.agent == agent, let handle,
          handles.contains(handle),
          !result.contains(handle)
        {
          result.append(handle)
        }
        open = record.next
      }
      candidate = interface.next(InterfaceOrder.byHandle)
    }
    return result
  }

  /// 7.3.13: stops the drivers that manage the controller, or one of them, or lets it give up one child.
  func disconnectController(_ controller: Handle, driver: Handle?, child: Handle?) -> Status {
    guard pages.replenish() else { return .outOfResources }
    let managers = openers(of: controller, OpenAttributes.byDriver, agent: driver)
    // A driver that is not managing the controller is no failure.
    var result = managers.isEmpty ? Status.success : .notFound
    for manager in managers {
      guard let binding = binding(manager) else { continue }
      var children = openers(of: controller, OpenAttributes.byChildController, agent: manager)
      var isLast = true
      if let child {
        guard children.contains(child) else { continue }
        isLast = children.count == 1
        children = [child]
      }
      var status: efi_status = 0
      if !children.isEmpty {
        let count = UInt64(children.count)
        status = children.withUnsafeMutableBufferPointer { list in
          list.withMemoryRebound(to: efi_handle?.self) {
            efi_call_driver_stop(binding, controller, count, $0.baseAddress)
          }
        }
      }
      if status == 0, isLast { status = efi_call_driver_stop(binding, controller, 0, nil) }
      if status == 0 {
        result = .success
      } else if result != .success {
        result = .deviceError
      }
    }
    return result
  }

  /// Disconnects the drivers that have an interface open.
  ///
  /// - Returns: false when one of them stays.
  func disconnectDrivers(of interface: ProtocolInterface) -> Bool {
    while interface.isOpen(OpenAttributes.byDriver) {
      var open = interface.opens
      while let record = open, record.attributes & OpenAttributes.byDriver == 0 { open = record.next }
      guard let record = open, disconnectController(interface.handle, driver: record.agent, child: nil) == .success
      else { return false }
      // It says that it has stopped; has it closed what it had open?
      open = interface.opens
      while let left = open {
        if left === record { return false }
        open = left.next
      }
    }
    return true
  }
}

@c @implementation public func virgil_connect_controller(
  _ controller: efi_handle!, _ drivers: UnsafeMutablePointer<efi_handle?>!, _ remaining: UnsafeMutableRawPointer!,
  _ recursive: UInt8
) -> efi_status {
  service {
    () throws(Status) in
    try firmware.connectController(
      try firmware.handle(controller), drivers: drivers, remaining: remaining, recursive: recursive != 0)
  }
}

@c @implementation public func virgil_disconnect_controller(
  _ controller: efi_handle!, _ driver: efi_handle!, _ child: efi_handle!
) -> efi_status {
  service {
    () throws(Status) in
    guard driver == nil || firmware.handles.interface(.driverBinding, on: driver) != nil,
      child == nil || firmware.handles.contains(child)
    else { throw .invalidParameter }
    let status = firmware.disconnectController(try firmware.handle(controller), driver: driver, child: child)
    if status != .success { throw status }
  }
}
