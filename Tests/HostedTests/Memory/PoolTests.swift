// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Testing

struct PoolTests {
  private let platform = HostPlatform(size: 64 << 20)
  private let map = MemoryMap()
  private let pages: PageAllocator
  private let pool: Pool

  init() {
    map.set(MemoryRegion(start: platform.base, pages: platform.arenaSize / pageSize, type: .conventional))
    pages = PageAllocator(map: map, platform: platform, runtimeGranularity: 0x10000)
    pool = Pool(pages: pages)
  }

  private struct Block {
    let pointer: UnsafeMutableRawPointer
    let size: Int
    let type: MemoryType
    let mark: UInt8

    func fill() { pointer.initializeMemory(as: UInt8.self, repeating: mark, count: size) }
    /// Whether nobody else has written to it. A block of many pages is looked at in places.
    var isIntact: Bool {
      let step = size > 512 ? 61 : 1
      for offset in stride(from: 0, to: size, by: step)
      where pointer.load(fromByteOffset: offset, as: UInt8.self) != mark {
        return false
      }
      return size == 0 || pointer.load(fromByteOffset: size - 1, as: UInt8.self) == mark
    }
  }

  @Test func blocksNeverOverlapAndStrangersAreRefused() {
    let types: [MemoryType] = [.loaderData, .bootServicesData, .runtimeServicesData, MemoryType(rawValue: 0x8000_0000)]
    var random = SeededGenerator(seed: 0x706f_6f6c)
    var live: [Block] = []
    var addresses = Set<UInt>()
    var freed: [UnsafeMutableRawPointer] = []
    for step in 0..<300_000 {
      var fine = true
      switch random.below(8) {
      case 0..<4 where live.count < 3000:
        let large = random.below(40) == 0
        let size = large ? 1900 + random.below(20_000) : random.below(1 + random.below(2200))
        let type = types[random.below(types.count)]
        guard let pointer = try? pool.allocate(type, size: UInt64(size)) else {
          Issue.record("no memory for \(size) bytes")
          return
        }
        let block = Block(pointer: pointer, size: size, type: type, mark: UInt8(truncatingIfNeeded: step))
        let address = UInt64(UInt(bitPattern: pointer))
        fine =
          address % 8 == 0 && addresses.insert(UInt(address)).inserted
          && map.covers(address.alignedDown(pageSize), address + UInt64(max(size, 1))) {
            $0.type == type && $0.owner == .emulator
          }
        block.fill()
        live.append(block)
      case 7 where !freed.isEmpty || !live.isEmpty:
        fine = refusesGarbage(&random, live, freed, addresses)
      default:
        guard !live.isEmpty else { continue }
        let block = live.swapRemove(random.below(live.count))
        addresses.remove(UInt(bitPattern: block.pointer))
        fine = block.isIntact
        do { try pool.free(block.pointer) } catch { fine = false }
        if freed.count > 64 { freed.removeFirst() }
        freed.append(block.pointer)
      }
      guard fine else {
        Issue.record("the pool went wrong at step \(step)")
        return
      }
    }
    #expect(live.allSatisfy { $0.isIntact })
    for block in live { #expect(throws: Never.self) { try pool.free(block.pointer) } }
    // One empty slab of each size and type is kept; everything else has gone back.
    let kept = map.regions.filter { $0.owner == .emulator }.reduce(0) { $0 + $1.pages }
    #expect(kept <= 11 * (3 + 16))
    #expect(complaint(about: map) == nil)
  }

  /// A pointer that AllocatePool has not given out, or not any more.
  private func refusesGarbage(
    _ random: inout SeededGenerator, _ live: [Block], _ freed: [UnsafeMutableRawPointer], _ addresses: Set<UInt>
  ) -> Bool {
    let candidate: UInt
    switch random.below(4) {
    case 0 where !freed.isEmpty: candidate = UInt(bitPattern: freed[random.below(freed.count)])
    case 1 where !live.isEmpty:
      let block = live[random.below(live.count)]
      candidate = UInt(bitPattern: block.pointer) + UInt(1 + random.below(max(block.size, 2) - 1))
    case 2: candidate = UInt(platform.base) + UInt(random.below(Int(platform.arenaSize)))
    default: candidate = UInt(truncatingIfNeeded: random.next() | 1)
    }
    guard !addresses.contains(candidate), let pointer = UnsafeMutableRawPointer(bitPattern: candidate) else {
      return true
    }
    let key = map.key
    do {
      try pool.free(pointer)
      return false
    } catch {
      return error == .invalidParameter && map.key == key
    }
  }

  @Test func refusesImpossibleSizes() {
    let sizes: [UInt64] = [.max, .max - 63, .max - 4096, 1 << 63, 1 << 52, platform.arenaSize]
    for size in sizes {
      let key = map.key
      #expect(throws: Status.outOfResources) { try pool.allocate(.loaderData, size: size) }
      #expect(map.key == key)
    }
  }

  @Test func copiedHeaderIsNoBlock() throws {
    let genuine = try pool.allocate(.loaderData, size: 9000)
    let other = try pool.allocate(.loaderData, size: 3 * 4096)
    let page = UnsafeMutableRawPointer(bitPattern: (UInt(bitPattern: other) & ~0xfff) + 0x1000)!
    page.copyMemory(from: UnsafeRawPointer(bitPattern: UInt(bitPattern: genuine) & ~0xfff)!, byteCount: 64)
    #expect(throws: Status.invalidParameter) { try pool.free(page + 64) }
    let small = try pool.allocate(.loaderData, size: 100)
    page.copyMemory(from: UnsafeRawPointer(bitPattern: UInt(bitPattern: small) & ~0xfff)!, byteCount: 64)
    #expect(throws: Status.invalidParameter) { try pool.free(page + Int(UInt(bitPattern: small) & 0xfff)) }
    for block in [genuine, other, small] { try pool.free(block) }
  }

  @Test func allocatingAndFreeingInTurnLeavesTheMapAlone() throws {
    try pool.free(try pool.allocate(.loaderData, size: 48))
    let key = map.key
    for _ in 0..<100 { try pool.free(try pool.allocate(.loaderData, size: 48)) }
    #expect(map.key == key)
  }
}

extension Array {
  /// Removes an element in constant time; the last one takes its place.
  mutating func swapRemove(_ index: Int) -> Element {
    swapAt(index, count - 1)
    return removeLast()
  }
}
