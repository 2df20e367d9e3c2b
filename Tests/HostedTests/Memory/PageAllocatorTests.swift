// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Testing

/// The page allocator against an array of pages, on memory that is nowhere: the allocator does not touch what it gives.
struct PageAllocatorTests {
  private static let grain = 16
  private static let types: [MemoryType] = [
    .loaderCode, .loaderData, .bootServicesData, MemoryType(rawValue: 0x8000_0001),
    .runtimeServicesCode, .runtimeServicesData, .reserved, .acpiNVS,
  ]

  private static func isGranular(_ type: MemoryType) -> Bool {
    type.isRuntime || type == .reserved || type == .acpiNVS
  }

  private struct Page: Equatable {
    var type: MemoryType
    var owner: PageOwner
    static let free = Page(type: .conventional, owner: .machine)
  }

  /// RAM from page 0 on, with a hole and a machine's own region in it.
  private final class Model {
    static let hole = 700..<720
    static let machine = 300..<316
    static let count = 1500
    var pages = [Page?](repeating: .free, count: count)
    let map = MemoryMap()
    let platform = HostPlatform(size: pageSize)
    let allocator: PageAllocator

    init() {
      map.set(MemoryRegion(start: 0, pages: UInt64(Model.count), type: .conventional))
      for index in Model.hole { pages[index] = nil }
      for index in Model.machine { pages[index] = Page(type: .acpiReclaim, owner: .machine) }
      map.set(MemoryRegion(start: UInt64(Model.machine.lowerBound) * pageSize, pages: 16, type: .acpiReclaim))
      // A map has no way to lose a region: what is a hole here is unusable there.
      map.set(MemoryRegion(start: UInt64(Model.hole.lowerBound) * pageSize, pages: 20, type: .unusable))
      allocator = PageAllocator(map: map, platform: platform, runtimeGranularity: UInt64(grain) * pageSize)
    }

    func isFree(_ range: Range<Int>) -> Bool { pages[range].allSatisfy { $0 == .free } }

    /// Whether any aligned run of free pages lies above page 0 and ends at or below `limit` pages.
    func hasRun(_ count: Int, alignment: Int, limit: Int) -> Bool {
      var length = 0
      for page in 1..<max(1, min(limit, Model.count)) {
        length = pages[page] == .free ? length + 1 : 0
        // The highest aligned start at which `count` pages end at this page or before.
        if length >= count, (page + 1 - count) / alignment * alignment > page - length { return true }
      }
      return false
    }

    func agrees() -> Bool {
      var position = 0
      for region in map.regions {
        for _ in 0..<region.pages {
          let known = pages[position]
          if known == nil ? region.type != .unusable : known != Page(type: region.type, owner: region.owner) {
            return false
          }
          position += 1
        }
        // A kernel with 64 KiB pages maps runtime regions whole.
        if region.owner != .machine, PageAllocatorTests.isGranular(region.type) {
          let grain = UInt64(PageAllocatorTests.grain) * pageSize
          if region.start % grain != 0 || region.end % grain != 0 { return false }
        }
      }
      return position == Model.count && complaint(about: map) == nil
    }
  }

  @Test func followsTheModelUnderRandomRequests() {
    let model = Model()
    var random = SeededGenerator(seed: 0x7061_6765)
    var counts = (allocated: 0, refused: 0, freed: 0, rejected: 0)
    for step in 0..<200_000 {
      let fine: Bool
      if random.below(2) == 0 {
        fine = allocate(model, &random, &counts.allocated, &counts.refused)
      } else {
        fine = free(model, &random, &counts.freed, &counts.rejected)
      }
      guard fine, step % 16 != 0 || model.agrees() else {
        Issue.record("allocator and model differ after step \(step)")
        return
      }
    }
    // Each kind of answer was seen, and often.
    #expect(counts.allocated > 20_000 && counts.refused > 1000 && counts.freed > 20_000 && counts.rejected > 1000)
    #expect(model.platform.strays.allSatisfy { $0.size > 0 })
  }

