// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
//
// Protocol handler services (UEFI 2.10, 7.3): installing, finding. Opening is in OpenProtocol.swift, drivers
// are in DriverServices.swift.

/// `EFI_LOCATE_SEARCH_TYPE` (7.3.6).
enum LocateSearch: UInt32 {
  case allHandles = 0
  case byRegisterNotify = 1
  case byProtocol = 2
}

extension Firmware {
  /// The handle that a payload means.
  func handle(_ value: UnsafeMutableRawPointer?) throws(Status) -> Handle {
    guard let handle = handles.handle(value) else { throw .invalidParameter }
    return handle
  }

  /// 7.3.2. `handle` nil: a new one is made.
  func install(_ guid: GUID, _ address: UInt, on handle: Handle?) throws(Status) -> Handle {
    if let handle, handle.interface(guid) != nil { throw .invalidParameter }
    guard pages.replenish() else { throw .outOfResources }
    return handles.install(guid, address, on: handle, events: events)
  }

  /// 7.3.3.
  func uninstall(_ guid: GUID, _ address: UInt, from handle: Handle) throws(Status) {
    guard let interface = handle.interface(guid), interface.address == address else { throw .notFound }
    try releaseUsers(of: interface, on: handle)
    handles.remove(interface, from: handle)
  }

  /// 7.3.4.
  func reinstall(_ guid: GUID, old: UInt, new: UInt, on handle: Handle) throws(Status) {
    guard let interface = handle.interface(guid), interface.address == old else { throw .notFound }
    try releaseUsers(of: interface, on: handle)
    interface.address = new
    handles.reannounce(guid, on: handle, events: events)
    _ = connectController(handle, drivers: [], remaining: nil, recursive: true)
  }

  /// 7.3.15: all or nothing.
  func installMultiple(_ pairs: [(guid: GUID, address: UInt)], on handle: Handle?) throws(Status) -> Handle? {
    var target = handle
    for pair in pairs where pair.guid == .devicePath {
      if deviceHandle(withPath: pair.address) != nil { throw .alreadyStarted }
    }
    for (index, pair) in pairs.enumerated() {
      do {
        target = try install(pair.guid, pair.address, on: target)
      } catch {
        guard let target else { throw error }
        for undone in pairs[..<index].reversed() { try? uninstall(undone.guid, undone.address, from: target) }
        throw error
      }
    }
    return target
  }

  /// 7.3.16: all or nothing, and INVALID_PARAMETER whatever went wrong.
  ///
  /// Checked before the first interface goes: a handle that has lost its last one cannot come back.
  func uninstallMultiple(_ pairs: [(guid: GUID, address: UInt)], from handle: Handle) throws(Status) {
    for (index, pair) in pairs.enumerated() {
      guard let interface = handle.interface(pair.guid), interface.address == pair.address,
        !pairs[..<index].contains(where: { $0.guid == pair.guid })
      else { throw .invalidParameter }
      do { try releaseUsers(of: interface, on: handle) } catch { throw .invalidParameter }
    }
    for pair in pairs {
      guard let interface = handle.interface(pair.guid) else { throw .invalidParameter }
      handles.remove(interface, from: handle)
    }
  }

  /// A handle whose device path is the same as the one at `address`.
  func deviceHandle(withPath address: UInt) -> Handle? {
    guard let pointer = UnsafeRawPointer(bitPattern: address), let wanted = DevicePath(pointer) else { return nil }
    return handles.handles(with: .devicePath).first { handle in
      guard let path = devicePath(of: handle) else { return false }
      return path.size == wanted.size && path.isPrefix(of: wanted)
    }
  }

  func devicePath(of handle: Handle) -> DevicePath? {
    guard let interface = handle.interface(.devicePath), let pointer = UnsafeRawPointer(bitPattern: interface.address)
    else { return nil }
    return DevicePath(pointer)
  }

  /// The handles that carry a protocol. That a payload asks for one that nobody has is told at debug level.
  @inline(never) private func handlesOrTell(_ guid: GUID) -> [Handle] {
    let found = handles.handles(with: guid)
    if found.isEmpty { log.write(.debug) { $0.text("asked for protocol ").guid(guid) } }
    return found
  }

  /// 7.3.6 and 7.3.14: which handles a search finds.
  func locate(_ search: UInt32, guid: GUID?, key: UnsafeMutableRawPointer?) throws(Status) -> [Handle] {
    guard let search = LocateSearch(rawValue: search) else { throw .invalidParameter }
    switch search {
    case .allHandles:
      return handles.handles
    case .byProtocol:
      guard let guid else { throw .invalidParameter }
      return handlesOrTell(guid)
    case .byRegisterNotify:
      guard let registration = handles.registration(key) else { throw .invalidParameter }
      guard let next = registration.pending.first else { return [] }
      return [next]
    }
  }

