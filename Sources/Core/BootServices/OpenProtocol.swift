// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
//
// HandleProtocol, OpenProtocol, CloseProtocol, OpenProtocolInformation (UEFI 2.10, 7.3.8 to 7.3.11).

extension Firmware {
  /// 7.3.9.
  func openProtocol(
    _ guid: GUID, on handle: Handle, agent: UInt, controller: UInt, attributes: UInt32
  ) throws(Status) -> ProtocolInterface {
    try checkOpenParameters(handle, agent: agent, controller: controller, attributes: attributes)
    guard let interface = handle.interface(guid) else { throw .unsupported }
    guard attributes != OpenAttributes.testProtocol else { return interface }

    if attributes & (OpenAttributes.byDriver | OpenAttributes.exclusive) != 0 {
      for open in interface.opens
      where open.agent == agent && open.controller == controller && open.attributes == attributes
        && attributes & OpenAttributes.byDriver != 0
      {
        throw .alreadyStarted
      }
      if interface.opens.contains(where: { $0.attributes & OpenAttributes.exclusive != 0 }) { throw .accessDenied }
      try evictDrivers(of: interface, on: handle, exclusive: attributes & OpenAttributes.exclusive != 0)
    }
    guard pages.replenish() else { throw .outOfResources }
    record(agent, controller, attributes, in: interface)
    return interface
  }

  private func checkOpenParameters(
    _ handle: Handle, agent: UInt, controller: UInt, attributes: UInt32
  ) throws(Status) {
    switch attributes {
    case OpenAttributes.byHandleProtocol, OpenAttributes.getProtocol, OpenAttributes.testProtocol:
      break
    case OpenAttributes.byChildController:
      guard handles.handle(agent) != nil, handles.handle(controller) != nil, controller != handle.value else {
        throw .invalidParameter
      }
    case OpenAttributes.byDriver, OpenAttributes.byDriver | OpenAttributes.exclusive:
      guard handles.handle(agent) != nil, handles.handle(controller) != nil else { throw .invalidParameter }
    case OpenAttributes.exclusive:
      guard handles.handle(agent) != nil else { throw .invalidParameter }
    default:
      throw .invalidParameter
    }
  }

  /// An exclusive opener drives drivers out; a second driver is refused.
  private func evictDrivers(of interface: ProtocolInterface, on handle: Handle, exclusive: Bool) throws(Status) {
    let drivers = interface.opens.filter { $0.attributes & OpenAttributes.byDriver != 0 }
    guard !drivers.isEmpty else { return }
    guard exclusive else { throw .accessDenied }
    for driver in drivers {
      if let agent = handles.handle(driver.agent) { _ = disconnectController(handle, driver: agent, child: nil) }
    }
    guard !interface.opens.contains(where: { $0.attributes & OpenAttributes.byDriver != 0 }) else {
      throw .accessDenied
    }
  }

  private func record(_ agent: UInt, _ controller: UInt, _ attributes: UInt32, in interface: ProtocolInterface) {
    for index in interface.opens.indices {
      let open = interface.opens[index]
      if open.agent == agent, open.controller == controller, open.attributes == attributes {
        interface.opens[index].count += 1
        return
      }
    }
    interface.opens.append(OpenRecord(agent: agent, controller: controller, attributes: attributes, count: 1))
  }

  /// 7.3.10.
  func closeProtocol(_ guid: GUID, on handle: Handle, agent: UInt, controller: UInt) throws(Status) {
    guard let interface = handle.interface(guid) else { throw .notFound }
    let before = interface.opens.count
    interface.opens.removeAll { $0.agent == agent && $0.controller == controller }
    guard interface.opens.count < before else { throw .notFound }
  }

  /// Before an interface goes: drivers are disconnected, the openers that can be ignored are forgotten, and
  /// any other one is ACCESS_DENIED (7.3.3).
  func releaseUsers(of interface: ProtocolInterface, on handle: Handle) throws(Status) {
    for open in interface.opens where open.attributes & OpenAttributes.byDriver != 0 {
      if let agent = handles.handle(open.agent) { _ = disconnectController(handle, driver: agent, child: nil) }
    }
    let passing = OpenAttributes.byHandleProtocol | OpenAttributes.getProtocol | OpenAttributes.testProtocol
    interface.opens.removeAll { $0.attributes & passing != 0 }
    guard interface.opens.isEmpty else {
      _ = connectController(handle, drivers: [], remaining: nil, recursive: true)
      throw .accessDenied
    }
  }
}

