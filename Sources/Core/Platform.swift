// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// What a range of memory may be used for. Never writable and executable at once.
public enum Access: UInt8, Sendable {
  case none, readOnly, readWrite, readExecute
}

/// How a range of memory is cached.
public enum CachePolicy: UInt8, Sendable {
  /// Normal memory, write-back.
  case writeBack
  /// Device memory: uncached, not speculated on, accessed in order.
  case device
}

/// How a machine is reset: `EFI_RESET_TYPE` (UEFI 2.10, 8.5.1).
public enum ResetType: UInt32, Sendable {
  case cold = 0, warm = 1, shutdown = 2, platformSpecific = 3
}

/// The floor under the core: all that depends on the machine.
///
/// The core calls nothing else that touches hardware, so it runs unchanged on a bare machine, and in a Linux
/// process for its tests. Addresses are physical and identity-mapped.
public protocol Platform: AnyObject {
  /// Writes one byte to the described console; nothing when there is none.
  func consoleWrite(_ byte: UInt8)
  /// A byte that has arrived on the console; nil when there is none.
  func consoleRead() -> UInt8?

  /// A free-running counter and its frequency in Hz (0 when unknown).
  func counter() -> UInt64
  var counterFrequency: UInt64 { get }

  /// Maps `size` bytes at `address` (both multiples of 4 KiB) one to one.
  ///
  /// - Returns: false when page tables are needed and no page is left; the old mapping is then intact.
  func map(address: UInt64, size: UInt64, access: Access, cache: CachePolicy) -> Bool

  /// What `address` is mapped for now.
  func access(at address: UInt64) -> Access

  /// Free bytes in the heap that the emulator's own objects live in.
  var heapFreeBytes: Int { get }

  /// Gives the heap `size` bytes of RAM at `address`, for good.
  func extendHeap(address: UInt64, size: UInt64)

  /// Pages that `map` can still make tables of.
  var tablePagesFree: Int { get }

  /// Gives the page tables `size` bytes of RAM at `address`, for good.
  func extendTables(address: UInt64, size: UInt64)

  /// Makes instructions that were written at `address` visible to execution.
  func synchronizeInstructions(address: UInt64, size: UInt64)

  /// Leaves interrupts as ExitBootServices must: nothing of ours can fire any more.
  func quiesce()

  /// Resets or stops the machine.
  func reset(_ type: ResetType) -> Never

  /// What the described real-time clock says, in seconds since 1970; nil without one.
  func clock() -> UInt64?

  /// Eight bytes from the CPU's random number generator; nil when it has none or it did not answer.
  func random() -> UInt64?
}