  /// 7.3.7: the handle with `guid` whose device path is the longest front of `path`.
  ///
  /// - Returns: the handle, and how many bytes of `path` its own path takes.
  func locateDevicePath(_ guid: GUID, _ path: DevicePath) throws(Status) -> (Handle, Int) {
    var best: (handle: Handle, size: Int)?
    for handle in handlesOrTell(guid) {
      guard let candidate = devicePath(of: handle), candidate.isPrefix(of: path) else { continue }
      if best.map({ $0.size < candidate.sizeWithoutEnd }) ?? true { best = (handle, candidate.sizeWithoutEnd) }
    }
    guard let best else { throw .notFound }
    return (best.handle, best.size)
  }

  /// 7.3.17.
  func locateProtocol(_ guid: GUID, registration key: UnsafeMutableRawPointer?) throws(Status) -> UInt {
    let found: Handle?
    if let key {
      guard let registration = handles.registration(key) else { throw .notFound }
      found = registration.pending.first
      if found != nil { registration.pending.removeFirst() }
    } else {
      found = handlesOrTell(guid).first
    }
    guard let interface = found?.interface(guid) else { throw .notFound }
    return interface.address
  }

  /// An array of handles in pool memory, which the payload frees.
  func handleBuffer(_ list: [Handle]) throws(Status) -> UnsafeMutableRawPointer {
    let buffer = try pool.allocate(.bootServicesData, size: UInt64(max(list.count, 1) * 8))
    let values = buffer.assumingMemoryBound(to: UInt.self)
    for (index, handle) in list.enumerated() { values[index] = handle.value }
    return buffer
  }
}

/// The pairs of a variadic service.
private func pairs(
  _ list: UnsafePointer<UnsafeRawPointer?>?, _ count: UInt64
) throws(Status) -> [(guid: GUID, address: UInt)] {
  guard firmware.pages.replenish() else { throw .outOfResources }
  var result: [(guid: GUID, address: UInt)] = []
  for index in 0..<Int(count) {
    guard let list, let guid = list[2 * index] else { throw .invalidParameter }
    result.append((GUID(at: guid), UInt(bitPattern: list[2 * index + 1])))
  }
  return result
}

@c @implementation public func virgil_install_protocol_interface(
  _ handle: UnsafeMutablePointer<efi_handle?>!, _ guid: UnsafeRawPointer!, _ type: UInt32,
  _ interface: UnsafeMutableRawPointer!
) -> efi_status {
  service {
    () throws(Status) in
    // 7.3.2: EFI_NATIVE_INTERFACE is the only interface type.
    guard let handle, let guid, type == 0 else { throw .invalidParameter }
    let target: Handle? = handle.pointee == nil ? nil : try firmware.handle(handle.pointee)
    let result = try firmware.install(GUID(at: guid), UInt(bitPattern: interface), on: target)
    handle.pointee = UnsafeMutableRawPointer(bitPattern: result.value)
  }
}

@c @implementation public func virgil_reinstall_protocol_interface(
  _ handle: efi_handle!, _ guid: UnsafeRawPointer!, _ old: UnsafeMutableRawPointer!, _ new: UnsafeMutableRawPointer!
) -> efi_status {
  service {
    () throws(Status) in
    guard let guid else { throw .invalidParameter }
    try firmware.reinstall(
      GUID(at: guid), old: UInt(bitPattern: old), new: UInt(bitPattern: new), on: firmware.handle(handle))
  }
}

@c @implementation public func virgil_uninstall_protocol_interface(
  _ handle: efi_handle!, _ guid: UnsafeRawPointer!, _ interface: UnsafeMutableRawPointer!
) -> efi_status {
  service {
    () throws(Status) in
    guard let guid else { throw .invalidParameter }
    try firmware.uninstall(GUID(at: guid), UInt(bitPattern: interface), from: firmware.handle(handle))
  }
}

@c @implementation public func virgil_register_protocol_notify(
  _ guid: UnsafeRawPointer!, _ event: efi_event!, _ registration: UnsafeMutablePointer<UnsafeMutableRawPointer?>!
) -> efi_status {
  service {
    () throws(Status) in
    guard let guid, let registration else { throw .invalidParameter }
    guard firmware.pages.replenish() else { throw .outOfResources }
    let made = firmware.handles.register(GUID(at: guid), event: try firmware.event(event))
    registration.pointee = UnsafeMutableRawPointer(Unmanaged.passUnretained(made).toOpaque())
  }
}

