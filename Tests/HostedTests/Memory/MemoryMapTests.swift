// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Testing

/// The map against an array of pages.
struct MemoryMapTests {
  private static let pages = 2048
  private static let types: [MemoryType] = [
    .conventional, .loaderCode, .loaderData, .bootServicesData, .runtimeServicesData, .reserved,
  ]

  /// One page of the model; `kind` 0 is a hole.
  private struct Page: Equatable {
    var kind: UInt8 = 0
    var owner: PageOwner = .machine
    var isConstant = false

    func sees(_ other: Page) -> Bool { kind == other.kind }
  }

  private static func region(_ start: Int, _ count: Int, _ page: Page) -> MemoryRegion {
    MemoryRegion(
      start: UInt64(start) * pageSize, pages: UInt64(count), type: types[Int(page.kind) - 1], owner: page.owner,
      protection: page.isConstant ? .constant : .lazy)
  }

  private static func page(_ region: MemoryRegion) -> Page {
    Page(
      kind: UInt8(types.firstIndex(of: region.type)! + 1), owner: region.owner,
      isConstant: region.protection == .constant)
  }

  @Test func followsTheModelUnderRandomChanges() {
    let map = MemoryMap()
    var model = [Page](repeating: Page(), count: Self.pages)
    var random = SeededGenerator(seed: 0x6d61_7031)
    var failures = 0
    var most = 0
    for step in 0..<300_000 {
      let length = 1 + random.below(random.below(64) == 0 ? 100 : 4)
      let start = random.below(Self.pages - length)
      most = max(most, map.regions.count)
      let key = map.key
      var visible = false
      if random.below(4) > 0 {
        let page = Page(
          kind: UInt8(1 + random.below(Self.types.count)), owner: random.below(2) == 0 ? .payload : .emulator,
          isConstant: random.below(2) == 0)
        map.set(Self.region(start, length, page))
        for index in start..<start + length {
          if !model[index].sees(page) { visible = true }
          model[index] = page
        }
      } else {
        // Only what the emulator alone knows: the key must stay.
        map.update(UInt64(start) * pageSize, UInt64(start + length) * pageSize) { $0.protection = .constant }
        for index in start..<start + length where model[index].kind != 0 { model[index].isConstant = true }
      }
      if (map.key != key) != visible { failures += 1 }
      if step % 64 == 0, !Self.agrees(map, model) || complaint(about: map) != nil { failures += 1 }
      if failures > 0 {
        Issue.record("map and model differ after step \(step): \(complaint(about: map) ?? "key or content")")
        return
      }
    }
    // Long enough for a binary search to go wrong in.
    #expect(most > 200)
  }

  private static func agrees(_ map: MemoryMap, _ model: [Page]) -> Bool {
    var next = 0
    for region in map.regions {
      let first = Int(region.start / pageSize)
      for index in next..<first where model[index].kind != 0 { return false }
      next = Int(region.end / pageSize)
      let page = page(region)
      for index in first..<next where model[index] != page { return false }
    }
    for index in next..<pages where model[index].kind != 0 { return false }
    // What GetMemoryMap reports: neighbours that look alike are one.
    var end: UInt64 = 0
    var last: MemoryRegion?
    var covered: UInt64 = 0
    var merged = true
    map.forEachDescriptor { start, count, region in
      if let last, end == start, last.looksLike(region) { merged = false }
      last = region
      end = start + count * pageSize
      covered += count
    }
    return merged && covered == map.regions.reduce(0) { $0 + $1.pages }
  }

  @Test func findsRegionsByBinarySearch() {
    let map = MemoryMap()
    for index in 0..<1000 {
      map.set(MemoryRegion(start: UInt64(index) * 0x4000, pages: 2, type: index % 2 == 0 ? .conventional : .reserved))
    }
    #expect(map.regions.count == 1000)
    for index in 0..<1000 {
      let start = UInt64(index) * 0x4000
      #expect(map.region(at: start)?.start == start)
      #expect(map.region(at: start + 0x1fff)?.start == start)
      #expect(map.region(at: start + 0x2000) == nil)
    }
    #expect(map.region(at: .max) == nil)
    #expect(!map.covers(0, 0x3000) { _ in true })
    #expect(map.covers(0, 0x2000) { $0.type == .conventional })
  }

  @Test func holdsTheTopOfTheAddressSpace() {
    let map = MemoryMap()
    let top = UInt64.max - 2 * pageSize + 1
    map.set(MemoryRegion(start: top, pages: 1, type: .conventional))
    #expect(map.region(at: top + pageSize - 1)?.start == top)
    #expect(map.findFree(pages: 1, limit: .max, alignment: pageSize) == top)
    #expect(map.findFree(pages: 1, limit: top + pageSize - 1, alignment: pageSize) == top)
    #expect(map.findFree(pages: 1, limit: top + pageSize - 2, alignment: pageSize) == nil)
  }

  @Test func neverFindsPageZero() {
    let map = MemoryMap()
    map.set(MemoryRegion(start: 0, pages: 3, type: .conventional))
    #expect(map.findFree(pages: 3, limit: .max, alignment: pageSize) == nil)
    #expect(map.findFree(pages: 2, limit: .max, alignment: pageSize) == pageSize)
    #expect(map.findFree(pages: 1, limit: 0, alignment: pageSize) == nil)
    #expect(map.findFree(pages: 1, limit: .max, alignment: 0x10000) == nil)
  }
}
