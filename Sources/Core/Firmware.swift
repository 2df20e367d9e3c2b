// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// The firmware that payloads see: the parts, put together.
///
/// The tables that a payload calls carry no context, so there is one firmware at a time: `firmware`.
public final class Firmware {
  public let platform: any Platform
  public let log: Log
  public let memory: MemoryMap
  public let pages: PageAllocator
  public let pool: Pool
  let handles = HandleDatabase()
  let events: Events
  let systemTable: SystemTable
  /// What outlives the boot services besides the tables.
  let runtime: RuntimeState
  var variables: VariableStore { runtime.variables }
  let loader: ImageLoader
  let console: TextConsole
  var images: [Image] = []
  /// The image whose code runs.
  var runningImage: Image?
  /// The emulator itself, as agent of HandleProtocol and parent of the payload.
  let emulatorHandle: Handle
  var monotonicCount: UInt64 = 0
  /// Where random numbers come from when the CPU has no generator.
  var generator: HashDRBG?
  /// The initrd that was given.
  var initrd: InitrdOffer?
  /// The HII database's newest package list: a block of `HIIPackageList`.
  var packageLists: UnsafeMutableRawPointer?
  /// The files on offer.
  var fileSystem: FileSystem?
  /// The device tree that kexec handed over, and the last one that has been made fit for the machine.
  var machineTree: DeviceTree?
  var fixedTree: UInt = 0
  /// Whether LoadImage takes only what has been verified: with Secure Boot, or with a first kernel in lockdown.
  public private(set) var takesOnlyVerified = false
  /// Files in memory whose signatures whoever started the emulator has verified.
  var verifiedFiles: [PhysicalRange] = []
  let memoryAttributesTable: MemoryAttributesTable
  private var announcedExit = false
  /// The memory map's key at the last signal that it has changed.
  private var announcedKey: UInt64 = 0
  /// What takes over the runtime services at ExitBootServices.
  var runtimeImage: RuntimeImage?

  /// - Parameters:
  ///   - platform: the machine
  ///   - memory: the memory map, with all that is taken marked as such
  ///   - log: where messages go
  ///   - machine: the PE machine type that this CPU runs
  ///   - runtimeGranularity: bytes; the alignment of runtime regions
  /// - Throws: OUT_OF_RESOURCES.
  public init(
    platform: any Platform, memory: MemoryMap, log: Log, machine: UInt16, runtimeGranularity: UInt64
  ) throws(Status) {
    self.platform = platform
    self.memory = memory
    self.log = log
    pages = PageAllocator(map: memory, platform: platform, runtimeGranularity: runtimeGranularity)
    guard pages.replenish() else { throw .outOfResources }
    pool = Pool(pages: pages)
    events = Events(platform: platform)
    systemTable = try SystemTable(pages: pages)
    runtime = try RuntimeState(pages: pages)
    memoryAttributesTable = try MemoryAttributesTable(pages: pages)
    log.move(to: runtime.variables)
    loader = ImageLoader(pages: pages, platform: platform, log: log, machine: machine)
    console = try TextConsole(platform: platform, events: events, pool: pool)

    var path = DevicePathBuilder()
    path.appendVendor(type: DevicePathType.hardware, .virgilVendor)
    path.appendEnd()
    emulatorHandle = handles.install(
      .devicePath, UInt(bitPattern: try pool.copy(path.bytes, .bootServicesData)), on: nil, events: events)
    console.install(on: handles.install(.simpleTextOutput, console.outputAddress, on: nil, events: events), self)
    try installMemoryAttributes()
    installConstantProtocols()
    memoryAttributesTable.update(memory, granularity: pages.runtimeGranularity)
    try systemTable.install(.memoryAttributesTable, UInt(bitPattern: memoryAttributesTable.address))
  }

  /// 7.1.2: an event group is told that the memory map has changed.
  func announceMapChange() {
    guard announcedKey != memory.key else { return }
    announcedKey = memory.key
    events.signal(group: .eventMemoryMapChange)
  }

  /// 7.4.6.
  func exitBootServices(key: UInt64) throws(Status) {
    if !announcedExit {
      announcedExit = true
      events.signal(group: .eventBeforeExitBootServices)
      // 7.1.2: timers end right after this group, whether the key is right or not. The watchdog stays on guard.
      events.stopTimers()
    }
    guard key == memory.key else { throw .invalidParameter }
    if let initrd, !initrd.wasTaken { log.write(.warning) { $0.text("nobody has taken the initrd") } }
    events.signal(group: .eventExitBootServices)
    events.setWatchdog(seconds: 0)
    systemTable.leaveBootServices()
    handOverToRuntime()
    systemTable.updateChecksums()
    platform.quiesce()
  }
}

extension GUID {
  /// The vendor of Virgil's own device paths.
  static let virgilVendor = GUID(0x7669_7267, 0x696c, 0x4b65, 0x8e78_6563_6b65_7865)
}

extension Pool {
  /// A copy of `bytes` in pool memory.
  func copy(_ bytes: [UInt8], _ type: MemoryType) throws(Status) -> UnsafeMutableRawPointer {
    let memory = try allocate(type, size: UInt64(max(bytes.count, 1)))
    bytes.withUnsafeBytes { source in
      if let base = source.baseAddress { memory.copyMemory(from: base, byteCount: source.count) }
    }
    return memory
  }
}

/// The firmware that the tables' thunks reach. Set once, before the first payload runs.
nonisolated(unsafe) public var firmware: Firmware! = nil

/// Runs a service and gives its status in the form that the payload expects.
func service(_ body: () throws(Status) -> Void) -> UInt64 {
  var status = Status.success
  do {
    try body()
  } catch {
    status = error
  }
  firmware.announceMapChange()
  return status.rawValue
}

extension Firmware {
  /// Puts a table that is in memory already into the configuration table.
  public func publishTable(_ guid: GUID, address: UInt64) throws(Status) {
    try systemTable.install(guid, UInt(address))
  }

  /// SecureBoot and SetupMode (UEFI 2.10, 3.3), as the first kernel knows them; from then on LoadImage does as they say.
  ///
  /// - Parameters:
  ///   - enabled: nil: it does not know, and both variables are absent, which readers take for a machine without Secure Boot
  ///   - lockdown: whether images are taken as with Secure Boot, whatever the variable says
  public func publishSecureBoot(enabled: Bool?, lockdown: Bool = false) {
    takesOnlyVerified = enabled ?? false || lockdown
    guard let enabled else { return }
    variables.publish("SecureBoot", .globalVariable, enabled ? 1 : 0)
    variables.publish("SetupMode", .globalVariable, 0)
  }

  /// A file, in memory that stays, whose signature has been verified.
  public func trust(_ file: PhysicalRange) { verifiedFiles.append(file) }

  /// The variable db: signature lists that came with the payload, and were verified with it. The next kernel's kexec trusts
  /// the keys that it finds there.
  public func publishSignatures(_ lists: ByteView) {
    guard let room = variables.publish("db", .imageSecurityDatabase, room: UInt32(truncatingIfNeeded: lists.count))
    else {
      log.write(.warning) { $0.text("db is too large for a variable: ").decimal(UInt64(lists.count)).text(" bytes") }
      return
    }
    room.data.copyMemory(from: lists.base, byteCount: lists.count)
    room.count.pointee = UInt32(lists.count)
  }
}