@c @implementation public func virgil_locate_handle(
  _ search: UInt32, _ guid: UnsafeRawPointer!, _ key: UnsafeMutableRawPointer!, _ size: UnsafeMutablePointer<UInt64>!,
  _ buffer: UnsafeMutablePointer<efi_handle?>!
) -> efi_status {
  service {
    () throws(Status) in
    guard let size else { throw .invalidParameter }
    let found = try firmware.locate(search, guid: guid.map { GUID(at: $0) }, key: key)
    guard !found.isEmpty else { throw .notFound }
    let room = size.pointee
    size.pointee = UInt64(found.count * 8)
    guard room >= size.pointee else { throw .bufferTooSmall }
    guard let buffer else { throw .invalidParameter }
    for (index, handle) in found.enumerated() { buffer[index] = UnsafeMutableRawPointer(bitPattern: handle.value) }
    if search == LocateSearch.byRegisterNotify.rawValue {
      // Each handle is told of once (7.3.6).
      firmware.handles.registration(key)?.pending.removeFirst()
    }
  }
}

@c @implementation public func virgil_locate_device_path(
  _ guid: UnsafeRawPointer!, _ path: UnsafeMutablePointer<UnsafeMutableRawPointer?>!,
  _ device: UnsafeMutablePointer<efi_handle?>!
) -> efi_status {
  service {
    () throws(Status) in
    guard let guid, let path, let start = path.pointee, let parsed = DevicePath(start) else { throw .invalidParameter }
    guard !parsed.isMultiInstance else { throw .invalidParameter }
    let (handle, size) = try firmware.locateDevicePath(GUID(at: guid), parsed)
    guard let device else { throw .invalidParameter }
    device.pointee = UnsafeMutableRawPointer(bitPattern: handle.value)
    path.pointee = start + size
  }
}

@c @implementation public func virgil_protocols_per_handle(
  _ handle: efi_handle!, _ guids: UnsafeMutablePointer<UnsafeMutableRawPointer?>!,
  _ count: UnsafeMutablePointer<UInt64>!
) -> efi_status {
  service {
    () throws(Status) in
    let handle = try firmware.handle(handle)
    guard let guids, let count else { throw .invalidParameter }
    // One block: the array of pointers that 7.3.13 asks for, then the GUIDs they point at.
    let number = handle.interfaces.count
    let block = try firmware.pool.allocate(.bootServicesData, size: UInt64(number * 24))
    let pointers = block.assumingMemoryBound(to: UnsafeMutableRawPointer?.self)
    for (index, interface) in handle.interfaces.enumerated() {
      let place = block + number * 8 + index * 16
      interface.guid.store(to: place)
      pointers[index] = place
    }
    guids.pointee = block
    count.pointee = UInt64(number)
  }
}

@c @implementation public func virgil_locate_handle_buffer(
  _ search: UInt32, _ guid: UnsafeRawPointer!, _ key: UnsafeMutableRawPointer!, _ count: UnsafeMutablePointer<UInt64>!,
  _ buffer: UnsafeMutablePointer<UnsafeMutableRawPointer?>!
) -> efi_status {
  service {
    () throws(Status) in
    guard let count, let buffer else { throw .invalidParameter }
    count.pointee = 0
    buffer.pointee = nil
    let found = try firmware.locate(search, guid: guid.map { GUID(at: $0) }, key: key)
    guard !found.isEmpty else { throw .notFound }
    buffer.pointee = try firmware.handleBuffer(found)
    count.pointee = UInt64(found.count)
    if search == LocateSearch.byRegisterNotify.rawValue { firmware.handles.registration(key)?.pending.removeFirst() }
  }
}

@c @implementation public func virgil_locate_protocol(
  _ guid: UnsafeRawPointer!, _ registration: UnsafeMutableRawPointer!,
  _ interface: UnsafeMutablePointer<UnsafeMutableRawPointer?>!
) -> efi_status {
  service {
    () throws(Status) in
    guard let guid, let interface else { throw .invalidParameter }
    interface.pointee = nil
    interface.pointee = UnsafeMutableRawPointer(
      bitPattern: try firmware.locateProtocol(GUID(at: guid), registration: registration))
  }
}

@c @implementation public func virgil_install_multiple(
  _ handle: UnsafeMutablePointer<efi_handle?>!, _ list: UnsafePointer<UnsafeRawPointer?>!, _ count: UInt64
) -> efi_status {
  service {
    () throws(Status) in
    guard let handle else { throw .invalidParameter }
    let target: Handle? = handle.pointee == nil ? nil : try firmware.handle(handle.pointee)
    let result = try firmware.installMultiple(try pairs(list, count), on: target)
    if let result { handle.pointee = UnsafeMutableRawPointer(bitPattern: result.value) }
  }
}

@c @implementation public func virgil_uninstall_multiple(
  _ handle: efi_handle!, _ list: UnsafePointer<UnsafeRawPointer?>!, _ count: UInt64
) -> efi_status {
  service {
    () throws(Status) in
    try firmware.uninstallMultiple(try pairs(list, count), from: try firmware.handle(handle))
  }
}
