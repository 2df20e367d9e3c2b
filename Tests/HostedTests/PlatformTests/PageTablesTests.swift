// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Testing

/// Memory for tables, with the rules a CPU expects checked at each change.
final class ModelMemory<Encoding: TableEncoding>: TableMemory {
  var pages: [UInt64: [UInt64]] = [:]
  var levels: [UInt64: Int] = [:]
  var budget: Int
  var next: UInt64 = 0x1000_0000_0000
  var violations: [String] = []
  let encoding: Encoding

  init(_ encoding: Encoding, budget: Int) {
    self.encoding = encoding
    self.budget = budget + 1
    root = 0
    root = takePage()!
    pages[root] = [UInt64](repeating: 0, count: 512)
    levels[root] = encoding.levels - 1
  }
  var root: UInt64

  func load(_ address: UInt64) -> UInt64 {
    guard let page = pages[address & ~0xfff] else {
      violations.append("read outside tables at \(address)")
      return 0
    }
    return page[Int(address & 0xfff) / 8]
  }

  private func write(_ value: UInt64, at address: UInt64, broken: Bool) {
    let (table, index) = (address & ~0xfff, Int(address & 0xfff) / 8)
    guard let old = pages[table]?[index] else {
      violations.append("write outside tables at \(address)")
      return
    }
    if let level = levels[table] {  // linked
      if !broken, encoding.needsBreak(from: old, to: value, level: level) { violations.append("no break before make") }
      if case .table(let lower) = encoding.decode(value, level: level) { levels[lower] = level - 1 }
    }
    pages[table]![index] = value
  }

  func store(_ value: UInt64, at address: UInt64) { write(value, at: address, broken: false) }
  func link(_ value: UInt64, at address: UInt64) { write(value, at: address, broken: false) }
  func replace(_ value: UInt64, at address: UInt64) { write(value, at: address, broken: true) }

  func takePage() -> UInt64? {
    guard budget > 0 else { return nil }
    budget -= 1
    next += 4096
    pages[next] = [UInt64](repeating: .max, count: 512)
    return next
  }
  func returnPage(_ address: UInt64) { budget += 1 }
  func invalidate(_ address: UInt64) {}
  func invalidateAll() {}
  func publish() {}
}

@Suite struct PageTablesTests {
  static let el1 = AArch64Encoding(singlePrivilege: false, physicalAddressRange: 5)
  static let x86 = X86Encoding(fiveLevels: false, gigabytePages: true, noExecute: true, physicalBits: 46)

  func tables<Encoding: TableEncoding>(
    _ encoding: Encoding, budget: Int = 1000
  ) -> PageTables<ModelMemory<Encoding>, Encoding> {
    let memory = ModelMemory(encoding, budget: budget)
    return PageTables(root: memory.root, memory: memory, encoding: encoding)
  }

  @Test func largeRangesAreBlocks() {
    let tables = tables(Self.el1)
    #expect(tables.map(address: 0x4000_0000, size: 0x8020_3000, access: .readWrite, cache: .writeBack))
    #expect(tables.leaf(at: 0x4000_0000)?.level == 2)
    #expect(tables.leaf(at: 0x8000_0000)?.level == 2)
    #expect(tables.leaf(at: 0xc000_0000)?.level == 1)
    #expect(tables.leaf(at: 0xc020_2fff)?.level == 0)
    #expect(tables.leaf(at: 0xc020_3000) == nil)
    #expect(tables.leaf(at: 0x3fff_ffff) == nil)
  }

  @Test func withoutGigabytePagesTheyAre2MiB() {
    let tables = tables(X86Encoding(fiveLevels: true, gigabytePages: false, noExecute: true, physicalBits: 46))
    #expect(tables.map(address: 0x4000_0000, size: 0x4000_0000, access: .readWrite, cache: .writeBack))
    #expect(tables.leaf(at: 0x4000_0000)?.level == 1)
  }

  @Test func changingOnePageSplitsItsBlocksAndNothingElse() {
    let tables = tables(Self.el1)
    #expect(tables.map(address: 0x4000_0000, size: 0x4000_0000, access: .readWrite, cache: .writeBack))
    #expect(tables.map(address: 0x4123_4000, size: 0x1000, access: .readExecute, cache: .writeBack))
    #expect(tables.access(at: 0x4123_3fff) == .readWrite)
    #expect(tables.access(at: 0x4123_4000) == .readExecute)
    #expect(tables.access(at: 0x4123_4fff) == .readExecute)
    #expect(tables.access(at: 0x4123_5000) == .readWrite)
    #expect(tables.leaf(at: 0x4140_0000)?.level == 1)
    #expect(tables.memory.violations == [])
  }

  @Test func asUnmappedAsBeforeNeedsNoTable() {
    let tables = tables(Self.el1, budget: 0)
    #expect(tables.map(address: 0x4000_0000, size: 0x1000, access: .none, cache: .writeBack))
  }

  @Test func pageZeroStaysUnmapped() {
    let tables = tables(Self.x86)
    #expect(tables.map(address: 0, size: 0x40_0000, access: .readWrite, cache: .writeBack))
    #expect(tables.access(at: 0xfff) == .none)
    #expect(tables.access(at: 0x1000) == .readWrite)
    #expect(tables.leaf(at: 0x20_0000)?.level == 1)
    #expect(tables.map(address: 0, size: 0x1000, access: .readWrite, cache: .writeBack))
    #expect(tables.access(at: 0) == .none)
  }

