// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
//
// Runtime services before ExitBootServices (UEFI 2.10, 8), in the order of the table. Afterwards the runtime image
// takes over.

/// A service that this machine does not have: said in the log, and to the caller.
private func absent(_ name: StaticString) -> efi_status {
  firmware.log.write(.notice) { $0.text(name).text(": UNSUPPORTED") }
  return Status.unsupported.rawValue
}

// 8.3: no clock has been described.
@c @implementation public func virgil_get_time(
  _ time: UnsafeMutableRawPointer!, _ capabilities: UnsafeMutableRawPointer!
) -> efi_status {
  time == nil ? Status.invalidParameter.rawValue : absent("GetTime")
}
@c @implementation public func virgil_set_time(_ time: UnsafeRawPointer!) -> efi_status {
  time == nil ? Status.invalidParameter.rawValue : absent("SetTime")
}
@c @implementation public func virgil_get_wakeup_time(
  _ enabled: UnsafeMutablePointer<UInt8>!, _ pending: UnsafeMutablePointer<UInt8>!, _ time: UnsafeMutableRawPointer!
) -> efi_status {
  enabled == nil || pending == nil || time == nil
    ? Status.invalidParameter.rawValue : absent("GetWakeupTime")
}
@c @implementation public func virgil_set_wakeup_time(_ enable: UInt8, _ time: UnsafeRawPointer!) -> efi_status {
  absent("SetWakeupTime")
}

// 8.4: virtual memory is a matter of runtime; 8.4.1 has UNSUPPORTED for "not at runtime".
@c @implementation public func virgil_set_virtual_address_map(
  _ size: UInt64, _ descriptorSize: UInt64, _ version: UInt32, _ map: UnsafeMutableRawPointer!
) -> efi_status { absent("SetVirtualAddressMap before ExitBootServices") }
@c @implementation public func virgil_convert_pointer(
  _ disposition: UInt64, _ address: UnsafeMutablePointer<UnsafeMutableRawPointer?>!
) -> efi_status { absent("ConvertPointer outside of SetVirtualAddressMap") }

/// A NUL-terminated UCS-2 name. Names longer than the store could hold are no names.
///
/// - Parameter limit: bytes that may be read
private func name(
  _ pointer: UnsafePointer<efi_char16>?, limit: UInt64 = UInt64(VariableStore.maximumSize)
) throws(Status) -> [UInt16] {
  guard let pointer else { throw .invalidParameter }
  var units: [UInt16] = []
  var index = 0
  while true {
    guard UInt64(index * 2 + 2) <= limit, index < VariableStore.maximumSize / 2 else { throw .invalidParameter }
    let address = UnsafeRawPointer(pointer) + index * 2
    let unit = address.loadUnaligned(as: UInt16.self)
    if unit == 0 { return units }
    units.append(unit)
    index += 1
  }
}

@c @implementation public func virgil_get_variable(
  _ variableName: UnsafePointer<efi_char16>!, _ guid: UnsafeRawPointer!, _ attributes: UnsafeMutablePointer<UInt32>!,
  _ size: UnsafeMutablePointer<UInt64>!, _ data: UnsafeMutableRawPointer!
) -> efi_status {
  service {
    () throws(Status) in
    guard let guid, let size else { throw .invalidParameter }
    let found = try firmware.variables.variable(try name(variableName), GUID(at: guid))
    attributes?.pointee = found.attributes
    let room = size.pointee
    size.pointee = UInt64(found.data.count)
    guard room >= size.pointee else { throw .bufferTooSmall }
    guard let data else { throw .invalidParameter }
    found.data.withUnsafeBytes { data.copyMemory(from: $0.baseAddress!, byteCount: $0.count) }
  }
}

