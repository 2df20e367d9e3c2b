// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
//
// HandleProtocol, OpenProtocol, CloseProtocol, OpenProtocolInformation (UEFI 2.10, 7.3.7 and 7.3.9 to 7.3.11).

extension Firmware {
  /// 7.3.9, but for what goes to *Interface: the interface, and ALREADY_STARTED as a result.
  private func openProtocol(
    _ guid: UnsafeRawPointer?, on handle: Handle?, agent: Handle?, controller: Handle?, attributes: UInt32
  ) throws(Status) -> (interface: ProtocolInterface, isStarted: Bool) {
    let handle = try self.handle(handle)
    guard let guid, isValid(attributes, handle, agent: agent, controller: controller) else { throw .invalidParameter }
    guard let interface = handles.interface(GUID(at: guid), on: handle) else { throw .unsupported }
    if attributes & (OpenAttributes.byDriver | OpenAttributes.exclusive) != 0 {
      if attributes & OpenAttributes.byDriver != 0, isOpen(interface, agent, controller, attributes) {
        return (interface, true)
      }
      // An exclusive opener drives drivers out; a second driver is refused.
      guard !interface.isOpen(OpenAttributes.exclusive),
        attributes & OpenAttributes.exclusive != 0
          ? disconnectDrivers(of: interface) : !interface.isOpen(OpenAttributes.byDriver)
      else { throw .accessDenied }
    }
    // 7.3.9: who only tests need not close; and nobody can close what nobody has opened.
    if let agent, attributes != OpenAttributes.testProtocol {
      guard pages.replenish() else { throw .outOfResources }
      interface.open(agent: agent, controller: controller, attributes: attributes)
    }
    return (interface, false)
  }

  private func isValid(_ attributes: UInt32, _ handle: Handle, agent: Handle?, controller: Handle?) -> Bool {
    switch attributes {
    case OpenAttributes.byHandleProtocol, OpenAttributes.getProtocol, OpenAttributes.testProtocol:
      return true
    case OpenAttributes.byChildController, OpenAttributes.byDriver, OpenAttributes.byDriver | OpenAttributes.exclusive:
      return handles.contains(agent) && handles.contains(controller)
        && !(attributes == OpenAttributes.byChildController && controller == handle)
    case OpenAttributes.exclusive:
      return handles.contains(agent)
    default:
      return false
    }
  }

  private func isOpen(
    _ interface: ProtocolInterface, _ agent: Handle?, _ controller: Handle?, _ attributes: UInt32
  ) -> Bool {
    var open = interface.opens
    while let record = open {
      if record.agent == agent, record.controller == controller, record.attributes == attributes { return true }
      open = record.next
    }
    return false
  }

  /// *Interface is set where 7.3.9 says so, and left alone by all errors but UNSUPPORTED and ALREADY_STARTED.
  func openProtocol(
    _ guid: UnsafeRawPointer?, on handle: Handle?, _ out: UnsafeMutablePointer<UnsafeMutableRawPointer?>?,
    agent: Handle?,
    controller: Handle?, attributes: UInt32
  ) throws(Status) {
    let out = attributes == OpenAttributes.testProtocol ? nil : out
    guard out != nil || attributes == OpenAttributes.testProtocol else { throw .invalidParameter }
    do throws(Status) {
      let (interface, isStarted) = try openProtocol(
        guid, on: handle, agent: agent, controller: controller, attributes: attributes)
      out?.pointee = UnsafeMutableRawPointer(bitPattern: interface.address)
      if isStarted { throw .alreadyStarted }
    } catch {
      if error == .unsupported { out?.pointee = nil }
      throw error
    }
  }

  /// 7.3.11.
  func openProtocolInformation(
    _ interface: ProtocolInterface, _ entries: UnsafeMutablePointer<UnsafeMutableRawPointer?>,
    _ count: UnsafeMutablePointer<UInt64>
  ) throws(Status) {
    var number = 0
    var open = interface.opens
    while let record = open {
      number += 1
      open = record.next
    }
    count.pointee = UInt64(number)
    let block = try pool.allocate(
      .bootServicesData, size: UInt64(number * MemoryLayout<EFI_OPEN_PROTOCOL_INFORMATION_ENTRY>.stride))
    let list = block.assumingMemoryBound(to: EFI_OPEN_PROTOCOL_INFORMATION_ENTRY.self)
    open = interface.opens
    // Oldest first.
    while let record = open {
      number -= 1
      list[number] = EFI_OPEN_PROTOCOL_INFORMATION_ENTRY(
        AgentHandle: record.agent, ControllerHandle: record.controller, Attributes: record.attributes,
        OpenCount: record.count)
      open = record.next
    }
    entries.pointee = block
  }
}

@c @implementation public func virgil_handle_protocol(
  _ handle: efi_handle!, _ guid: UnsafeRawPointer!, _ interface: UnsafeMutablePointer<UnsafeMutableRawPointer?>!
) -> efi_status {
  service {
    () throws(Status) in
    // 7.3.7: the agent is the emulator, there is no controller.
    try firmware.openProtocol(
      guid, on: handle, interface, agent: firmware.emulatorHandle, controller: nil,
      attributes: OpenAttributes.byHandleProtocol)
  }
}

@c @implementation public func virgil_open_protocol(
  _ handle: efi_handle!, _ guid: UnsafeRawPointer!, _ interface: UnsafeMutablePointer<UnsafeMutableRawPointer?>!,
  _ agent: efi_handle!, _ controller: efi_handle!, _ attributes: UInt32
) -> efi_status {
  service {
    () throws(Status) in
    try firmware.openProtocol(
      guid, on: handle, interface, agent: agent, controller: controller, attributes: attributes)
  }
}

@c @implementation public func virgil_close_protocol(
  _ handle: efi_handle!, _ guid: UnsafeRawPointer!, _ agent: efi_handle!, _ controller: efi_handle!
) -> efi_status {
  service {
    () throws(Status) in
    guard firmware.handles.contains(agent), controller == nil || firmware.handles.contains(controller) else {
      throw .invalidParameter
    }
    guard try firmware.interface(guid, on: handle).close(.max, agent: agent, controller: controller, exactly: true)
    else {
      throw .notFound
    }
  }
}

@c @implementation public func virgil_open_protocol_information(
  _ handle: efi_handle!, _ guid: UnsafeRawPointer!, _ entries: UnsafeMutablePointer<UnsafeMutableRawPointer?>!,
  _ count: UnsafeMutablePointer<UInt64>!
) -> efi_status {
  service {
    () throws(Status) in
    guard let entries, let count else { throw .invalidParameter }
    try firmware.openProtocolInformation(try firmware.interface(guid, on: handle), entries, count)
  }
}