@c @implementation public func virgil_handle_protocol(
  _ handle: efi_handle!, _ guid: UnsafeRawPointer!, _ interface: UnsafeMutablePointer<UnsafeMutableRawPointer?>!
) -> efi_status {
  service {
    () throws(Status) in
    guard let guid, let interface else { throw .invalidParameter }
    interface.pointee = nil
    // 7.3.8: the agent is the emulator, there is no controller.
    let opened = try firmware.openProtocol(
      GUID(at: guid), on: firmware.handle(handle), agent: firmware.emulatorHandle.value, controller: 0,
      attributes: OpenAttributes.byHandleProtocol)
    interface.pointee = UnsafeMutableRawPointer(bitPattern: opened.address)
  }
}

@c @implementation public func virgil_open_protocol(
  _ handle: efi_handle!, _ guid: UnsafeRawPointer!, _ interface: UnsafeMutablePointer<UnsafeMutableRawPointer?>!,
  _ agent: efi_handle!, _ controller: efi_handle!, _ attributes: UInt32
) -> efi_status {
  service {
    () throws(Status) in
    guard let guid, interface != nil || attributes == OpenAttributes.testProtocol else { throw .invalidParameter }
    let target = try firmware.handle(handle)
    if attributes != OpenAttributes.testProtocol { interface?.pointee = nil }
    do throws(Status) {
      let opened = try firmware.openProtocol(
        GUID(at: guid), on: target, agent: UInt(bitPattern: agent), controller: UInt(bitPattern: controller),
        attributes: attributes)
      if attributes != OpenAttributes.testProtocol {
        interface?.pointee = UnsafeMutableRawPointer(bitPattern: opened.address)
      }
    } catch {
      // 7.3.9: ALREADY_STARTED still returns the interface.
      if error == .alreadyStarted, let found = target.interface(GUID(at: guid)) {
        interface?.pointee = UnsafeMutableRawPointer(bitPattern: found.address)
      }
      throw error
    }
  }
}

@c @implementation public func virgil_close_protocol(
  _ handle: efi_handle!, _ guid: UnsafeRawPointer!, _ agent: efi_handle!, _ controller: efi_handle!
) -> efi_status {
  service {
    () throws(Status) in
    let target = try firmware.handle(handle)
    guard let guid, firmware.handles.handle(agent) != nil,
      controller == nil || firmware.handles.handle(controller) != nil
    else { throw .invalidParameter }
    try firmware.closeProtocol(
      GUID(at: guid), on: target, agent: UInt(bitPattern: agent), controller: UInt(bitPattern: controller))
  }
}

@c @implementation public func virgil_open_protocol_information(
  _ handle: efi_handle!, _ guid: UnsafeRawPointer!, _ entries: UnsafeMutablePointer<UnsafeMutableRawPointer?>!,
  _ count: UnsafeMutablePointer<UInt64>!
) -> efi_status {
  service {
    () throws(Status) in
    guard let guid, let entries, let count else { throw .invalidParameter }
    guard let interface = try firmware.handle(handle).interface(GUID(at: guid)) else { throw .notFound }
    let stride = MemoryLayout<EFI_OPEN_PROTOCOL_INFORMATION_ENTRY>.stride
    let block = try firmware.pool.allocate(.bootServicesData, size: UInt64(max(interface.opens.count, 1) * stride))
    let list = block.assumingMemoryBound(to: EFI_OPEN_PROTOCOL_INFORMATION_ENTRY.self)
    for (index, open) in interface.opens.enumerated() {
      list[index] = EFI_OPEN_PROTOCOL_INFORMATION_ENTRY(
        AgentHandle: UnsafeMutableRawPointer(bitPattern: open.agent),
        ControllerHandle: UnsafeMutableRawPointer(bitPattern: open.controller), Attributes: open.attributes,
        OpenCount: open.count)
    }
    entries.pointee = block
    count.pointee = UInt64(interface.opens.count)
  }
}
