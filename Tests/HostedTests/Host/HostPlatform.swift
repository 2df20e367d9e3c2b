// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Foundation

/// A machine in a Linux process: its memory is an arena at the arena's own addresses, its counter moves when a test
/// says so, and its page tables are a record of what was asked for.
final class HostPlatform: Platform {
  let arena: UnsafeMutableRawPointer
  let arenaSize: UInt64
  var base: UInt64 { UInt64(UInt(bitPattern: arena)) }
  var end: UInt64 { base + arenaSize }

  /// What each page of the arena is mapped for.
  private var rights: [Access]
  /// Whether there is memory outside of the arena, as far as `map` is concerned.
  var hasForeignMemory = true
  /// Calls of `map` that touched anything outside of the arena.
  private(set) var strays: [(address: UInt64, size: UInt64)] = []
  /// How many more calls of `map` find the page tables they need; nil: all.
  var mapBudget: Int?
  /// The call of `map`, counted from now on, that finds none; nil: no single one.
  var failingMapCall: Int?

  /// One tick is 100 ns, the unit of UEFI's timers.
  let counterFrequency: UInt64 = 10_000_000
  var ticks: UInt64 = 1000
  /// By how much each look at the counter moves it: a payload that waits must see time pass.
  var ticksPerLook: UInt64 = 0

  var output: [UInt8] = []
  var input: [UInt8] = []
  var heapFreeBytes = 16 << 20
  private(set) var heapExtensions: [(address: UInt64, size: UInt64)] = []
  var tablePagesFree = 1 << 20
  private(set) var tableExtensions: [(address: UInt64, size: UInt64)] = []
  private(set) var synchronized: [(address: UInt64, size: UInt64)] = []
  private(set) var isQuiet = false
  /// The next words of the random number generator; nil: there is none.
  var randomWords: [UInt64]?
  /// What the real-time clock says; nil: there is none.
  var seconds: UInt64?
  /// A reset ends the process with 40 plus the reset's type. Only tests in a process of their own may ask for one.
  var expectsReset = false

  init(size: UInt64) {
    let memory = mmap(
      nil, Int(size), PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
    precondition(memory != MAP_FAILED, "no \(size) bytes of address space for the arena")
    // 64 KiB alignment comes from the page allocator under test, not from here.
    arena = memory!
    arenaSize = size
    rights = [Access](repeating: .readWrite, count: Int(size / pageSize))
  }

  deinit { munmap(arena, Int(arenaSize)) }

  func map(address: UInt64, size: UInt64, access: Access, cache: CachePolicy) -> Bool {
    precondition(address.isPageAligned && size.isPageAligned && size > 0 && cache == .writeBack)
    if let budget = mapBudget {
      guard budget > 0 else { return false }
      mapBudget = budget - 1
    }
    if let call = failingMapCall {
      failingMapCall = call - 1
      if call == 0 { return false }
    }
    guard address >= base, address < end, size <= end - address else {
      if hasForeignMemory { strays.append((address, size)) }
      return hasForeignMemory
    }
    let first = Int((address - base) / pageSize)
    for page in first..<first + Int(size / pageSize) { rights[page] = access }
    return true
  }

  func access(at address: UInt64) -> Access {
    guard address >= base, address < end else { return .none }
    return rights[Int((address - base) / pageSize)]
  }

  func counter() -> UInt64 {
    ticks &+= ticksPerLook
    return ticks
  }

  func consoleWrite(_ byte: UInt8) { output.append(byte) }
  func consoleRead() -> UInt8? { input.isEmpty ? nil : input.removeFirst() }

  func extendHeap(address: UInt64, size: UInt64) {
    heapExtensions.append((address, size))
    heapFreeBytes += Int(size)
  }
  func extendTables(address: UInt64, size: UInt64) {
    tableExtensions.append((address, size))
    tablePagesFree += Int(size / pageSize)
  }
  func synchronizeInstructions(address: UInt64, size: UInt64) { synchronized.append((address, size)) }
  func quiesce() { isQuiet = true }
  func clock() -> UInt64? { seconds }
  func random() -> UInt64? { (randomWords?.isEmpty ?? true) ? nil : randomWords!.removeFirst() }

  func reset(_ type: ResetType) -> Never {
    guard expectsReset else { fatalError("the core reset the machine (\(type)); its console said: \(text)") }
    exit(40 + Int32(type.rawValue))
  }

  /// What was written to the console.
  var text: String { String(decoding: output, as: UTF8.self) }
}
