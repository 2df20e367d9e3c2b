// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Testing

/// Lazy pages: writable or executable as they are used, never both (the core's own rule, see Protection).
struct LazyPageTests {
  private let platform = HostPlatform(size: 4 << 20)
  private let map = MemoryMap()
  private let pages: PageAllocator

  init() {
    map.set(MemoryRegion(start: platform.base, pages: platform.arenaSize / pageSize, type: .conventional))
    pages = PageAllocator(map: map, platform: platform, runtimeGranularity: pageSize)
  }

  @Test func codeTurnsRoundPageByPage() throws {
    let start = try pages.allocate(.anyPages, type: .loaderCode, pages: 3, owner: .payload)
    let page = start + pageSize
    #expect(platform.access(at: page) == .readWrite)
    #expect(pages.resolveFault(at: page + 0x123, execute: true))
    #expect(platform.access(at: page) == .readExecute)
    #expect(platform.access(at: start) == .readWrite && platform.access(at: page + pageSize) == .readWrite)
    // The same fault again is not this rule's: it would repeat for ever.
    #expect(!pages.resolveFault(at: page, execute: true))
    #expect(pages.resolveFault(at: page + 0xfff, execute: false))
    #expect(platform.access(at: page) == .readWrite)
    #expect(!pages.resolveFault(at: page, execute: false))
  }

  @Test func nothingElseTurns() throws {
    let data = try pages.allocate(.anyPages, type: .loaderData, pages: 1, owner: .payload)
    let code = try pages.allocate(.anyPages, type: .loaderCode, pages: 4, owner: .payload)
    #expect(pages.protect(code, code + pageSize, .readOnly))
    #expect(pages.protect(code + pageSize, code + 2 * pageSize, .constant))
    #expect(pages.protect(code + 2 * pageSize, code + 3 * pageSize, .readProtect))
    let conventional = platform.base
    for address in [data, code, code + pageSize, code + 2 * pageSize, conventional, 0, 8, UInt64.max, platform.end] {
      let access = platform.access(at: address)
      #expect(!pages.resolveFault(at: address, execute: true), "\(hex(address))")
      #expect(!pages.resolveFault(at: address, execute: false), "\(hex(address))")
      #expect(platform.access(at: address) == access)
    }
    #expect(pages.resolveFault(at: code + 3 * pageSize, execute: true))
    #expect(platform.strays.isEmpty)
  }

  @Test func anUnresolvedFaultWithoutTablesIsReported() throws {
    let code = try pages.allocate(.anyPages, type: .loaderCode, pages: 1, owner: .payload)
    platform.mapBudget = 0
    #expect(!pages.resolveFault(at: code, execute: true))
    #expect(platform.access(at: code) == .readWrite)
  }

  @Test func freedMemoryIsWritableAgain() throws {
    let before = map.regions
    let code = try pages.allocate(.anyPages, type: .loaderCode, pages: 4, owner: .payload)
    #expect(pages.resolveFault(at: code + pageSize, execute: true))
    #expect(pages.protect(code + 2 * pageSize, code + 4 * pageSize, .constant))
    try pages.free(code, pages: 4, owner: .payload)
    #expect(map.regions == before)
    for page in stride(from: code, to: code + 4 * pageSize, by: Int(pageSize)) {
      #expect(platform.access(at: page) == .readWrite)
    }
  }

  @Test func memoryThatWasProtectedWhileFreeIsWritableOnceAllocated() throws {
    // A payload may set attributes on conventional memory too (37.7.3).
    let top = platform.end - 2 * pageSize
    #expect(pages.protect(top, platform.end, .constant))
    let start = try pages.allocate(.anyPages, type: .loaderData, pages: 2, owner: .payload)
    #expect(start == top)
    #expect(platform.access(at: start) == .readWrite && platform.access(at: start + pageSize) == .readWrite)
    try pages.free(start, pages: 2, owner: .payload)
    #expect(pages.protect(platform.end - 2 << 20, platform.end, .readProtect))
    platform.heapFreeBytes = 0
    #expect(pages.replenish())
    let grown = try #require(platform.heapExtensions.first)
    #expect(grown.address + grown.size == platform.end && platform.access(at: platform.end - 1) == .readWrite)
  }
}
