// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
//
// Memory allocation services (UEFI 2.10, 7.2), in the order of the table.

extension Firmware {
  /// 7.2.1.
  func allocatePages(_ kind: UInt32, type: UInt32, pages count: UInt64, address: UInt64) throws(Status) -> UInt64 {
    let type = MemoryType(rawValue: type)
    guard let kind = AllocateType(rawValue: kind), type.isAllocatable else { throw .invalidParameter }
    let start = try pages.allocate(kind, type: type, pages: count, address: address, owner: .payload)
    // The specification promises nothing, but loaders have come to rely on the zeros of a machine just switched on, and
    // here memory holds what the first kernel left: systemd-stub from 258 on does not clear a section of the kernel that
    // has no bytes in the file, and Linux 6.1's zboot has all its variables in one.
    if type.isCode, let memory = UnsafeMutableRawPointer(bitPattern: UInt(start)) {
      memory.initializeMemory(as: UInt8.self, repeating: 0, count: Int(count * pageSize))
    }
    return start
  }

  /// 7.2.3. `buffer` nil or too small: nothing is written.
  ///
  /// - Returns: the bytes that the map takes.
  func getMemoryMap(into buffer: UnsafeMutableRawBufferPointer?) throws(Status) -> Int {
    let size = memory.forEachDescriptor { _, _, _ in } * MemoryDescriptor.size
    guard let buffer, buffer.count >= size else { return size }
    var offset = 0
    memory.forEachDescriptor { start, pages, region in
      MemoryDescriptor.type.write(region.type.rawValue, to: buffer, at: offset)
      buffer.storeBytes(of: 0, toByteOffset: offset + 4, as: UInt32.self)
      MemoryDescriptor.physicalStart.write(start, to: buffer, at: offset)
      MemoryDescriptor.virtualStart.write(0, to: buffer, at: offset)
      MemoryDescriptor.numberOfPages.write(pages, to: buffer, at: offset)
      MemoryDescriptor.attribute.write(region.attribute, to: buffer, at: offset)
      buffer.storeBytes(of: 0, toByteOffset: offset + 40, as: UInt64.self)
      offset += MemoryDescriptor.size
    }
    return size
  }

  /// 7.2.4.
  func allocatePool(_ type: UInt32, size: UInt64) throws(Status) -> UnsafeMutableRawPointer {
    let type = MemoryType(rawValue: type)
    guard type.isAllocatable else { throw .invalidParameter }
    return try pool.allocate(type, size: size)
  }
}

@c @implementation public func virgil_allocate_pages(
  _ kind: UInt32, _ type: UInt32, _ count: UInt64, _ memory: UnsafeMutablePointer<UInt64>!
) -> efi_status {
  service {
    () throws(Status) in
    guard let memory else { throw .invalidParameter }
    memory.pointee = try firmware.allocatePages(kind, type: type, pages: count, address: memory.pointee)
  }
}

@c @implementation public func virgil_free_pages(_ memory: UInt64, _ count: UInt64) -> efi_status {
  service { () throws(Status) in try firmware.pages.free(memory, pages: count, owner: .payload) }
}

@c @implementation public func virgil_get_memory_map(
  _ size: UnsafeMutablePointer<UInt64>!, _ map: UnsafeMutableRawPointer!, _ key: UnsafeMutablePointer<UInt64>!,
  _ descriptorSize: UnsafeMutablePointer<UInt64>!, _ version: UnsafeMutablePointer<UInt32>!
) -> efi_status {
  service {
    () throws(Status) in
    guard let size else { throw .invalidParameter }
    let room = Int(min(size.pointee, 1 << 40))
    let buffer = map.map { UnsafeMutableRawBufferPointer(start: $0, count: room) }
    let needed = try firmware.getMemoryMap(into: buffer)
    size.pointee = UInt64(needed)
    descriptorSize?.pointee = UInt64(MemoryDescriptor.size)
    version?.pointee = MemoryDescriptor.version
    guard room >= needed else { throw .bufferTooSmall }
    guard map != nil else { throw .invalidParameter }
    key?.pointee = firmware.memory.key
  }
}

@c @implementation public func virgil_allocate_pool(
  _ type: UInt32, _ size: UInt64, _ buffer: UnsafeMutablePointer<UnsafeMutableRawPointer?>!
) -> efi_status {
  service {
    () throws(Status) in
    guard let buffer else { throw .invalidParameter }
    buffer.pointee = try firmware.allocatePool(type, size: size)
  }
}

@c @implementation public func virgil_free_pool(_ buffer: UnsafeMutableRawPointer!) -> efi_status {
  service {
    () throws(Status) in
    guard let buffer else { throw .invalidParameter }
    try firmware.pool.free(buffer)
  }
}
