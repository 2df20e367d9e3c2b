// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
//
// ConnectController and DisconnectController (UEFI 2.10, 7.3.12 and 7.3.13). The emulator brings no drivers of its
// own; payloads do.

extension Firmware {
  @inline(never) private func binding(_ handle: Handle) -> UnsafeMutablePointer<EFI_DRIVER_BINDING_PROTOCOL>? {
    guard let interface = handle.interface(.driverBinding) else { return nil }
    return UnsafeMutablePointer(bitPattern: interface.address)
  }

  /// Candidates in the order of 7.3.12: the caller's list, then all driver bindings, highest version first.
  private func candidates(_ preferred: [Handle]) -> [Handle] {
    var rest = handles.handles(with: .driverBinding).filter { handle in
      !preferred.contains { $0 === handle } && binding(handle) != nil
    }
    rest.sort { (binding($0)?.pointee.Version ?? 0) > (binding($1)?.pointee.Version ?? 0) }
    return preferred.filter { binding($0) != nil } + rest
  }

  /// Starts every driver that supports the controller, each at most once.
  ///
  /// - Returns: whether any was started.
  func connectController(
    _ controller: Handle, drivers: [Handle], remaining: UnsafeMutableRawPointer?, recursive: Bool
  ) -> Bool {
    guard !handles.handles(with: .driverBinding).isEmpty else { return false }
    let value = UnsafeMutableRawPointer(bitPattern: controller.value)
    var waiting = candidates(drivers)
    var started = false
    // A driver that starts may make another one's Supported() true: go round until none starts.
    var progress = true
    while progress {
      progress = false
      for (index, driver) in waiting.enumerated() {
        guard let binding = binding(driver), efi_call_driver_supported(binding, value, remaining) == 0 else { continue }
        waiting.remove(at: index)
        if efi_call_driver_start(binding, value, remaining) == 0 { started = true }
        progress = true
        break
      }
    }
    if recursive {
      for child in children(of: controller) {
        _ = connectController(child, drivers: [], remaining: nil, recursive: true)
      }
    }
    return started
  }

  /// The handles that were made from a controller's interfaces.
  private func children(of controller: Handle) -> [Handle] {
    var result: [Handle] = []
    for interface in controller.interfaces {
      for open in interface.opens where open.attributes & OpenAttributes.byChildController != 0 {
        if let child = handles.handle(open.controller), !result.contains(where: { $0 === child }) {
          result.append(child)
        }
      }
    }
    return result
  }

  /// Stops the drivers that manage the controller, or one of them, or lets it give up one child.
  func disconnectController(_ controller: Handle, driver: Handle?, child: Handle?) -> Status {
    var managers: [Handle] = []
    for interface in controller.interfaces {
      for open in interface.opens where open.attributes & OpenAttributes.byDriver != 0 {
        guard let agent = handles.handle(open.agent), driver == nil || agent === driver,
          !managers.contains(where: { $0 === agent })
        else { continue }
        managers.append(agent)
      }
    }
    // 7.3.13: a driver that is not managing the controller is no failure.
    guard !managers.isEmpty else { return .success }
    let value = UnsafeMutableRawPointer(bitPattern: controller.value)
    var stopped = false
    for manager in managers {
      guard let binding = binding(manager) else { continue }
      let made = children(of: controller, by: manager)
      var victims = child.map { child in made.filter { $0 === child } } ?? made
      if child != nil, victims.isEmpty { continue }
      var status: UInt64 = 0
      if !victims.isEmpty {
        var values = victims.map { UnsafeMutableRawPointer(bitPattern: $0.value) }
        status = values.withUnsafeMutableBufferPointer { list in
          efi_call_driver_stop(binding, value, UInt64(list.count), list.baseAddress)
        }
        victims.removeAll()
      }
      if status == 0, child == nil || made.count == 1 { status = efi_call_driver_stop(binding, value, 0, nil) }
      if status == 0 { stopped = true }
    }
    return stopped ? .success : .notFound
  }

  private func children(of controller: Handle, by driver: Handle) -> [Handle] {
    var result: [Handle] = []
    for interface in controller.interfaces {
      for open in interface.opens
      where open.agent == driver.value && open.attributes & OpenAttributes.byChildController != 0 {
        if let child = handles.handle(open.controller), !result.contains(where: { $0 === child }) {
          result.append(child)
        }
      }
    }
    return result
  }
}

@c @implementation public func virgil_connect_controller(
  _ controller: efi_handle!, _ drivers: UnsafeMutablePointer<efi_handle?>!, _ remaining: UnsafeMutableRawPointer!,
  _ recursive: UInt8
) -> efi_status {
  service {
    () throws(Status) in
    let target = try firmware.handle(controller)
    var preferred: [Handle] = []
    if let drivers {
      var index = 0
      while let value = drivers[index] {
        preferred.append(try firmware.handle(value))
        index += 1
      }
    }
    guard
      firmware.connectController(target, drivers: preferred, remaining: remaining, recursive: recursive != 0)
    else { throw .notFound }
  }
}

@c @implementation public func virgil_disconnect_controller(
  _ controller: efi_handle!, _ driver: efi_handle!, _ child: efi_handle!
) -> efi_status {
  service {
    () throws(Status) in
    let target = try firmware.handle(controller)
    let driver: Handle? = driver == nil ? nil : try firmware.handle(driver)
    let child: Handle? = child == nil ? nil : try firmware.handle(child)
    if let driver, driver.interface(.driverBinding) == nil { throw .invalidParameter }
    let status = firmware.disconnectController(target, driver: driver, child: child)
    if status != .success { throw status }
  }
}
