// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// The memory translation tables lie in, and what it takes to change them while the CPU walks them.
public protocol TableMemory {
  func load(_ address: UInt64) -> UInt64
  /// Changes an entry, or fills a table that is not linked yet.
  func store(_ value: UInt64, at address: UInt64)
  /// Links a table under an entry that was empty: the table's contents must be visible first.
  func link(_ value: UInt64, at address: UInt64)
  /// Changes a live entry by break-before-make.
  func replace(_ value: UInt64, at address: UInt64)
  /// A page for a table, with any contents; nil when none is left.
  func takePage() -> UInt64?
  /// Takes back a page that turned out not to be needed.
  func returnPage(_ address: UInt64)
  /// Makes the TLB forget one page.
  func invalidate(_ address: UInt64)
  func invalidateAll()
  /// Waits until all changes are in force.
  func publish()
}

/// A one-to-one map in translation tables of either architecture.
///
/// Blocks are used where size and alignment allow, and are split when a part of one is to differ. No table is ever
/// freed: what was split stays split. Page 0 stays unmapped whatever is asked, so that a null pointer faults.
public struct PageTables<Memory: TableMemory, Encoding: TableEncoding> {
  public let root: UInt64
  public let memory: Memory
  public let encoding: Encoding

  public init(root: UInt64, memory: Memory, encoding: Encoding) {
    self.root = root
    self.memory = memory
    self.encoding = encoding
  }

  /// Maps `size` bytes at `address` one to one; an access of `none` unmaps them.
  ///
  /// - Returns: false, with no address mapped differently, when the range is not made of whole pages, exceeds what
  ///   the tables can describe, or needs a table and no page is left.
  public func map(address: UInt64, size: UInt64, access: Access, cache: CachePolicy) -> Bool {
    let (end, overflow) = address.addingReportingOverflow(size)
    guard address & 0xfff == 0, size & 0xfff == 0, !overflow, end <= encoding.addressLimit else { return false }
    let start = max(address, 4096)
    guard start < end else { return true }
    // First make every table that is needed, which changes nothing; then the entries, which cannot fail.
    return walk(from: start, to: end, access, cache, write: false)
      && walk(from: start, to: end, access, cache, write: true)
  }

  private func walk(from start: UInt64, to end: UInt64, _ access: Access, _ cache: CachePolicy, write: Bool) -> Bool {
    var cursor = start
    var forgotten = 0
    while cursor < end {
      var level = encoding.levels - 1
      var table = root
      while true {
        let place = entry(for: cursor, in: table, level: level)
        let old = memory.load(place)
        let next = (cursor & ~(span(ofLevel: level) - 1)) + span(ofLevel: level)
        let found = encoding.decode(old, level: level)
        if case .table(let lower) = found {
          (table, level) = (lower, level - 1)
          continue
        }
        let base = cursor & ~(span(ofLevel: level) - 1)
        let alike = access == .none ? found == .empty : found == .leaf(base, access, cache)
        if !alike {
          if base < cursor || next > end || level > encoding.largestBlock {
            guard !write, let lower = makeTable(under: place, covering: base, level: level) else { return false }
            (table, level) = (lower, level - 1)
            continue
          }
          if write {
            change(place, from: old, to: encoding.leaf(base, level: level, access: access, cache: cache), level: level)
            if found != .empty {
              forgotten += 1
              if forgotten <= 64 { memory.invalidate(base) }
            }
          }
        }
        cursor = min(next, end)
        break
      }
    }
    if forgotten > 64 { memory.invalidateAll() }
    if write { memory.publish() }
    return true
  }

  private func entry(for address: UInt64, in table: UInt64, level: Int) -> UInt64 {
    table + (address >> UInt64(12 + 9 * level) & 511) * 8
  }

  private func change(_ place: UInt64, from old: UInt64, to new: UInt64, level: Int) {
    if encoding.needsBreak(from: old, to: new, level: level) {
      memory.replace(new, at: place)
    } else {
      memory.store(new, at: place)
    }
  }

  /// Puts a table under an entry that is empty or a block, mapping what the entry mapped.
  private func makeTable(under place: UInt64, covering base: UInt64, level: Int) -> UInt64? {
    guard level > 0, let page = memory.takePage() else { return nil }
    // Taking a page may have split this very block.
    let found = encoding.decode(memory.load(place), level: level)
    switch found {
    case .table(let lower):
      memory.returnPage(page)
      return lower
    case .empty:
      for index in 0..<UInt64(512) { memory.store(0, at: page + index * 8) }
      memory.link(encoding.table(at: page), at: place)
    case .leaf(let block, let access, let cache):
      for index in 0..<UInt64(512) {
        let address = block + index * span(ofLevel: level - 1)
        memory.store(encoding.leaf(address, level: level - 1, access: access, cache: cache), at: page + index * 8)
      }
      if encoding.needsBreak(from: memory.load(place), to: encoding.table(at: page), level: level) {
        memory.replace(encoding.table(at: page), at: place)
      } else {
        memory.link(encoding.table(at: page), at: place)
        memory.invalidateAll()
      }
    }
    return page
  }

  /// The page or block that maps `address`, and its level; nil when nothing does.
  public func leaf(at address: UInt64) -> (level: Int, access: Access, cache: CachePolicy)? {
    guard address < encoding.addressLimit else { return nil }
    var level = encoding.levels - 1
    var table = root
    while true {
      switch encoding.decode(memory.load(entry(for: address, in: table, level: level)), level: level) {
      case .empty: return nil
      case .leaf(_, let access, let cache): return (level, access, cache)
      case .table(let lower): (table, level) = (lower, level - 1)
      }
    }
  }

  public func access(at address: UInt64) -> Access { leaf(at: address)?.access ?? .none }

  /// Maps the page at `address` for writing by an entry of its own, so that no split ever takes it away for a moment:
  /// what tables for the CPU are made of must stay reachable while they are changed.
  ///
  /// - Returns: false when a page for tables is missing, or `address` cannot be mapped.
  public func pin(_ address: UInt64) -> Bool {
    guard map(address: address, size: 4096, access: .readWrite, cache: .writeBack) else { return false }
    var level = encoding.levels - 1
    var table = root
    while true {
      let place = entry(for: address, in: table, level: level)
      switch encoding.decode(memory.load(place), level: level) {
      case .empty: return false
      case .table(let lower): table = lower
      case .leaf:
        if level == 0 { return true }
        let base = address & ~(span(ofLevel: level) - 1)
        guard let lower = makeTable(under: place, covering: base, level: level) else { return false }
        table = lower
      }
      level -= 1
    }
  }

  /// The first address that can be both written and executed; nil when, as it must be, there is none.
  public func firstWritableExecutable() -> UInt64? {
    firstWritableExecutable(in: root, level: encoding.levels - 1, base: 0)
  }

  private func firstWritableExecutable(in table: UInt64, level: Int, base: UInt64) -> UInt64? {
    for index in 0..<UInt64(512) {
      let value = memory.load(table + index * 8)
      let address = base + index * span(ofLevel: level)
      if case .table(let lower) = encoding.decode(value, level: level) {
        if let found = firstWritableExecutable(in: lower, level: level - 1, base: address) { return found }
      } else if encoding.isWritableExecutable(value, level: level) {
        return address
      }
    }
    return nil
  }
}
