// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// The live translation tables' memory, and the pages that new tables are made of.
///
/// Every page given here is pinned before it is used (see `PageTables.pin`). A few pages are always kept back, since
/// pinning a page may itself take one.
final class MachineTables: TableMemory {
  private let encoding = NativeEncoding.native()
  private let root = virgil_root_table()
  /// A list through the pages' first words; 0 ends it.
  private var freePages: UInt64 = 0
  private(set) var freeCount = 0

  var tables: PageTables<MachineTables, NativeEncoding> { PageTables(root: root, memory: self, encoding: encoding) }

  init() {
    while true {
      let page = virgil_take_static_table()  // part of .bss: pinned by the first map
      if page == 0 { break }
      returnPage(page)
    }
  }

  /// Adds the whole pages in `size` bytes at `address`, as many as can be pinned.
  func addPages(address: UInt64, size: UInt64) {
    let (end, overflow) = address.addingReportingOverflow(size)
    guard address < UInt64.max - 0xfff, !overflow else { return }
    var page = (address + 0xfff) & ~0xfff
    while page < end, end - page >= 4096, tables.pin(page) {
      returnPage(page)
      page += 4096
    }
  }

  func takePage() -> UInt64? {
    guard freePages != 0 else { return nil }
    let page = freePages
    freePages = virgil_read64(page)
    freeCount -= 1
    return page
  }

  func returnPage(_ address: UInt64) {
    virgil_write64(address, freePages)
    freePages = address
    freeCount += 1
  }

  func load(_ address: UInt64) -> UInt64 { virgil_read64(address) }
  func store(_ value: UInt64, at address: UInt64) { virgil_write64(address, value) }

  func link(_ value: UInt64, at address: UInt64) {
    publish()
    virgil_write64(address, value)
  }
}
