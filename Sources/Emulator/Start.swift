// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// From a handover block to a running payload: what both roads have in common.
struct Start {
  let block: HandoverReader
  let platform: any Core.Platform
  let log: Log
  let machine: UInt16
  let runtimeGranularity: UInt64

  enum Failure: Error {
    case noImage
    case noMemory
    case noFile
    case status(Status)

    var reason: StaticString {
      switch self {
      case .noImage: "the handover block names no image to start"
      case .noMemory: "the handover block describes no usable memory"
      case .noFile: "what kexec loads as an initrd has to begin with the EFI file to start; it does not"
      case .status: "the payload could not be loaded"
      }
    }
  }

  /// Builds the firmware, ready to run a payload.
  func makeFirmware() throws(Failure) -> Firmware {
    let map = MemoryMap()
    addMemory(to: map)
    takeOccupied(in: map)
    guard map.regions.contains(where: { $0.type == .conventional }) else { throw .noMemory }
    guard mapMemory(map) else { throw .noMemory }
    do {
      let made = try Firmware(
        platform: platform, memory: map, log: log, machine: machine, runtimeGranularity: runtimeGranularity)
      firmware = made
      restoreHeaders()
      try publish(made)
      return made
    } catch {
      throw .status(error)
    }
  }

  /// Lays the headers that the payload expects over an image that runs in place: what is at its start is our entry.
  private func restoreHeaders() {
    guard let image = block.image, image.origin == VIRGIL_IMAGE_IN_PLACE.rawValue,
      let headers = block.range(RecordType.headers), headers.size <= image.size,
      let base = UnsafeMutableRawPointer(bitPattern: UInt(image.address)),
      let from = UnsafeRawPointer(bitPattern: UInt(headers.address))
    else { return }
    base.copyMemory(from: from, byteCount: Int(headers.size))
  }

  /// The payload that the block names.
  func payload() throws(Failure) -> Payload {
    guard let image = block.image, image.size > 0, image.size < 1 << 40,
      let base = UnsafeMutableRawPointer(bitPattern: UInt(image.address))
    else { throw .noImage }
    let source: Payload.Source
    var path = block.first(RecordType.imagePath)?.path
    if image.origin == VIRGIL_IMAGE_IN_PLACE.rawValue {
      source = .inPlace(base: image.address, size: image.size)
    } else if isStandAlone {
      source = .file(try fileInInitrd(&path))
    } else {
      source = .file(ByteView(UnsafeRawPointer(base), count: Int(image.size)))
    }
    // A line of blanks is none: kexec-tools on arm64 hands the running kernel's line on when it is given an empty one, so
    // `--command-line=' '` is how its user says that the image's own line is to count.
    var line = view(RecordType.commandLine)
    if line?.isBlank ?? true { line = view(RecordType.imageCommandLine) }
    return Payload(
      source: source, commandLine: line ?? ByteView(base, count: 0), path: path)
  }

  /// The bytes of a range record that lies in mapped memory.
  func view(_ type: UInt32) -> ByteView? {
    guard let range = block.range(type), range.size > 0, range.size < 1 << 40,
      let base = UnsafeRawPointer(bitPattern: UInt(range.address)),
      firmware?.memory.covers(range.address, range.address &+ range.size, where: { $0.type.isMappedRAM }) ?? false
    else { return nil }
    return ByteView(base, count: Int(range.size))
  }

  /// The same of a record that must not be lost: what it names has to be there.
  private func wholeView(_ type: UInt32) throws(Status) -> ByteView? {
    if let view = view(type) { return view }
    guard let range = block.range(type), range.size > 0 else { return nil }
    log.write(.error) {
      $0.text(type == RecordType.sidecars ? "the sidecars" : "the initrd").text(" should be at ").hex(range.address)
        .text(", ").hex(range.size).text(" bytes, which is not memory")
    }
    throw .volumeCorrupted
  }

  // MARK: Memory

  private func addMemory(to map: MemoryMap) {
    // Free memory first: whatever is said of a range besides counts more. What is merely in use comes last, and takes
    // free memory only: a reservation inside of the ACPI tables' memory does not make them anything else.
    for pass in [MemoryPass.free, .kept, .inUse] {
      block.forEachRecord { record in
        guard record.type == RecordType.memory, let memory = record.load(as: virgil_memory_record.self),
          MemoryPass(MemoryType(rawValue: memory.type)) == pass
        else { return }
        set(map, start: memory.physical_start, pages: memory.number_of_pages, memory.attribute, memory.type)
      }
    }
  }