  /// - Returns: whether the allocator did what the model says.
  private func allocate(
    _ model: Model, _ random: inout SeededGenerator, _ done: inout Int, _ refused: inout Int
  ) -> Bool {
    let type = Self.types[random.below(Self.types.count)]
    let owner: PageOwner = random.below(4) == 0 ? .emulator : .payload
    let count = 1 + random.below(random.below(8) == 0 ? 100 : 8)
    let grain = Self.isGranular(type) ? Self.grain : 1
    let rounded = (count + grain - 1) / grain * grain
    let kind = AllocateType(rawValue: UInt32(random.below(3)))!
    let place = random.below(Model.count)
    // One less than a boundary is where limits go wrong.
    let address = UInt64(place) * pageSize &- (kind == .maxAddress ? UInt64(random.below(2)) : 0)
    do throws(Status) {
      let start = try model.allocator.allocate(kind, type: type, pages: UInt64(count), address: address, owner: owner)
      let first = Int(start / pageSize)
      let range = first..<first + rounded
      guard start.isPageAligned, first > 0, first % grain == 0, range.upperBound <= Model.count, model.isFree(range)
      else { return false }
      if kind == .address, start != address { return false }
      if kind == .maxAddress, UInt64(range.upperBound) * pageSize - 1 > address { return false }
      for index in range { model.pages[index] = Page(type: type, owner: owner) }
      done += 1
      return true
    } catch {
      refused += 1
      switch kind {
      case .address:
        let fits = place > 0 && place % grain == 0 && place + rounded <= Model.count
        return error == .notFound && !(fits && model.isFree(place..<place + rounded))
      case .maxAddress:
        let limit = address == .max ? Model.count : Int((address + 1) / pageSize)
        return error == .outOfResources && !model.hasRun(rounded, alignment: grain, limit: limit)
      case .anyPages:
        return error == .outOfResources && !model.hasRun(rounded, alignment: grain, limit: Model.count)
      }
    }
  }

  private func free(_ model: Model, _ random: inout SeededGenerator, _ done: inout Int, _ rejected: inout Int) -> Bool {
    var first = random.below(Model.count)
    // Mostly at the start of something that is the payload's, and mostly all of it.
    if random.below(8) > 0, let region = model.map.region(at: UInt64(first) * pageSize) {
      first = Int(region.start / pageSize)
    }
    let region = model.map.region(at: UInt64(first) * pageSize)!
    let count = random.below(3) > 0 ? min(Int(region.pages), 1 + random.below(64)) : 1 + random.below(40)
    let owner: PageOwner = random.below(4) == 0 ? .emulator : .payload

    func page(_ index: Int) -> Page? { index < Model.count ? model.pages[index] : nil }
    var end = first + count
    if let last = page(end - 1), Self.isGranular(last.type) { end = (end + Self.grain - 1) / Self.grain * Self.grain }
    let startsWell = page(first).map { !Self.isGranular($0.type) || first % Self.grain == 0 } ?? false
    let allowed = startsWell && (first..<end).allSatisfy { page($0)?.owner == owner }
    let key = model.map.key
    do throws(Status) {
      try model.allocator.free(UInt64(first) * pageSize, pages: UInt64(count), owner: owner)
      guard allowed, model.map.key != key else { return false }
      for index in first..<end { model.pages[index] = .free }
      done += 1
      return true
    } catch {
      rejected += 1
      return !allowed && error == .notFound && model.map.key == key
    }
  }

