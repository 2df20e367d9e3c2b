// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// EFI_HII_DATABASE_PROTOCOL (UEFI 2.10, 34.8): package lists are kept and given back. Strings are found in them
/// (HIIStrings.swift); forms, fonts, images and keyboards are only kept.
final class HIIDatabase {
  /// Oldest first.
  private(set) var lists: HIIPackageList?
  private var notifications: HIINotification?

  /// Who wants to know of packages (34.8.7).
  final class HIINotification {
    let type: UInt8
    let guid: GUID?
    let function: UInt64
    let what: UInt64
    var next: HIINotification?

    init(type: UInt8, guid: GUID?, function: UInt64, what: UInt64, next: HIINotification?) {
      self.type = type
      self.guid = guid
      self.function = function
      self.what = what
      self.next = next
    }

    var handle: UnsafeMutableRawPointer { Unmanaged.passUnretained(self).toOpaque() }
  }

  /// `EFI_HII_DATABASE_NOTIFY_TYPE`.
  enum Notify {
    static let new: UInt64 = 1
    static let remove: UInt64 = 2
    static let export: UInt64 = 4
    static let add: UInt64 = 8
  }

  func list(_ handle: UnsafeMutableRawPointer?) throws(Status) -> HIIPackageList {
    var list = lists
    while let current = list {
      if current.handle == handle { return current }
      list = current.next
    }
    throw .notFound
  }

  func add(_ list: HIIPackageList) {
    guard var last = lists else { return lists = list }
    while let next = last.next { last = next }
    last.next = list
  }

  func remove(_ list: HIIPackageList) {
    guard let first = lists else { return }
    if first === list { return lists = list.next }
    var previous = first
    while let next = previous.next {
      if next === list { return previous.next = list.next }
      previous = next
    }
  }

  // MARK: Notifications

  func register(type: UInt8, guid: GUID?, function: UInt64, what: UInt64) -> UnsafeMutableRawPointer {
    let made = HIINotification(type: type, guid: guid, function: function, what: what, next: notifications)
    notifications = made
    return made.handle
  }

  func unregister(_ handle: UnsafeMutableRawPointer?) throws(Status) {
    var previous: HIINotification?
    var notification = notifications
    while let current = notification {
      if current.handle == handle {
        if let previous { previous.next = current.next } else { notifications = current.next }
        return
      }
      previous = current
      notification = current.next
    }
    throw .notFound
  }

  /// Tells of all packages of a list.
  func notify(_ list: HIIPackageList, _ what: UInt64) {
    var notification = notifications
    while let current = notification {
      notification = current.next
      guard current.what == what else { continue }
      var offset = HIIPackages.headerSize
      while let package = list.packages.package(at: offset) {
        offset += package.count
        guard HIIPackages.fits(package, current.type, current.guid) else { continue }
        let guid = HIIPackages.type(package) == HIIPackageType.guid ? package.base + 4 : nil
        efi_call_package_notify(
          current.function, HIIPackages.type(package), guid, package.base, list.handle, what)
      }
    }
  }
}

extension Firmware {
  /// A package list of pool memory: the packages of `first` whose types `second` does not have, then `second`'s, then
  /// the device path of `driver` if it has one.
  fileprivate func compose(
    _ first: HIIPackages?, _ second: HIIPackages, driver: UnsafeMutableRawPointer?
  ) throws(Status) -> HIIPackages {
    let path = handles.handle(driver).flatMap { devicePath(of: $0) }
    let room = (first?.bytes.count ?? 0) + second.bytes.count + (path.map { $0.size + 4 } ?? 0)
    let memory = try pool.allocate(.bootServicesData, size: UInt64(room))
    memory.copyMemory(from: second.bytes.base, byteCount: HIIPackages.headerSize)
    var size = HIIPackages.headerSize
    func take(_ packages: HIIPackages, unlessIn other: HIIPackages?) {
      var offset = HIIPackages.headerSize
      while let package = packages.package(at: offset) {
        offset += package.count
        let type = HIIPackages.type(package)
        if type == HIIPackageType.end || other?.holds(type, nil) ?? false { continue }
        (memory + size).copyMemory(from: package.base, byteCount: package.count)
        size += package.count
      }
    }
    func header(_ type: UInt8, _ length: Int) {
      (memory + size).storeBytes(of: UInt32(type) << 24 | UInt32(length), as: UInt32.self)
      size += 4
    }
    if let first { take(first, unlessIn: second) }
    take(second, unlessIn: nil)
    if let path {
      header(HIIPackageType.devicePath, path.size + 4)
      (memory + size).copyMemory(from: path.start, byteCount: path.size)
      size += path.size
    }
    header(HIIPackageType.end, 4)
    memory.storeBytes(of: UInt32(size), toByteOffset: 16, as: UInt32.self)
    guard let composed = HIIPackages(at: memory) else {
      try? pool.free(memory)
      throw .invalidParameter
    }
    return composed
  }
}