  private enum MemoryPass {
    case free, kept, inUse

    init(_ type: MemoryType) { self = type == .conventional ? .free : type == .bootServicesData ? .inUse : .kept }
  }

  private func set(_ map: MemoryMap, start: UInt64, pages: UInt64, _ attribute: UInt64, _ type: UInt32) {
    let (size, overflow) = pages.multipliedReportingOverflow(by: pageSize)
    // 2^52 is the end of what any CPU addresses.
    guard !overflow, pages > 0, start.isPageAligned, start < 1 << 52, size <= (1 << 52) - start else { return }
    let type = MemoryType(rawValue: type)
    guard type == .bootServicesData else {
      map.set(
        MemoryRegion(start: start, pages: pages, type: type, attribute: attribute & ~MemoryAttribute.runtime))
      return
    }
    map.update(start, start + size) { region in
      guard region.type == .conventional else { return }
      region.type = type
      region.owner = .emulator
    }
  }

  /// What lies in RAM and must stay until the payload exits boot services.
  private func takeOccupied(in map: MemoryMap) {
    for type in [
      RecordType.initrd, RecordType.deviceTree, RecordType.sidecars, RecordType.imageInitrd,
      RecordType.imageCommandLine, RecordType.commandLine,
    ] {
      guard let range = block.range(type).flatMap({ PhysicalRange(address: $0.address, size: $0.size) }),
        let (start, end) = pages(range), map.covers(range.address, range.end, where: { $0.type.isMappedRAM })
      else { continue }
      // Where the map knows of no memory, there is none: a wrong address makes it no larger.
      map.update(start, end) { region in
        guard region.type == .conventional else { return }
        region.type = .bootServicesData
        region.owner = .emulator
      }
    }
    // These have been used already, or run from: they are memory whatever the map says.
    var own = [RecordType.emulator, RecordType.scratch, RecordType.headers].map { block.range($0) }
    own.append(block.image.map { ($0.address, $0.size) })
    for range in own {
      guard let range = range.flatMap({ PhysicalRange(address: $0.address, size: $0.size) }),
        let (start, end) = pages(range)
      else { continue }
      map.set(MemoryRegion(start: start, pages: (end - start) / pageSize, type: .bootServicesData, owner: .emulator))
    }
  }

  /// The pages that a range touches; nil when it is empty or beyond what a CPU addresses.
  private func pages(_ range: PhysicalRange) -> (start: UInt64, end: UInt64)? {
    guard !range.isEmpty, range.end <= 1 << 52, let end = range.end.alignedUp(pageSize) else { return nil }
    return (range.address.alignedDown(pageSize), end)
  }

  /// Maps all RAM for reading and writing, except what the emulator itself runs from.
  private func mapMemory(_ map: MemoryMap) -> Bool {
    let emulator = block.range(RecordType.emulator).flatMap { PhysicalRange(address: $0.address, size: $0.size) }
    for region in map.regions where region.type.isMappedRAM {
      let access: Access = region.type == .acpiReclaim || region.type == .acpiNVS ? .readOnly : .readWrite
      var start = max(region.start, pageSize)
      let end = region.end
      if let emulator, emulator.address < end, start < emulator.end {
        // Its own mapping, made at start-up, is the right one.
        if emulator.address > start, !mapPart(start, min(emulator.address, end), access) { return false }
        start = emulator.end.alignedUp(pageSize) ?? end
      }
      if start < end, !mapPart(start, end, access) { return false }
    }
    return true
  }

  private func mapPart(_ start: UInt64, _ end: UInt64, _ access: Access) -> Bool {
    platform.map(address: start, size: end - start, access: access, cache: .writeBack)
  }

  /// Makes a table readable that the first firmware keeps in memory of its own: systemd-stub looks into SMBIOS.
  private func mapTable(_ guid: GUID, at address: UInt64) {
    guard let anchor = PhysicalRange(address: address, size: 32) else { return }
    mapForReading(anchor)
    guard guid == .smbiosTable || guid == .smbios3Table, platform.access(at: address) != .none,
      platform.access(at: anchor.end - 1) != .none, let pointer = UnsafeRawPointer(bitPattern: UInt(address)),
      let smbios = SMBIOSAnchor(ByteView(pointer, count: Int(anchor.size)))
    else { return }
    mapForReading(smbios.table)
  }

