// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// What happens after a fault, or another reason not to go on, has been reported.
public enum FaultPolicy: UInt8, Sendable {
  case reset
  /// Stays where it is, so that the report can be read, or a debugger attached.
  case halt
  case powerOff
}

/// The machine this runs on: the floor under the core.
///
/// There is one, made first thing in `virgil_main`; exceptions find it by `MachinePlatform.current`. It starts with a
/// heap of 64 KiB and some page tables in the image's own .bss, so `map`, `extendHeap` and `useConsole` work at once.
/// Only the image and the start argument are mapped then: map what is to be read.
public final class MachinePlatform: Platform {
  nonisolated(unsafe) public private(set) static var current: MachinePlatform?

  // MARK: Faults

  /// Asked when memory is accessed in a way it is not mapped for; true: the access may be tried again.
  ///
  /// It runs inside the exception, on a stack of 16 KiB. It may use the heap as long as the heap's own memory is never
  /// what is to be resolved; a use of the heap from inside itself stops the machine with a message. It is not asked
  /// about faults of its own.
  public var faultResolver: ((_ address: UInt64, _ kind: FaultKind) -> Bool)?
  /// Which image an address lies in, for reports; nil for the emulator itself, which is known here.
  public var describeAddress: ((UInt64) -> CodeLocation?)?
  /// Gets each byte of a report, as the console does.
  public var log: ((UInt8) -> Void)?
  public var faultPolicy = FaultPolicy.reset
  /// The last instruction that could not be fetched at first, and whether it was the one that then could not write: see
  /// `resolve`.
  var lastFetch = (pc: UInt64(0), hasWritten: false)
  /// One instruction is running past write protection.
  var isStepping = false
  var reports = 0

  // MARK: Power

  /// How the machine is reset and powered off. arm64's default is PSCI, by hvc at EL1 and by smc at EL2.
  public internal(set) var resetMethod = virgil_reset_record()
  /// arm64: the firmware has them.
  var hasTrueRandomNumbers = false
  /// The real-time clock; nil: none is described.
  public var clockDescription: virgil_clock_record?
  /// x86_64: I/O port of the ACPI power-management timer, for calibration where there is no PIT.
  public var pmTimerPort: UInt16?

  // MARK: The rest

  let memory: MachineTables
  var console: SerialConsole<MachineRegisters>?
  private var measuredFrequency: UInt64?
  private let layout = virgil_image_layout()

  /// - Parameter tablePages: RAM to make page tables of, at once; more can follow.
  public init(tablePages: PhysicalRange? = nil) {
    memory = MachineTables()
    resetMethod.psci = Self.defaultConduit.rawValue
    if let tablePages { addTablePages(tablePages) }
    MachinePlatform.current = self
  }

  // MARK: Memory

  /// Gives the page tables whole pages of RAM, for good. It is mapped here.
  public func addTablePages(_ range: PhysicalRange) { memory.addPages(address: range.address, size: range.size) }

  public func map(address: UInt64, size: UInt64, access: Access, cache: CachePolicy) -> Bool {
    memory.tables.map(address: address, size: size, access: access, cache: cache)
  }

  public func access(at address: UInt64) -> Access { memory.tables.access(at: address) }

  /// The first address that is mapped writable and executable at once; nil, or W^X is broken.
  public func firstWritableExecutable() -> UInt64? { memory.tables.firstWritableExecutable() }

  public var tablePagesFree: Int { memory.freeCount }
  public func extendTables(address: UInt64, size: UInt64) { memory.addPages(address: address, size: size) }

  public var heapFreeBytes: Int { virgil_heap_free_bytes() }

  public func extendHeap(address: UInt64, size: UInt64) {
    guard let base = UnsafeMutableRawPointer(bitPattern: UInt(address)), let count = Int(exactly: size) else { return }
    virgil_heap_add(base, count)
  }

  // MARK: Console

  /// Uses this console from now on; nil: none. Maps its page, as device memory.
  ///
  /// - Returns: false, and the console stays as it was, when the description is of no console this machine can have
  ///   or its page cannot be mapped.
  @discardableResult public func useConsole(_ description: ConsoleDescription?) -> Bool {
    guard let description else {
      console = nil
      return true
    }
    guard let wanted = SerialConsole(description, registers: MachineRegisters()) else { return false }
    switch description.space {
    case .port:
      guard Self.hasPorts else { return false }
    case .mmio:
      for offset in [description.dataOffset, description.statusOffset] {
        let page = (description.base + UInt64(offset)) & ~0xfff
        // Never over the emulator itself: device attributes would take its caches away.
        guard page + 4096 <= layout.image_start || page >= layout.image_end else { return false }
        guard map(address: page, size: 4096, access: .readWrite, cache: .device) else { return false }
      }
    }
    console = wanted
    return true
  }

  public func consoleWrite(_ byte: UInt8) { console?.write(byte) }
  public func consoleRead() -> UInt8? { console?.read() }

  // MARK: Time

  public func counter() -> UInt64 { virgil_counter() }

  /// In Hz; 0 when unknown. Measured on first use where the CPU does not tell, which takes 5 ms.
  public var counterFrequency: UInt64 {
    if let measuredFrequency { return measuredFrequency }
    let frequency = findCounterFrequency()
    measuredFrequency = frequency
    return frequency
  }

  /// Stops for good, by policy.
  public func giveUp() -> Never {
    if faultPolicy == .halt { halt() }
    reset(faultPolicy == .powerOff ? .shutdown : .cold)
  }

  func halt() -> Never {
    virgil_mask_interrupts()
    while true { virgil_wait() }
  }
}

/// The standard library's and C's way to the console.
@c @implementation public func virgil_console_write(_ byte: UInt8) { MachinePlatform.current?.consoleWrite(byte) }
