// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
//
// Runtime services before ExitBootServices (UEFI 2.10, 8), in the order of the table. Afterwards the runtime image
// takes over.

/// A service that this machine does not have: said in the log, and to the caller.
private func absent(_ name: StaticString) -> efi_status {
  firmware.log.write(.notice) { $0.text(name).text(": UNSUPPORTED") }
  return Status.unsupported.rawValue
}

// 8.3.1: of a clock that counts seconds in UTC.
@c @implementation public func virgil_get_time(
  _ time: UnsafeMutableRawPointer!, _ capabilities: UnsafeMutableRawPointer!
) -> efi_status {
  guard let time else { return Status.invalidParameter.rawValue }
  guard let seconds = firmware.platform.clock() else { return absent("GetTime") }
  let now = CivilTime(seconds: seconds)
  // EFI_TIME: Year, Month, Day, Hour, Minute, Second, Pad1, Nanosecond, TimeZone, Daylight, Pad2.
  time.storeBytes(
    of: now.year | now.month << 16 | now.day << 24 | now.hour << 32 | now.minute << 40 | now.second << 48,
    as: UInt64.self)
  time.storeBytes(of: 0, toByteOffset: 8, as: UInt64.self)
  // EFI_TIME_CAPABILITIES: Resolution in Hz, Accuracy in parts of 10^-12 (50 ppm, a quartz's), SetsToZero.
  capabilities?.storeBytes(of: 1 | 50_000_000 << 32, as: UInt64.self)
  capabilities?.storeBytes(of: 0, toByteOffset: 8, as: UInt8.self)
  return Status.success.rawValue
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

// 8.2: the rules are the store's, and the same at runtime.
@c @implementation public func virgil_get_variable(
  _ variableName: UnsafePointer<efi_char16>!, _ guid: UnsafeRawPointer!, _ attributes: UnsafeMutablePointer<UInt32>!,
  _ size: UnsafeMutablePointer<UInt64>!, _ data: UnsafeMutableRawPointer!
) -> efi_status {
  firmware.variables.get(variableName, guid, attributes, size, data).rawValue
}

@c @implementation public func virgil_get_next_variable_name(
  _ size: UnsafeMutablePointer<UInt64>!, _ variableName: UnsafeMutablePointer<efi_char16>!,
  _ guid: UnsafeMutableRawPointer!
) -> efi_status {
  firmware.variables.next(size, variableName, guid).rawValue
}

@c @implementation public func virgil_set_variable(
  _ variableName: UnsafePointer<efi_char16>!, _ guid: UnsafeRawPointer!, _ attributes: UInt32, _ size: UInt64,
  _ data: UnsafeRawPointer!
) -> efi_status {
  firmware.variables.set(variableName, guid, attributes, size, data).rawValue
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
  firmware.variables.query(attributes, storage, remaining, maximum).rawValue
}
