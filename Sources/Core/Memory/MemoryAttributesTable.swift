// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// `EFI_MEMORY_ATTRIBUTES_TABLE` (UEFI 2.10, 4.6.4): how the runtime regions are to be mapped, in entries of whole
/// granules. A granule whose pages differ may be used for everything (2.3.6: attributes are the same within 64 KiB on
/// AArch64).
///
/// Its memory is had early, since nothing may be allocated at ExitBootServices; it is written when the map is final.
struct MemoryAttributesTable {
  let address: UnsafeMutableRawPointer
  private static let headerSize = 16
  private static let size: UInt64 = 2 * pageSize
  private static let limit = (Int(size) - headerSize) / MemoryDescriptor.size

  /// - Throws: OUT_OF_RESOURCES.
  init(pages: PageAllocator) throws(Status) {
    let start = try pages.allocate(
      .anyPages, type: .bootServicesData, pages: MemoryAttributesTable.size / pageSize, owner: .emulator)
    address = UnsafeMutableRawPointer(bitPattern: UInt(start))!
  }

  /// Describes the map as it is.
  func update(_ map: MemoryMap, granularity: UInt64) {
    address.initializeMemory(as: UInt8.self, repeating: 0, count: MemoryAttributesTable.headerSize)
    address.storeBytes(of: 2, as: UInt32.self)  // Version
    address.storeBytes(of: UInt32(MemoryDescriptor.size), toByteOffset: 8, as: UInt32.self)
    var end: UInt64 = 0
    var index = 0
    while index < map.regions.count {
      let region = map.regions[index]
      index += 1
      guard region.type.isRuntime else { continue }
      // What precedes `start` belongs to a granule that has been described.
      let start = max(region.start.alignedDown(granularity), end)
      let whole = region.end.alignedDown(granularity)
      var protection = UInt64(0)
      if region.protection.contains(.readOnly) { protection |= MemoryAttribute.readOnly }
      if region.protection.contains(.executeProtect) { protection |= MemoryAttribute.executeProtect }
      if start >= region.start, whole > start {
        append(start, whole, region.type, protection)
        end = whole
      }
      let rest = max(start, end)
      if rest < region.end, let last = region.end.alignedUp(granularity) {
        append(rest, last, region.type, 0)
        end = last
      }
    }
  }

  private func append(_ start: UInt64, _ end: UInt64, _ type: MemoryType, _ protection: UInt64) {
    let count = Int(address.load(fromByteOffset: 4, as: UInt32.self))
    guard count < MemoryAttributesTable.limit else { return }
    let entry = address + MemoryAttributesTable.headerSize + count * MemoryDescriptor.size
    entry.storeBytes(of: UInt64(type.rawValue), as: UInt64.self)
    entry.storeBytes(of: start, toByteOffset: 8, as: UInt64.self)
    entry.storeBytes(of: 0, toByteOffset: 16, as: UInt64.self)
    entry.storeBytes(of: (end - start) / pageSize, toByteOffset: 24, as: UInt64.self)
    entry.storeBytes(of: protection | MemoryAttribute.runtime, toByteOffset: 32, as: UInt64.self)
    entry.storeBytes(of: 0, toByteOffset: 40, as: UInt64.self)
    address.storeBytes(of: UInt32(count + 1), toByteOffset: 4, as: UInt32.self)
  }
}
