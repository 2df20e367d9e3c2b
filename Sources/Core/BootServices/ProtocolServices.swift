// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
//
// Protocol handler services (UEFI 2.10, 7.3): installing. Finding is in LocateServices.swift, opening in OpenProtocol.swift,
// drivers are in DriverServices.swift.

extension Firmware {
  /// A handle that exists.
  func handle(_ value: Handle?) throws(Status) -> Handle {
    guard let value, handles.contains(value) else { throw .invalidParameter }
    return value
  }

  /// The interface that a payload means by a protocol's GUID, a handle, and the interface's address where it has to name it.
  func interface(_ guid: UnsafeRawPointer?, on handle: Handle?, at address: UInt? = nil) throws(Status)
    -> ProtocolInterface
  {
    let handle = try self.handle(handle)
    guard let guid else { throw .invalidParameter }
    guard let interface = handles.interface(GUID(at: guid), on: handle), address == nil || interface.address == address
    else { throw .notFound }
    return interface
  }

  /// 7.3.2. `handle` nil: a new one is made.
  func install(_ guid: GUID, _ address: UInt, on handle: Handle?) throws(Status) -> Handle {
    if handle != nil, !handles.contains(handle) || handles.interface(guid, on: handle) != nil {
      throw .invalidParameter
    }
    guard pages.replenish() else { throw .outOfResources }
    return handles.install(guid, address, on: handle, events: events)
  }

  /// 7.3.3.
  func uninstall(_ interface: ProtocolInterface) throws(Status) {
    try releaseUsers(of: interface)
    handles.remove(interface)
  }

  /// 7.3.4.
  func reinstall(_ interface: ProtocolInterface, _ address: UInt) throws(Status) {
    try releaseUsers(of: interface)
    interface.address = address
    handles.announce(interface, events)
    try? connectController(interface.handle, drivers: nil, remaining: nil, recursive: true)
  }

  /// Before an interface goes: drivers are disconnected, the openers that can be ignored are forgotten, and any other one
  /// is ACCESS_DENIED; then the drivers are connected again (7.3.3).
  private func releaseUsers(of interface: ProtocolInterface) throws(Status) {
    if disconnectDrivers(of: interface) {
      interface.close(
        OpenAttributes.byHandleProtocol | OpenAttributes.getProtocol | OpenAttributes.testProtocol, agent: nil,
        controller: nil, exactly: false)
    }
    guard interface.opens != nil else { return }
    try? connectController(interface.handle, drivers: nil, remaining: nil, recursive: true)
    throw .accessDenied
  }

  /// 7.3.17: all or nothing.
  func installMultiple(_ list: Pairs, _ count: Int, on handle: Handle?) throws(Status) -> Handle? {
    var target = handle
    for index in 0..<count {
      let guid = GUID(at: list[2 * index]!)
      let address = UInt(bitPattern: list[2 * index + 1])
      do throws(Status) {
        if guid == .devicePath, hasDevicePath(address) { throw .alreadyStarted }
        target = try install(guid, address, on: target)
      } catch {
        for undone in 0..<index {
          if let interface = try? interface(list[2 * undone], on: target) { try? uninstall(interface) }
        }
        throw error
      }
    }
    return target
  }

  /// 7.3.18: all or nothing, and INVALID_PARAMETER whatever went wrong.
  func uninstallMultiple(_ list: Pairs, _ count: Int, from handle: Handle?) throws(Status) {
    for index in 0..<count {
      do throws(Status) {
        try uninstall(try interface(list[2 * index], on: handle, at: UInt(bitPattern: list[2 * index + 1])))
      } catch {
        // A handle that has lost its last interface comes back with it.
        for undone in 0..<index {
          handles.install(
            GUID(at: list[2 * undone]!), UInt(bitPattern: list[2 * undone + 1]), on: handle, events: events)
        }
        throw .invalidParameter
      }
    }
  }
}

/// The pairs of a variadic service: protocols, which are not NULL, and interfaces.
typealias Pairs = UnsafePointer<UnsafeRawPointer?>

@c @implementation public func virgil_install_protocol_interface(
  _ handle: UnsafeMutablePointer<efi_handle?>!, _ guid: UnsafeRawPointer!, _ type: UInt32,
  _ interface: UnsafeMutableRawPointer!
) -> efi_status {
  service {
    () throws(Status) in
    // 7.3.2: EFI_NATIVE_INTERFACE is the only interface type.
    guard let handle, let guid, type == 0 else { throw .invalidParameter }
    handle.pointee = try firmware.install(GUID(at: guid), UInt(bitPattern: interface), on: handle.pointee)
  }
}

@c @implementation public func virgil_reinstall_protocol_interface(
  _ handle: efi_handle!, _ guid: UnsafeRawPointer!, _ old: UnsafeMutableRawPointer!, _ new: UnsafeMutableRawPointer!
) -> efi_status {
  service {
    () throws(Status) in
    let interface = try firmware.interface(guid, on: handle, at: UInt(bitPattern: old))
    try firmware.reinstall(interface, UInt(bitPattern: new))
  }
}

@c @implementation public func virgil_uninstall_protocol_interface(
  _ handle: efi_handle!, _ guid: UnsafeRawPointer!, _ interface: UnsafeMutableRawPointer!
) -> efi_status {
  service {
    () throws(Status) in
    try firmware.uninstall(try firmware.interface(guid, on: handle, at: UInt(bitPattern: interface)))
  }
}

@c @implementation public func virgil_install_multiple(
  _ handle: UnsafeMutablePointer<efi_handle?>!, _ list: UnsafePointer<UnsafeRawPointer?>!, _ count: UInt64
) -> efi_status {
  service {
    () throws(Status) in
    guard let handle else { throw .invalidParameter }
    handle.pointee = try firmware.installMultiple(list, Int(count), on: handle.pointee)
  }
}

@c @implementation public func virgil_uninstall_multiple(
  _ handle: efi_handle!, _ list: UnsafePointer<UnsafeRawPointer?>!, _ count: UInt64
) -> efi_status {
  service { () throws(Status) in try firmware.uninstallMultiple(list, Int(count), from: handle) }
}