  @Test(arguments: [
    (UInt32(0), UInt64.max, UInt64(0)), (0, .max - 15, 0), (0, 1 << 52, 0), (0, 0, 0),
    (1, .max, .max), (1, 1, 0), (1, 1, 4095), (1, 1, 4096),
    (2, .max, 4096), (2, 1 << 51, 4096), (2, 1, 0), (2, 1, .max - 4095), (2, 1, 4097), (2, 0, 4096),
  ])
  func refusesImpossibleRequests(_ kind: UInt32, _ pages: UInt64, _ address: UInt64) {
    for type in Self.types {
      let model = Model()
      let key = model.map.key
      #expect(throws: Status.self) {
        try model.allocator.allocate(
          AllocateType(rawValue: kind)!, type: type, pages: pages, address: address, owner: .payload)
      }
      #expect(model.map.key == key && model.agrees())
    }
  }

  @Test(arguments: [
    (UInt64(4096), UInt64.max, Status.invalidParameter), (4096, 1 << 52, .invalidParameter),
    (4096, 0, .invalidParameter),
    (4097, 1, .invalidParameter), (.max - 4095, 1, .invalidParameter), (.max - 8191, 1, .notFound), (0, 1, .notFound),
    (0, 1 << 51, .notFound),
  ])
  func refusesImpossibleFrees(_ start: UInt64, _ pages: UInt64, _ status: Status) throws {
    let model = Model()
    let kept = try model.allocator.allocate(.anyPages, type: .loaderData, pages: 3, owner: .payload)
    #expect(throws: status) { try model.allocator.free(start, pages: pages, owner: .payload) }
    try model.allocator.free(kept, pages: 3, owner: .payload)
    #expect(throws: Status.notFound) { try model.allocator.free(kept, pages: 3, owner: .payload) }
  }

  @Test func keepsWhatTheMemoryIsCapableOf() throws {
    let map = MemoryMap()
    let special: UInt64 = MemoryAttribute.writeBack | 0x40000  // EFI_MEMORY_SP
    map.set(MemoryRegion(start: 0x10000, pages: 2, type: .conventional))
    map.set(MemoryRegion(start: 0x12000, pages: 2, type: .conventional, attribute: special))
    let before = map.regions
    let allocator = PageAllocator(map: map, platform: HostPlatform(size: pageSize), runtimeGranularity: pageSize)
    let start = try allocator.allocate(
      .address, type: .runtimeServicesData, pages: 4, address: 0x10000, owner: .payload)
    #expect(map.region(at: 0x13000)?.attribute == special | MemoryAttribute.runtime)
    #expect(map.region(at: 0x10000)?.attribute == MemoryAttribute.ram | MemoryAttribute.runtime)
    try allocator.free(start, pages: 4, owner: .payload)
    #expect(map.regions == before)
  }

  @Test func growsHeapAndTablesFromTheMap() throws {
    let platform = HostPlatform(size: 8 << 20)
    let map = MemoryMap()
    map.set(MemoryRegion(start: platform.base, pages: platform.arenaSize / pageSize, type: .conventional))
    let allocator = PageAllocator(map: map, platform: platform, runtimeGranularity: pageSize)
    platform.heapFreeBytes = 1000
    platform.tablePagesFree = 3
    #expect(allocator.replenish())
    #expect(platform.heapFreeBytes >= PageAllocator.heapReserve)
    #expect(platform.tablePagesFree >= PageAllocator.tableReserve)
    for grown in platform.heapExtensions + platform.tableExtensions {
      #expect(map.covers(grown.address, grown.address + grown.size) { $0.owner == .emulator })
      #expect(throws: Status.notFound) { try allocator.free(grown.address, pages: 1, owner: .payload) }
    }
    // Nothing is left to grow with: the answer is OUT_OF_RESOURCES, before anything is taken.
    while map.findFree(pages: 1, limit: .max, alignment: pageSize) != nil {
      _ = try allocator.allocate(.anyPages, type: .loaderData, pages: 1, owner: .payload)
    }
    platform.heapFreeBytes = 0
    #expect(throws: Status.outOfResources) {
      try allocator.allocate(.anyPages, type: .loaderData, pages: 1, owner: .payload)
    }
  }
}