  @Test(
    arguments: [
      (0x1800, 0x1000), (0x1000, 0x1800), (0xffff_ffff_ffff_f000, 0x2000), (0x1_0000_0000_0000, 0x1000),
      (0xffff_ffff_f000, 0x2000), (0xffff_8000_0000_0000, 0x1000),
    ] as [(UInt64, UInt64)])
  func rangesThatCannotBeMappedAreRefused(address: UInt64, size: UInt64) {
    let tables = tables(Self.el1)
    #expect(!tables.map(address: address, size: size, access: .readWrite, cache: .writeBack))
    #expect(tables.access(at: address) == .none)
    #expect(tables.memory.pages.count == 1)
  }

  @Test func theLastMappablePageIsMapped() {
    let tables = tables(Self.el1)
    #expect(tables.map(address: (1 << 48) - 0x1000, size: 0x1000, access: .readOnly, cache: .writeBack))
    #expect(tables.access(at: (1 << 48) - 1) == .readOnly)
    #expect(tables.access(at: 1 << 48) == .none)
  }

  @Test func pinnedMemoryHasEntriesOfItsOwn() {
    let tables = tables(Self.el1)
    #expect(tables.map(address: 0x4000_0000, size: 0x4000_0000, access: .readWrite, cache: .writeBack))
    #expect(tables.pin(0x4000_5000))
    #expect(tables.leaf(at: 0x4000_5000)?.level == 0)
    #expect(tables.pin(0x8000_0000))
    #expect(tables.access(at: 0x8000_0000) == .readWrite)
    #expect(!tables.pin(1 << 50))
    #expect(!tables.pin(0))
  }

  @Test func whatIsWritableAndExecutableIsFoundWhereverItIs() {
    let tables = tables(Self.x86)
    #expect(tables.map(address: 0x4000_0000, size: 0x3000, access: .readExecute, cache: .writeBack))
    #expect(tables.firstWritableExecutable() == nil)
    for (page, words) in tables.memory.pages where tables.memory.levels[page] == 0 {
      for (index, word) in words.enumerated() where word & 0xffff_f000 == 0x4000_2000 {
        tables.memory.pages[page]![index] = word | 2
      }
    }
    #expect(tables.firstWritableExecutable() == 0x4000_2000)
  }

  @Test(arguments: 0..<12)
  func aRangeThatFindsNoPageForTablesChangesNothing(budget: Int) {
    let tables = tables(Self.el1, budget: budget)
    // Two tables more than the root hold the block; the second range splits it, and ends in two tables of its own.
    let mapped = tables.map(address: 0x4000_0000, size: 0x20_0000, access: .readWrite, cache: .writeBack)
    #expect(mapped == (budget >= 2))
    let before: Access = mapped ? .readWrite : .none
    let done = tables.map(address: 0x400f_f000, size: 0x8000_2000, access: .readOnly, cache: .writeBack)
    #expect(done == (budget >= 5))
    #expect(tables.access(at: 0x400f_e000) == before)
    #expect(tables.access(at: 0x400f_f000) == (done ? .readOnly : before))
    #expect(tables.access(at: 0x4020_0000) == (done ? .readOnly : .none))
    #expect(tables.access(at: 0xc010_0000) == (done ? .readOnly : .none))
  }

  @Test func anyOrderOfChangesEndsInTheSameMapAsAModel() {
    check(Self.el1)
    check(AArch64Encoding(singlePrivilege: true, physicalAddressRange: 5))
    check(Self.x86)
    check(X86Encoding(fiveLevels: true, gigabytePages: false, noExecute: true, physicalBits: 46))
  }

  /// Maps ranges at random around a boundary of 1 GiB, of the sizes of pages and blocks.
  private func check<Encoding: TableEncoding>(_ encoding: Encoding) {
    var random = SplitMix(state: 42)
    for _ in 0..<8 {
      let tables = tables(encoding)
      let base: UInt64 = 0x4000_0000 - 0x60_0000
      var model = [ModelPage](repeating: ModelPage(), count: 0xc00)
      for _ in 0..<60 {
        let grain = random.next() % 3 == 0 ? 512 : 1
        let start = Int(random.next() % UInt64(model.count)) / grain * grain
        let count = min(model.count - start, (1 + Int(random.next() % UInt64(grain == 1 ? 40 : 4))) * grain)
        let access = Access(rawValue: UInt8(random.next() % 4))!
        let cache: CachePolicy = random.next() % 4 == 0 ? .device : .writeBack
        let address = base + UInt64(start) * 4096
        #expect(tables.map(address: address, size: UInt64(count) * 4096, access: access, cache: cache))
        let page = ModelPage(access: access, cache: access == .none ? .writeBack : cache)
        for index in start..<(start + count) { model[index] = page }
      }
      for index in model.indices {
        let leaf = tables.leaf(at: base + UInt64(index) * 4096)
        let found = leaf.map { ModelPage(access: $0.access, cache: $0.cache) } ?? ModelPage()
        guard found == model[index] else {
          Issue.record("page \(index): \(found), not \(model[index])")
          return
        }
      }
      #expect(tables.firstWritableExecutable() == nil)
      #expect(tables.memory.violations == [])
    }
  }
}

/// What a page is expected to be mapped for.
struct ModelPage: Equatable {
  var access = Access.none
  var cache = CachePolicy.writeBack
}

struct SplitMix: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var value = state
    value = (value ^ value >> 30) &* 0xbf58_476d_1ce4_e5b9
    value = (value ^ value >> 27) &* 0x94d0_49bb_1331_11eb
    return value ^ value >> 31
  }
}
