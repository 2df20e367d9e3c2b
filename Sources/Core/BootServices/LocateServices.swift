// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
//
// Protocol handler services (UEFI 2.10, 7.3): finding handles and interfaces.

/// `EFI_LOCATE_SEARCH_TYPE` (7.3.6).
enum LocateSearch {
  static let allHandles: UInt32 = 0
  static let byRegisterNotify: UInt32 = 1
  static let byProtocol: UInt32 = 2
}

extension Firmware {
  /// 7.3.6: the handles that a search finds, into `buffer`, or only counted where there is none.
  ///
  /// - Returns: how many there are; not 0.
  private func locate(
    _ search: UInt32, _ guid: UnsafeRawPointer?, _ key: UnsafeMutableRawPointer?,
    into buffer: UnsafeMutablePointer<efi_handle?>?
  ) throws(Status) -> Int {
    var count = 0
    if search == LocateSearch.byRegisterNotify {
      // One at a time, and each is told of once.
      guard let registration = handles.registration(key) else { throw .invalidParameter }
      if let interface = handles.news(for: registration) {
        count = 1
        if let buffer {
          buffer[0] = interface.handle
          registration.seen = interface.serial
        }
      }
    } else {
      guard search == LocateSearch.allHandles || search == LocateSearch.byProtocol && guid != nil else {
        throw .invalidParameter
      }
      let wanted = search == LocateSearch.byProtocol ? guid.map { GUID(at: $0) } : nil
      var candidate = handles.next(wanted, after: nil)
      while let interface = candidate {
        buffer?[count] = interface.handle
        count += 1
        candidate = handles.next(wanted, after: interface)
      }
    }
    guard count > 0 else { throw guid.map { notFound(GUID(at: $0)) } ?? .notFound }
    return count
  }

  func locateHandle(
    _ search: UInt32, _ guid: UnsafeRawPointer?, _ key: UnsafeMutableRawPointer?, _ size: UnsafeMutablePointer<UInt64>?,
    _ buffer: UnsafeMutablePointer<efi_handle?>?
  ) throws(Status) {
    guard let size else { throw .invalidParameter }
    let room = size.pointee
    size.pointee = UInt64(try locate(search, guid, key, into: nil) * 8)
    guard room >= size.pointee else { throw .bufferTooSmall }
    guard let buffer else { throw .invalidParameter }
    _ = try locate(search, guid, key, into: buffer)
  }

  func locateHandleBuffer(
    _ search: UInt32, _ guid: UnsafeRawPointer?, _ key: UnsafeMutableRawPointer?,
    _ count: UnsafeMutablePointer<UInt64>?,
    _ buffer: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
  ) throws(Status) {
    guard let count, let buffer else { throw .invalidParameter }
    count.pointee = 0
    buffer.pointee = nil
    let found = try locate(search, guid, key, into: nil)
    let memory = try pool.allocate(.bootServicesData, size: UInt64(found * 8))
    _ = try locate(search, guid, key, into: memory.assumingMemoryBound(to: efi_handle?.self))
    buffer.pointee = memory
    count.pointee = UInt64(found)
  }

  /// 7.3.16.
  func locateProtocol(_ guid: GUID, registration key: UnsafeMutableRawPointer?) throws(Status) -> UInt {
    var interface: ProtocolInterface?
    if key == nil {
      interface = handles.next(guid, after: nil)
    } else if let registration = handles.registration(key) {
      interface = handles.news(for: registration)
      if let interface { registration.seen = interface.serial }
    }
    guard let interface, interface.guid == guid else { throw notFound(guid) }
    return interface.address
  }

  /// NOT_FOUND; at debug level it is told for which protocol.
  @inline(never) private func notFound(_ guid: GUID) -> Status {
    log.write(.debug) { $0.text("asked for protocol ").guid(guid) }
    return .notFound
  }

  // MARK: Device paths

  func devicePath(of handle: Handle) -> DevicePath? {
    guard let interface = handles.interface(.devicePath, on: handle) else { return nil }
    return UnsafeRawPointer(bitPattern: interface.address).flatMap { DevicePath($0) }
  }

  /// Whether a handle has the same device path as the one at `address`.
  func hasDevicePath(_ address: UInt) -> Bool {
    guard let pointer = UnsafeRawPointer(bitPattern: address), let path = DevicePath(pointer),
      let (_, size) = try? locateDevicePath(.devicePath, path)
    else { return false }
    return size == path.sizeWithoutEnd
  }