@c @implementation public func virgil_get_next_variable_name(
  _ size: UnsafeMutablePointer<UInt64>!, _ variableName: UnsafeMutablePointer<efi_char16>!,
  _ guid: UnsafeMutableRawPointer!
) -> efi_status {
  service {
    () throws(Status) in
    guard let size, let variableName, let guid else { throw .invalidParameter }
    // 8.2.2: the NUL must lie in the first VariableNameSize bytes.
    let current = try name(UnsafePointer(variableName), limit: size.pointee)
    let next = try firmware.variables.next(after: current, GUID(at: UnsafeRawPointer(guid)))
    let needed = UInt64(next.name.count + 1) * 2
    let room = size.pointee
    size.pointee = needed
    guard room >= needed else { throw .bufferTooSmall }
    for (index, unit) in next.name.enumerated() { variableName[index] = unit }
    variableName[next.name.count] = 0
    next.guid.store(to: guid)
  }
}

@c @implementation public func virgil_set_variable(
  _ variableName: UnsafePointer<efi_char16>!, _ guid: UnsafeRawPointer!, _ attributes: UInt32, _ size: UInt64,
  _ data: UnsafeRawPointer!
) -> efi_status {
  service {
    () throws(Status) in
    guard let guid, data != nil || size == 0 else { throw .invalidParameter }
    // 8.2.3: "the DataSize exceeds the maximum allowed".
    guard size <= UInt64(VariableStore.maximumSize) else { throw .invalidParameter }
    guard firmware.pages.replenish() else { throw .outOfResources }
    try firmware.variables.set(
      try name(variableName), GUID(at: guid), attributes: attributes,
      data: UnsafeRawBufferPointer(start: data, count: Int(size)))
  }
}

@c @implementation public func virgil_get_next_high_monotonic_count(_ count: UnsafeMutablePointer<UInt32>!)
  -> efi_status
{
  service {
    () throws(Status) in
    guard let count else { throw .invalidParameter }
    // 8.5.2: the upper half moves on, the lower one starts again.
    let high = (firmware.monotonicCount >> 32) + 1
    firmware.monotonicCount = high << 32
    count.pointee = UInt32(truncatingIfNeeded: high)
  }
}

@c @implementation public func virgil_reset_system(
  _ type: UInt32, _ status: efi_status, _ size: UInt64, _ data: UnsafeRawPointer!
) {
  firmware.log.write(.notice) {
    $0.text("the payload resets the machine, status ").status(Status(rawValue: status))
  }
  firmware.platform.reset(ResetType(rawValue: type) ?? .cold)
}

// 8.5.3: there is nothing to update.
@c @implementation public func virgil_update_capsule(
  _ capsules: UnsafeMutablePointer<UnsafeMutableRawPointer?>!, _ count: UInt64, _ list: UInt64
) -> efi_status { count == 0 ? Status.invalidParameter.rawValue : absent("UpdateCapsule") }
@c @implementation public func virgil_query_capsule_capabilities(
  _ capsules: UnsafeMutablePointer<UnsafeMutableRawPointer?>!, _ count: UInt64,
  _ maximum: UnsafeMutablePointer<UInt64>!,
  _ reset: UnsafeMutablePointer<UInt32>!
) -> efi_status {
  maximum == nil || reset == nil ? Status.invalidParameter.rawValue : absent("QueryCapsuleCapabilities")
}

@c @implementation public func virgil_query_variable_info(
  _ attributes: UInt32, _ storage: UnsafeMutablePointer<UInt64>!, _ remaining: UnsafeMutablePointer<UInt64>!,
  _ maximum: UnsafeMutablePointer<UInt64>!
) -> efi_status {
  service {
    () throws(Status) in
    let attributes = attributes & ~VariableAttributes.appendWrite  // ignored (8.2.4)
    guard let storage, let remaining, let maximum, attributes != 0 else { throw .invalidParameter }
    let access = VariableAttributes.bootServiceAccess | VariableAttributes.runtimeAccess
    guard attributes & VariableAttributes.runtimeAccess == 0 || attributes & VariableAttributes.bootServiceAccess != 0
    else { throw .invalidParameter }
    guard attributes & ~access == 0 else { throw .unsupported }
    storage.pointee = UInt64(VariableStore.capacity)
    remaining.pointee = UInt64(VariableStore.capacity - firmware.variables.used)
    maximum.pointee = UInt64(VariableStore.maximumSize)
  }
}
