// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
//
// EFI_HII_DATABASE_PROTOCOL (UEFI 2.10, 34.8): package lists are kept and given back. Strings are found in them
// (HIIStrings.swift); forms, fonts, images and keyboards are only kept. Changing a list and being told of one are not
// there (CUEFI/texts.c says UNSUPPORTED).

extension Firmware {
  /// The list that a payload's handle means.
  @inline(never) func packageList(_ handle: UnsafeMutableRawPointer?) throws(Status) -> HIIPackageList {
    var block = packageLists
    while let current = block {
      if current == handle { return HIIPackageList(block: current) }
      block = HIIPackageList(block: current).next
    }
    throw .notFound
  }

  /// 34.8.2: a copy of `packages`, with the device path of `driver` as one more (33.3.4).
  fileprivate func newList(
    _ packages: HIIPackages, driver: UnsafeMutableRawPointer?
  ) throws(Status) -> UnsafeMutableRawPointer {
    let path = driver.flatMap { devicePath(of: $0) }
    let front = packages.bytes.count - 4
    let size = front + (path.map { $0.size + 4 } ?? 0) + 4
    let block = try pool.allocate(.bootServicesData, size: UInt64(HIIPackageList.headerSize + size))
    block.storeBytes(of: packageLists, as: UnsafeMutableRawPointer?.self)
    block.storeBytes(of: driver, toByteOffset: 8, as: UnsafeMutableRawPointer?.self)
    let list = block + HIIPackageList.headerSize
    list.copyMemory(from: packages.bytes.base, byteCount: front)
    list.storeBytes(of: UInt32(size), toByteOffset: 16, as: UInt32.self)
    if let path {
      let header = UInt32(HIIPackageType.devicePath) << 24 | UInt32(path.size + 4)
      list.storeBytes(of: header, toByteOffset: front, as: UInt32.self)
      (list + (front + 4)).copyMemory(from: path.start, byteCount: path.size)
    }
    list.storeBytes(of: UInt32(HIIPackageType.end) << 24 | 4, toByteOffset: size - 4, as: UInt32.self)
    packageLists = block
    return block
  }

  /// 34.8.3.
  fileprivate func removeList(_ list: HIIPackageList) throws(Status) {
    if packageLists == list.block {
      packageLists = list.next
    } else {
      var block = packageLists
      while let current = block {
        block = HIIPackageList(block: current).next
        if block == list.block { HIIPackageList(block: current).next = list.next }
      }
    }
    try pool.free(list.block)
  }
}

@c @implementation public func virgil_hii_new_list(
  _ list: UnsafeRawPointer!, _ driver: efi_handle!, _ handle: UnsafeMutablePointer<UnsafeMutableRawPointer?>!
) -> efi_status {
  service {
    () throws(Status) in
    guard let list, let handle, let packages = HIIPackages(at: list) else { throw .invalidParameter }
    handle.pointee = try firmware.newList(packages, driver: driver)
  }
}

@c @implementation public func virgil_hii_remove_list(_ handle: UnsafeMutableRawPointer!) -> efi_status {
  service { () throws(Status) in try firmware.removeList(try firmware.packageList(handle)) }
}

/// 34.8.5.
@c @implementation public func virgil_hii_lists(
  _ type: UInt8, _ guid: UnsafeRawPointer!, _ size: UnsafeMutablePointer<UInt64>!,
  _ buffer: UnsafeMutablePointer<UnsafeMutableRawPointer?>!
) -> efi_status {
  guard let size, size.pointee == 0 || buffer != nil, (type == HIIPackageType.guid) == (guid != nil) else {
    return Status.invalidParameter.rawValue
  }
  var needed: UInt64 = 0
  var block = firmware.packageLists
  while let current = block {
    let list = HIIPackageList(block: current)
    if list.packages?.holds(type, guid) ?? false {
      if needed + 8 <= size.pointee { buffer[Int(needed / 8)] = current }
      needed += 8
    }
    block = list.next
  }
  return room(size, needed)
}

/// Writes how much is needed, and tells whether there was room for it; NOT_FOUND when nothing is.
private func room(_ size: UnsafeMutablePointer<UInt64>, _ needed: UInt64) -> UInt64 {
  let room = size.pointee
  size.pointee = needed
  return (needed == 0 ? Status.notFound : room < needed ? .bufferTooSmall : .success).rawValue
}

/// 34.8.6: one list, or all.
@c @implementation public func virgil_hii_export(
  _ handle: UnsafeMutableRawPointer!, _ size: UnsafeMutablePointer<UInt64>!, _ buffer: UnsafeMutableRawPointer!
) -> efi_status {
  guard let size, size.pointee == 0 || buffer != nil else { return Status.invalidParameter.rawValue }
  var needed: UInt64 = 0
  var block = firmware.packageLists
  while let current = block {
    let list = HIIPackageList(block: current)
    block = list.next
    if handle != nil, handle != current { continue }
    let bytes = list.bytes
    let end = needed + UInt64(bytes.count)
    if end <= size.pointee { (buffer + Int(needed)).copyMemory(from: bytes.base, byteCount: bytes.count) }
    needed = end
  }
  return room(size, needed)
}

/// 34.8.12.
@c @implementation public func virgil_hii_driver(
  _ handle: UnsafeMutableRawPointer!, _ driver: UnsafeMutablePointer<efi_handle?>!
) -> efi_status {
  guard let driver, let list = try? firmware.packageList(handle) else { return Status.invalidParameter.rawValue }
  driver.pointee = list.driver
  return 0
}