  /// 7.3.8: the handle with `guid` whose device path is the longest front of `path`, or of its first instance.
  ///
  /// - Returns: the handle, and how many bytes of `path` its own path takes.
  func locateDevicePath(_ guid: GUID, _ path: DevicePath) throws(Status) -> (Handle, Int) {
    var best: Handle?
    var bestSize = 0
    var candidate = handles.next(guid, after: nil)
    while let interface = candidate {
      if let front = devicePath(of: interface.handle), best == nil || front.sizeWithoutEnd > bestSize,
        front.isPrefix(of: path)
      {
        best = interface.handle
        bestSize = front.sizeWithoutEnd
      }
      candidate = handles.next(guid, after: interface)
    }
    guard let best else { throw notFound(guid) }
    return (best, bestSize)
  }

  func locateDevicePath(
    _ guid: UnsafeRawPointer?, _ path: UnsafeMutablePointer<UnsafeMutableRawPointer?>?,
    _ device: UnsafeMutablePointer<efi_handle?>?
  ) throws(Status) {
    guard let guid, let path, let start = path.pointee, let parsed = DevicePath(start) else { throw .invalidParameter }
    let (handle, size) = try locateDevicePath(GUID(at: guid), parsed)
    guard let device else { throw .invalidParameter }
    device.pointee = handle
    path.pointee = start + size
  }

  /// 7.3.14.
  func protocolsPerHandle(
    _ handle: Handle?, _ guids: UnsafeMutablePointer<UnsafeMutableRawPointer?>?, _ count: UnsafeMutablePointer<UInt64>?
  ) throws(Status) {
    let handle = try self.handle(handle)
    guard let guids, let count else { throw .invalidParameter }
    var number = 0
    var block: UnsafeMutableRawPointer?
    // Once to count them, once to list them.
    for _ in 0..<2 {
      // One block: the array of pointers that 7.3.14 asks for, then the GUIDs they point at.
      if number > 0 { block = try pool.allocate(.bootServicesData, size: UInt64(number * 24)) }
      var place = 0
      var candidate = handles.first(on: handle)
      while let interface = candidate, interface.handle == handle {
        if let block {
          let guid = block + number * 8 + place * 16
          interface.guid.store(to: guid)
          block.storeBytes(of: guid, toByteOffset: place * 8, as: UnsafeMutableRawPointer.self)
        }
        place += 1
        candidate = interface.next(InterfaceOrder.byHandle)
      }
      number = place
    }
    guids.pointee = block
    count.pointee = UInt64(number)
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
    registration.pointee = Unmanaged.passUnretained(made).toOpaque()
  }
}

@c @implementation public func virgil_locate_handle(
  _ search: UInt32, _ guid: UnsafeRawPointer!, _ key: UnsafeMutableRawPointer!, _ size: UnsafeMutablePointer<UInt64>!,
  _ buffer: UnsafeMutablePointer<efi_handle?>!
) -> efi_status {
  service { () throws(Status) in try firmware.locateHandle(search, guid, key, size, buffer) }
}

@c @implementation public func virgil_locate_device_path(
  _ guid: UnsafeRawPointer!, _ path: UnsafeMutablePointer<UnsafeMutableRawPointer?>!,
  _ device: UnsafeMutablePointer<efi_handle?>!
) -> efi_status {
  service { () throws(Status) in try firmware.locateDevicePath(guid, path, device) }
}

@c @implementation public func virgil_protocols_per_handle(
  _ handle: efi_handle!, _ guids: UnsafeMutablePointer<UnsafeMutableRawPointer?>!,
  _ count: UnsafeMutablePointer<UInt64>!
) -> efi_status {
  service { () throws(Status) in try firmware.protocolsPerHandle(handle, guids, count) }
}

@c @implementation public func virgil_locate_handle_buffer(
  _ search: UInt32, _ guid: UnsafeRawPointer!, _ key: UnsafeMutableRawPointer!, _ count: UnsafeMutablePointer<UInt64>!,
  _ buffer: UnsafeMutablePointer<UnsafeMutableRawPointer?>!
) -> efi_status {
  service { () throws(Status) in try firmware.locateHandleBuffer(search, guid, key, count, buffer) }
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
