// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// Where the start-up code arrives: relocated, mapped W^X, on its own stack.
@c @implementation public func virgil_main(_ kind: UInt64, _ argument: UInt64) {
  let emulator = Emulator()
  emulator.run(kind: kind, argument: argument)
}

/// The composition root: reads what whoever started us says, builds the firmware, starts the payload.
final class Emulator {
  private let platform = MachinePlatform()
  private let log: Log
  private let layout = virgil_image_layout()

  init() {
    log = Log(platform: platform)
    log.begin(buildID: buildID)
    platform.log = { [log] byte in log.keep(byte) }
  }

  func run(kind: UInt64, argument: UInt64) -> Never {
    let block: HandoverReader
    if kind == UInt64(VIRGIL_ENTRY_CARRIED.rawValue) {
      guard let carried = carriedBlock(), adoptScratch(carried) else {
        // The composer's console is lost with the block; the machine may still describe one.
        let information = BootProtocol.read(argument, PhysicalMemory(platform: platform), platform) { fail($0) }
        useConsole(information.console)
        explainCarriedBlock()
        fail("the handover block in the image cannot be used")
      }
      block = carriedRoad(carried, argument)
    } else {
      block = residentRoad(argument)
    }
    useConsole(block.console)
    useDescription(block)
    start(block)
  }

  /// The first eight bytes of the build ID, which the blob's JSON description has too.
  private var buildID: UInt64 {
    let id = header.build_id
    return withUnsafeBytes(of: id) { $0.loadUnaligned(as: UInt64.self).bigEndian }
  }

  // MARK: Blocks

  private var header: virgil_blob_header {
    UnsafeRawPointer(bitPattern: UInt(layout.image_start))!.load(as: virgil_blob_header.self)
  }

  /// The block that the composer put beside the blob.
  private func carriedBlock() -> HandoverReader? {
    let offset = header.carried_offset
    return offset == 0 ? nil : block(at: layout.image_start &+ offset)
  }

  /// Says what is wrong with the carried block, now that there is a console to say it on.
  private func explainCarriedBlock() {
    if header.carried_offset == 0 { log.write(.error) { $0.text("the image carries no handover block") } }
    _ = carriedBlock()
  }

  /// Maps a block page by page, as far as its own header says it goes, and checks it.
  private func block(at address: UInt64) -> HandoverReader? {
    let memory = PhysicalMemory(platform: platform)
    let limit: UInt64 = 16 << 20
    guard let room = PhysicalRange(address: address, size: limit) else { return nil }
    memory.allow(room)
    guard let head = memory.read(address, MemoryLayout<virgil_handover>.size),
      let size = head.littleEndian(16, as: UInt64.self), size <= limit,
      let bytes = memory.read(address, Int(size))
    else { return nil }
    do throws(HandoverError) {
      return try HandoverReader(bytes, address: address)
    } catch {
      log.write(.error) { $0.text(error.reason) }
      return nil
    }
  }

  /// Takes the RAM that came with us: page tables and heap live there.
  private func adoptScratch(_ block: HandoverReader) -> Bool {
    guard let scratch = block.range(RecordType.scratch), scratch.address.isPageAligned, scratch.size >= 1 << 19,
      platform.map(
        address: scratch.address, size: scratch.size.alignedDown(pageSize), access: .readWrite, cache: .writeBack)
    else { return false }
    let tables: UInt64 = 1 << 18
    if let range = PhysicalRange(address: scratch.address, size: tables) { platform.addTablePages(range) }
    platform.extendHeap(address: scratch.address + tables, size: scratch.size.alignedDown(pageSize) - tables)
    return true
  }

  // MARK: The carried road

  /// Reads what the boot protocol says and makes one block of it and of the carried one.
  private func carriedRoad(_ carried: HandoverReader, _ argument: UInt64) -> HandoverReader {
    let memory = PhysicalMemory(platform: platform)
    useConsole(carried.console)
    let information = BootProtocol.read(argument, memory, platform) { fail($0) }
    return settle(information.handover(found: carried))
  }

