// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
//
// Miscellaneous boot services (UEFI 2.10, 7.5), in the order of the table.

extension Firmware {
  /// 7.5.2: busy-waits, but timers that are due in the meantime run.
  func stall(microseconds: UInt64) {
    let start = platform.counter()
    let (units, overflow) = microseconds.multipliedReportingOverflow(by: 10)
    let ticks = events.ticks(hundredNanoseconds: overflow ? .max : units)
    repeat { events.runDue() } while platform.counter() &- start < ticks
  }

  /// 7.5.5.
  func nextMonotonicCount() -> UInt64 {
    monotonicCount += 1
    return monotonicCount
  }
}

@c @implementation public func virgil_install_configuration_table(
  _ guid: UnsafeRawPointer!, _ table: UnsafeMutableRawPointer!
) -> efi_status {
  service {
    () throws(Status) in
    guard let guid else { throw .invalidParameter }
    let group = GUID(at: guid)
    try firmware.systemTable.install(group, UInt(bitPattern: table))
    #if arch(arm64) || HOSTED
      if group == .deviceTreeTable { firmware.noteDeviceTree(UInt(bitPattern: table)) }
    #endif
    // 7.5.6: the event group named like the table is signaled.
    firmware.events.signal(group: group)
  }
}

@c @implementation public func virgil_get_next_monotonic_count(_ count: UnsafeMutablePointer<UInt64>!) -> efi_status {
  service {
    () throws(Status) in
    guard let count else { throw .invalidParameter }
    count.pointee = firmware.nextMonotonicCount()
  }
}

@c @implementation public func virgil_stall(_ microseconds: UInt64) -> efi_status {
  service { () throws(Status) in firmware.stall(microseconds: microseconds) }
}

@c @implementation public func virgil_set_watchdog_timer(
  _ seconds: UInt64, _ code: UInt64, _ size: UInt64, _ data: UnsafeMutablePointer<efi_char16>!
) -> efi_status {
  service {
    () throws(Status) in
    // 7.5.1: codes up to 0xffff are the firmware's own.
    guard code > 0xffff || code == 0 || seconds == 0 else { throw .invalidParameter }
    guard firmware.platform.counterFrequency != 0 else { throw .unsupported }
    firmware.events.setWatchdog(seconds: seconds)
  }
}

@c @implementation public func virgil_calculate_crc32(
  _ data: UnsafeRawPointer!, _ size: UInt64, _ crc: UnsafeMutablePointer<UInt32>!
) -> efi_status {
  service {
    () throws(Status) in
    guard let data, size > 0, size < 1 << 48, let crc else { throw .invalidParameter }
    crc.pointee = CRC32.checksum(UnsafeRawBufferPointer(start: data, count: Int(size)))
  }
}

@c @implementation public func virgil_copy_mem(
  _ destination: UnsafeMutableRawPointer!, _ source: UnsafeRawPointer!, _ length: UInt64
) {
  guard length > 0, let destination, let source else { return }
  // 7.5.3: the buffers may overlap, which is what copyMemory allows too.
  destination.copyMemory(from: source, byteCount: Int(length))
}

@c @implementation public func virgil_set_mem(_ buffer: UnsafeMutableRawPointer!, _ size: UInt64, _ value: UInt8) {
  guard size > 0, let buffer else { return }
  buffer.initializeMemory(as: UInt8.self, repeating: value, count: Int(size))
}
