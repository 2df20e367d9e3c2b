// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// `EFI_ALLOCATE_TYPE` (UEFI 2.10, 7.2.1).
public enum AllocateType: UInt32 {
  case anyPages = 0
  case maxAddress = 1
  case address = 2
}

/// Gives out pages of the memory map and takes them back, and keeps page tables and map in step.
public final class PageAllocator {
  public let map: MemoryMap
  let platform: any Platform

  /// Runtime regions start and end on this boundary, so that a kernel with larger pages can map them
  /// (UEFI 2.10, 2.3.6: 64 KiB on AArch64).
  public let runtimeGranularity: UInt64

  /// Bytes that the heap must have free before a service starts. Swift stops the machine when an allocation
  /// fails, so the emulator makes sure beforehand, and otherwise answers OUT_OF_RESOURCES.
  static let heapReserve = 192 * 1024

  public init(map: MemoryMap, platform: any Platform, runtimeGranularity: UInt64) {
    self.map = map
    self.platform = platform
    self.runtimeGranularity = runtimeGranularity
  }

  private func granularity(_ type: MemoryType) -> UInt64 {
    switch type {
    case .runtimeServicesCode, .runtimeServicesData, .reserved, .acpiNVS: runtimeGranularity
    default: pageSize
    }
  }

  /// Pages for tables that must be free before a service starts: a range that is cut out of two large blocks takes
  /// two tables at each end, and a fault after ExitBootServices can ask for no more.
  static let tableReserve = 24

  /// Grows the heap and the page tables' stock while they are below their reserves.
  ///
  /// - Returns: false when there is no memory to grow them with.
  public func replenish() -> Bool {
    // Arrays double: the largest one, the map itself, may need twice its size in one piece.
    let needed = PageAllocator.heapReserve + 3 * map.regions.count * MemoryLayout<MemoryRegion>.stride
    while platform.heapFreeBytes < needed {
      let pages = UInt64(max(needed, 512 * 1024)) / pageSize + 1
      guard let start = take(pages: pages) else { return false }
      platform.extendHeap(address: start, size: pages * pageSize)
    }
    if platform.tablePagesFree < PageAllocator.tableReserve {
      guard let start = take(pages: 64) else { return false }
      platform.extendTables(address: start, size: 64 * pageSize)
    }
    return true
  }

  private func take(pages: UInt64) -> UInt64? {
    guard let start = map.findFree(pages: pages, limit: .max, alignment: pageSize),
      makeWritable(start, start + pages * pageSize)
    else { return nil }
    occupy(start, start + pages * pageSize, type: .bootServicesData, owner: .emulator)
    return start
  }

  /// Gives free pages a type and an owner. What the memory is capable of stays as it was.
  private func occupy(_ start: UInt64, _ end: UInt64, type: MemoryType, owner: PageOwner) {
    map.update(start, end) { region in
      region.type = type
      if type.isRuntime { region.attribute |= MemoryAttribute.runtime }
      region.owner = owner
      region.protection = .initial(for: type)
    }
  }

  /// Free memory is mapped writable, unless a payload has set attributes on it (37.7.3).
  private func makeWritable(_ start: UInt64, _ end: UInt64) -> Bool {
    map.covers(start, end) { $0.protection == .executeProtect }
      || platform.map(address: start, size: end - start, access: .readWrite, cache: .writeBack)
  }