@c @implementation public func virgil_hii_new_list(
  _ list: UnsafeRawPointer!, _ driver: efi_handle!, _ handle: UnsafeMutablePointer<UnsafeMutableRawPointer?>!
) -> efi_status {
  service {
    () throws(Status) in
    guard let list, let handle, let packages = HIIPackages(at: list) else { throw .invalidParameter }
    guard firmware.pages.replenish() else { throw .outOfResources }
    let made = HIIPackageList(packages: try firmware.compose(nil, packages, driver: driver), driver: driver)
    firmware.hii.add(made)
    handle.pointee = made.handle
    firmware.hii.notify(made, HIIDatabase.Notify.new)
  }
}

@c @implementation public func virgil_hii_remove_list(_ handle: UnsafeMutableRawPointer!) -> efi_status {
  service {
    () throws(Status) in
    let list = try firmware.hii.list(handle)
    firmware.hii.notify(list, HIIDatabase.Notify.remove)
    firmware.hii.remove(list)
    try? firmware.pool.free(UnsafeMutableRawPointer(mutating: list.packages.bytes.base))
  }
}

@c @implementation public func virgil_hii_update_list(
  _ handle: UnsafeMutableRawPointer!, _ list: UnsafeRawPointer!
) -> efi_status {
  service {
    () throws(Status) in
    guard let list, let packages = HIIPackages(at: list) else { throw .invalidParameter }
    let target = try firmware.hii.list(handle)
    let old = target.packages
    target.packages = try firmware.compose(old, packages, driver: nil)
    try? firmware.pool.free(UnsafeMutableRawPointer(mutating: old.bytes.base))
    firmware.hii.notify(target, HIIDatabase.Notify.add)
  }
}

/// 34.8.5 and 34.8.7: GUID packages are named with their GUID, others without one.
private func filter(_ type: UInt8, _ guid: UnsafeRawPointer?) throws(Status) -> GUID? {
  guard (type == HIIPackageType.guid) == (guid != nil) else { throw .invalidParameter }
  return guid.map { GUID(at: $0) }
}

@c @implementation public func virgil_hii_lists(
  _ type: UInt8, _ guid: UnsafeRawPointer!, _ size: UnsafeMutablePointer<UInt64>!,
  _ buffer: UnsafeMutablePointer<UnsafeMutableRawPointer?>!
) -> efi_status {
  service {
    () throws(Status) in
    guard let size, size.pointee == 0 || buffer != nil else { throw .invalidParameter }
    let guid = try filter(type, guid)
    var count = 0
    var list = firmware.hii.lists
    while let current = list {
      if current.packages.holds(type, guid) {
        if UInt64(count) < size.pointee / 8 { buffer[count] = current.handle }
        count += 1
      }
      list = current.next
    }
    let room = size.pointee
    size.pointee = UInt64(count) * 8
    guard count > 0 else { throw .notFound }
    guard room >= size.pointee else { throw .bufferTooSmall }
  }
}

@c @implementation public func virgil_hii_export(
  _ handle: UnsafeMutableRawPointer!, _ size: UnsafeMutablePointer<UInt64>!, _ buffer: UnsafeMutableRawPointer!
) -> efi_status {
  service {
    () throws(Status) in
    guard let size, size.pointee == 0 || buffer != nil else { throw .invalidParameter }
    let only: HIIPackageList? = handle == nil ? nil : try firmware.hii.list(handle)
    let room = size.pointee
    var used: UInt64 = 0
    var list = only ?? firmware.hii.lists
    guard list != nil else { throw .notFound }
    while let current = list {
      let bytes = current.packages.bytes
      if room >= used + UInt64(bytes.count) {
        firmware.hii.notify(current, HIIDatabase.Notify.export)
        (buffer + Int(used)).copyMemory(from: bytes.base, byteCount: bytes.count)
      }
      used += UInt64(bytes.count)
      list = only == nil ? current.next : nil
    }
    size.pointee = used
    guard room >= used else { throw .bufferTooSmall }
  }
}

@c @implementation public func virgil_hii_register(
  _ type: UInt8, _ guid: UnsafeRawPointer!, _ function: UInt64, _ what: UInt64,
  _ handle: UnsafeMutablePointer<UnsafeMutableRawPointer?>!
) -> efi_status {
  service {
    () throws(Status) in
    guard let handle, function != 0 else { throw .invalidParameter }
    let guid = try filter(type, guid)
    guard firmware.pages.replenish() else { throw .outOfResources }
    handle.pointee = firmware.hii.register(type: type, guid: guid, function: function, what: what)
  }
}

@c @implementation public func virgil_hii_unregister(_ handle: UnsafeMutableRawPointer!) -> efi_status {
  service { () throws(Status) in try firmware.hii.unregister(handle) }
}

@c @implementation public func virgil_hii_driver(
  _ handle: UnsafeMutableRawPointer!, _ driver: UnsafeMutablePointer<efi_handle?>!
) -> efi_status {
  service {
    () throws(Status) in
    guard let driver, let list = try? firmware.hii.list(handle) else { throw .invalidParameter }
    driver.pointee = list.driver
  }
}

/// 34.8.9: there is none.
@c @implementation public func virgil_hii_keyboards(
  _ size: UnsafeMutablePointer<UInt64>!, _ guids: UnsafeMutableRawPointer!
) -> efi_status {
  guard let size, size.pointee == 0 || guids != nil else { return Status.invalidParameter.rawValue }
  size.pointee = 0
  return Status.success.rawValue
}
