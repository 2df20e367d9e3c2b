// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
//
// EFI_MEMORY_ATTRIBUTE_PROTOCOL (UEFI 2.10, 37.7), on the emulator's own page tables.

extension Protection {
  /// The attribute bits that 37.7 knows.
  static let mask = MemoryAttribute.readProtect | MemoryAttribute.executeProtect | MemoryAttribute.readOnly

  init(attributes: UInt64) {
    var value: UInt8 = 0
    if attributes & MemoryAttribute.readOnly != 0 { value |= Protection.readOnly.rawValue }
    if attributes & MemoryAttribute.executeProtect != 0 { value |= Protection.executeProtect.rawValue }
    if attributes & MemoryAttribute.readProtect != 0 { value |= Protection.readProtect.rawValue }
    self.init(rawValue: value)
  }

  var attributes: UInt64 {
    (contains(.readOnly) ? MemoryAttribute.readOnly : 0)
      | (contains(.executeProtect) ? MemoryAttribute.executeProtect : 0)
      | (contains(.readProtect) ? MemoryAttribute.readProtect : 0)
  }
}

extension Firmware {
  func installMemoryAttributes() throws(Status) {
    let memory = try pool.allocate(.bootServicesData, size: UInt64(MemoryLayout<EFI_MEMORY_ATTRIBUTE_PROTOCOL>.size))
    efi_fill_memory_attribute(memory.assumingMemoryBound(to: EFI_MEMORY_ATTRIBUTE_PROTOCOL.self))
    handles.install(.memoryAttribute, UInt(bitPattern: memory), on: nil, events: events)
  }

  private func checkRange(_ base: UInt64, _ length: UInt64) throws(Status) -> UInt64 {
    guard base.isPageAligned, length.isPageAligned, length > 0 else {
      throw length == 0 ? .invalidParameter : .unsupported
    }
    let (end, overflow) = base.addingReportingOverflow(length)
    guard !overflow, memory.covers(base, end, where: { $0.isMapped }) else {
      throw .unsupported
    }
    return end
  }

  /// 37.7.2: NO_MAPPING when the range is not all alike.
  func memoryAttributes(_ base: UInt64, _ length: UInt64) throws(Status) -> UInt64 {
    let end = try checkRange(base, length)
    guard let first = memory.region(at: base) else { throw .noMapping }
    guard memory.covers(base, end, where: { $0.protection == first.protection }) else { throw .noMapping }
    return first.protection.attributes
  }

  /// 37.7.3 and 37.7.4: sets the bits of `set`, clears those of `clear`, region by region.
  func changeMemoryAttributes(_ base: UInt64, _ length: UInt64, set: UInt64, clear: UInt64) throws(Status) {
    let bits = set | clear
    guard bits != 0, bits & ~Protection.mask == 0 else { throw .invalidParameter }
    let end = try checkRange(base, length)
    guard pages.replenish() else { throw .outOfResources }
    var position = base
    while position < end {
      guard let region = memory.region(at: position) else { throw .unsupported }
      let stop = min(region.end, end)
      let wanted = Protection(attributes: region.protection.attributes & ~clear | set)
      if wanted != region.protection {
        if wanted.access == .readExecute { platform.synchronizeInstructions(address: position, size: stop - position) }
        guard pages.protect(position, stop, wanted) else { throw .outOfResources }
      }
      position = stop
    }
  }
}

@c @implementation public func virgil_memory_attributes(
  _ this: UnsafeMutableRawPointer!, _ what: UInt32, _ base: UInt64, _ length: UInt64,
  _ attributes: UnsafeMutablePointer<UInt64>!
) -> efi_status {
  service {
    () throws(Status) in
    guard let attributes else { throw .invalidParameter }
    switch what {
    case 0: attributes.pointee = try firmware.memoryAttributes(base, length)
    case 1: try firmware.changeMemoryAttributes(base, length, set: attributes.pointee, clear: 0)
    default: try firmware.changeMemoryAttributes(base, length, set: 0, clear: attributes.pointee)
    }
  }
}