  /// Maps what is not mapped yet. A table lies in one piece of memory: 16 MiB are more than any has.
  private func mapForReading(_ range: PhysicalRange) {
    guard !range.isEmpty, range.size <= 16 << 20, range.end <= 1 << 52 else { return }
    var page = range.address.alignedDown(pageSize)
    while page < range.end {
      if platform.access(at: page) == .none,
        !platform.map(address: page, size: pageSize, access: .readOnly, cache: .writeBack)
      {
        return
      }
      page += pageSize
    }
  }

  // MARK: What the payload is offered

  private func publish(_ firmware: Firmware) throws(Status) {
    var failure: Status?
    block.forEachRecord { record in
      guard record.type == RecordType.table, let table = record.load(as: virgil_table_record.self) else { return }
      let guid = record.bytes.suffix(from: 8).map { GUID(at: $0.base) }
      guard let guid else { return }
      mapTable(guid, at: table.address)
      do throws(Status) {
        try firmware.publishTable(guid, address: table.address)
      } catch { failure = error }
    }
    if let failure { throw failure }
    try firmware.publishRandomness(seed: block.first(RecordType.randomSeed)?.payload)
    try publishDeviceTree(firmware)
    let secureBoot = block.secureBoot
    firmware.publishSecureBoot(
      enabled: secureBoot.map { $0.secure_boot == 1 }, lockdown: (secureBoot?.lockdown ?? 0) != 0)
    trustVerified(firmware)
    if let lists = block.first(RecordType.signatures)?.payload { firmware.publishSignatures(lists) }
    // What the image carries comes last, and its files count more, as those of a UKI's own `.initrd` do.
    let given = try publishFiles(firmware)
    let carried = try wholeView(RecordType.imageInitrd)
    if let any = given ?? carried {
      let nothing = ByteView(any.base, count: 0)
      try firmware.publishInitrd(given ?? nothing, carried ?? nothing)
    }
  }

  private func publishDeviceTree(_ firmware: Firmware) throws(Status) {
    guard let range = block.range(RecordType.deviceTree) else { return }
    #if arch(arm64)
      // Elsewhere nobody takes the initrd from there, and nobody reads another payload's tree.
      if let bytes = view(RecordType.deviceTree), let tree = try? DeviceTree(bytes) {
        hideInitrd(in: tree)
        return try firmware.publishDeviceTree(tree)
      }
    #endif
    try firmware.publishTable(.deviceTreeTable, address: range.address)
  }

  private func trustVerified(_ firmware: Firmware) {
    block.forEachRecord { record in
      guard record.type == RecordType.verified, let file = record.load(as: virgil_range_record.self),
        let range = PhysicalRange(address: file.address, size: file.size)
      else { return }
      firmware.trust(range)
    }
  }

  /// Offers the sidecars: those in front of the initrd or behind it, then those that came with the image.
  ///
  /// - Returns: the initrd that is left; nil: none.
  private func publishFiles(_ firmware: Firmware) throws(Status) -> ByteView? {
    let carried = try wholeView(RecordType.sidecars)
    var initrd = behindFile(try wholeView(RecordType.initrd))
    if let whole = initrd {
      let parts: (sidecars: ByteView, initrd: ByteView)?
      do throws(CPIOError) {
        parts = try InitrdSidecars.split(whole)
      } catch {
        log.write(.error) { $0.text("the sidecars in front of the initrd are damaged at ").hex(UInt64(error.offset)) }
        throw .volumeCorrupted
      }
      if let parts {
        initrd = behindFile(parts.initrd.count > 0 ? parts.initrd : nil)
        // Nobody has verified the archive as such: with Secure Boot its files are what an ESP's are to firmware. LoadImage
        // takes only those that have been verified one by one, and they do not stand in for what is sealed.
        let (front, back) =
          firmware.takesOnlyVerified ? (carried ?? parts.sidecars, parts.sidecars) : (parts.sidecars, carried)
        try firmware.publishFileSystem(front, carried == nil ? nil : back, sealed: carried)
        return initrd
      }
    }
    if let carried { try firmware.publishFileSystem(carried, sealed: carried) }
    return initrd
  }
}