  /// Allocates pages.
  ///
  /// - Parameters:
  ///   - kind: where they may lie
  ///   - type: what they become; the caller has checked that it may be asked for
  ///   - pages: how many 4 KiB pages
  ///   - address: the highest address for `maxAddress`, the first byte for `address`
  ///   - owner: who may free them
  ///   - alignment: bytes, a power of two; at least a page
  /// - Returns: the address of the first byte.
  /// - Throws: OUT_OF_RESOURCES, NOT_FOUND or INVALID_PARAMETER as 7.2.1 lists them.
  public func allocate(
    _ kind: AllocateType, type: MemoryType, pages: UInt64, address: UInt64 = 0, owner: PageOwner,
    alignment: UInt64 = pageSize
  ) throws(Status) -> UInt64 {
    guard replenish() else { throw .outOfResources }
    let granularity = granularity(type)
    let pagesPerGrain = granularity / pageSize
    let (rounded, overflow) = pages.addingReportingOverflow(pagesPerGrain - 1)
    guard !overflow else { throw .outOfResources }
    let count = rounded / pagesPerGrain * pagesPerGrain
    guard pages > 0 else { throw .invalidParameter }

    let start: UInt64
    switch kind {
    case .anyPages, .maxAddress:
      let limit = kind == .anyPages ? UInt64.max : address
      guard let found = map.findFree(pages: count, limit: limit, alignment: max(granularity, alignment)) else {
        throw .outOfResources
      }
      start = found
    case .address:
      guard address & (granularity - 1) == 0 else { throw address.isPageAligned ? .notFound : .invalidParameter }
      let (size, tooLarge) = count.multipliedReportingOverflow(by: pageSize)
      let (end, wraps) = address.addingReportingOverflow(size)
      guard !tooLarge, !wraps, address > 0, map.covers(address, end, where: { $0.type == .conventional }) else {
        throw .notFound
      }
      start = address
    }
    let end = start + count * pageSize
    guard makeWritable(start, end) else { throw .outOfResources }
    occupy(start, end, type: type, owner: owner)
    return start
  }

  /// Frees pages that `owner` has allocated, all or part of one allocation or of several adjacent ones.
  ///
  /// - Throws: INVALID_PARAMETER or NOT_FOUND as 7.2.2 lists them.
  public func free(_ start: UInt64, pages: UInt64, owner: PageOwner) throws(Status) {
    guard start.isPageAligned, pages > 0 else { throw .invalidParameter }
    let (size, tooLarge) = pages.multipliedReportingOverflow(by: pageSize)
    let (end, wraps) = start.addingReportingOverflow(size)
    guard !tooLarge, !wraps else { throw .invalidParameter }
    // What was rounded up when it was allocated goes as it came: whole, at both ends.
    guard let first = map.region(at: start)?.type, let last = map.region(at: end - 1)?.type,
      start & (granularity(first) - 1) == 0, let roundedEnd = end.alignedUp(granularity(last)),
      map.covers(start, roundedEnd, where: { $0.owner == owner })
    else { throw .notFound }

    map.update(start, roundedEnd) { region in
      // Only what was not plain writable data has another mapping. Without a table to change it with, the page keeps
      // it, and the books say so: it is tried again before somebody gets the page.
      if region.protection == .executeProtect
        || platform.map(address: region.start, size: region.pages * pageSize, access: .readWrite, cache: .writeBack)
      {
        region.protection = .executeProtect
      }
      region.type = .conventional
      region.attribute &= ~MemoryAttribute.runtime
      region.owner = .machine
    }
  }

  /// Changes what [start, end) may be used for, in the page tables and in the books.
  ///
  /// - Returns: false when no page table could be had; some pages may have changed then.
  public func protect(_ start: UInt64, _ end: UInt64, _ protection: Protection) -> Bool {
    guard
      platform.map(address: start, size: end - start, access: protection.access, cache: .writeBack)
    else { return false }
    map.update(start, end) { $0.protection = protection }
    return true
  }

  /// Turns a lazy page round, writable or executable, when a fault asks for it.
  ///
  /// - Returns: false when the fault is a real one.
  public func resolveFault(at address: UInt64, execute: Bool) -> Bool {
    guard let region = map.region(at: address), region.protection == .lazy, region.isMapped else { return false }
    let wanted: Access = execute ? .readExecute : .readWrite
    guard platform.access(at: address) != wanted else { return false }
    return platform.map(address: address.alignedDown(pageSize), size: pageSize, access: wanted, cache: .writeBack)
  }
}