  /// The block must stay: it is ours for as long as we run.
  private func settle(_ bytes: [UInt8]) -> HandoverReader {
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 16)
    copy.copyBytes(from: bytes)
    let view = ByteView(UnsafeRawBufferPointer(copy))
    do throws(HandoverError) {
      return try HandoverReader(view, address: UInt64(UInt(bitPattern: view.base)))
    } catch {
      fail(error.reason)
    }
  }

  // MARK: The resident road

  /// Makes the block that the first kernel's loader wrote into one of ours.
  private func residentRoad(_ argument: UInt64) -> HandoverReader {
    guard let found = block(at: argument) else { fail("there is no handover block at the address the loader gave") }
    // From here on there may be somebody who reads what is wrong, and a way to stop that was asked for.
    useConsole(found.console)
    useDescription(found)
    let road = ResidentRoad(block: found, memory: PhysicalMemory(platform: platform), log: log)
    guard let own = PhysicalRange(from: layout.image_start, to: layout.image_end), road.isSound(emulator: own),
      adoptScratch(found), road.fits(heap: platform.heapFreeBytes), let information = road.information()
    else { fail("the handover block cannot be used") }
    return settle(information.handover(found: found))
  }

  private func useConsole(_ console: ConsoleDescription?) {
    if let console { platform.useConsole(console) }
  }

  /// What the block says of the machine, and of what is to happen when something goes wrong.
  private func useDescription(_ block: HandoverReader) {
    if let reset = block.first(RecordType.reset)?.load(as: virgil_reset_record.self) {
      platform.useDescribedReset(reset)
    }
    platform.clockDescription = block.first(RecordType.clock)?.load(as: virgil_clock_record.self)
    guard let policy = block.first(RecordType.policy)?.load(as: virgil_policy_record.self) else { return }
    switch policy.on_failure {
    case VIRGIL_FAILURE_HALT.rawValue: platform.faultPolicy = .halt
    case VIRGIL_FAILURE_POWEROFF.rawValue: platform.faultPolicy = .powerOff
    default: platform.faultPolicy = .reset
    }
    log.threshold = level(policy.console_level)
    log.ringThreshold = level(policy.log_level)
  }

  private func level(_ number: UInt32) -> Log.Level { Log.Level(rawValue: UInt8(min(number, 3))) ?? .debug }

  // MARK: The payload

  private func start(_ block: HandoverReader) -> Never {
    let start = Start(
      block: block, platform: platform, log: log, machine: Target.current.peMachine,
      runtimeGranularity: Target.current.runtimeGranularity)
    do throws(Start.Failure) {
      let firmware = try start.makeFirmware()
      watchFaults(firmware)
      try loadRuntime(firmware)
      let payload = try start.payload()
      log.write(.notice) { line in
        line.text("emulator ").hex(buildID).text(" at ").hex(layout.image_start).text(", starting the payload")
      }
      let status: Status
      do throws(Status) {
        status = try firmware.run(payload)
      } catch {
        throw .status(error)
      }
      log.write(.error) { $0.text("the payload returned ").status(status) }
    } catch {
      log.write(.error) {
        $0.text(error.reason)
        if case .status(let status) = error { $0.text(": ").status(status) }
      }
    }
    stop()
  }

  private func loadRuntime(_ firmware: Firmware) throws(Start.Failure) {
    let header = header
    guard header.runtime_size > 0, header.runtime_size <= layout.runtime_end - layout.runtime_start,
      let base = UnsafeRawPointer(bitPattern: UInt(layout.image_start &+ header.runtime_offset))
    else { throw .status(.loadError) }
    do throws(Status) {
      try firmware.loadRuntimeImage(
        ByteView(base, count: Int(header.runtime_size)), reset: platform.canReset ? platform.resetMethod : nil)
    } catch {
      throw .status(error)
    }
  }

  private func watchFaults(_ firmware: Firmware) {
    platform.faultResolver = { address, kind in
      kind == .read ? false : firmware.pages.resolveFault(at: address, execute: kind == .execute)
    }
    platform.describeAddress = { address in
      let name: StaticString = "image"
      let bytes = ByteView(UnsafeRawPointer(name.utf8Start), count: name.utf8CodeUnitCount)
      return firmware.relativeAddress(of: address).map { CodeLocation(name: bytes, rva: $0) }
    }
  }

  private func fail(_ reason: StaticString) -> Never {
    log.write(.error) { $0.text(reason) }
    stop()
  }

  /// Between two kernels there is nobody to ask: what is done is settled beforehand.
  private func stop() -> Never {
    log.write(.notice) {
      switch platform.faultPolicy {
      case .reset: $0.text("resetting the machine")
      case .halt: $0.text("halting the machine")
      case .powerOff: $0.text("powering the machine off")
      }
    }
    platform.giveUp()
  }
}

@main
struct EmulatorImage {
  /// The image is entered through its blob header (start.S), never here.
  static func main() {}
}
