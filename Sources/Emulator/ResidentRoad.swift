// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// The resident road: a loader in the first kernel has written the block. It names what is in memory; what can be found out
/// from there, the memory that tables take and the reservations of the device tree, is found out here.
struct ResidentRoad {
  let block: HandoverReader
  let memory: PhysicalMemory
  let log: Log

  // MARK: Is it sound?

  /// Whether the image may be started and everything is where it can be, in free memory; says what is wrong.
  ///
  /// - Parameter emulator: the memory that this emulator runs in
  func isSound(emulator: PhysicalRange) -> Bool {
    guard let image = block.image, image.origin == VIRGIL_IMAGE_FILE.rawValue else {
      log.write(.error) { $0.text("the handover block names no image file") }
      return false
    }
    // A kernel in this state has not loaded it, so it is another's block.
    if let state = block.secureBoot, state.secure_boot != 0 || state.lockdown != 0, image.verified != 1 {
      log.write(.error) { $0.text("nobody has verified the image, which Secure Boot or lockdown asks for") }
      return false
    }
    guard let own = range(RecordType.emulator), own.address == emulator.address, own.size >= emulator.size else {
      log.write(.error) { $0.text("the handover block is another emulator's") }
      return false
    }
    for type in [
      RecordType.emulator, RecordType.scratch, RecordType.image, RecordType.commandLine, RecordType.initrd,
      RecordType.deviceTree,
    ] where !isPlaced(type) {
      return false
    }
    return true
  }

  /// Whether what a record names lies in free memory, and leaves alone what is written to first: the scratch memory.
  private func isPlaced(_ type: UInt32) -> Bool {
    guard let named = block.range(type), named.size > 0 else { return true }
    let scratch = range(RecordType.scratch)
    if let range = range(type), range.address >= pageSize, isFree(range) {
      let other = type == RecordType.scratch ? block.place : range
      if !overlaps(other, scratch) { return true }
    }
    log.write(.error) {
      $0.text("record ").decimal(UInt64(type)).text(" of the handover block names ").hex(named.address).text(", ")
        .hex(named.size).text(" bytes: not free memory")
    }
    return false
  }

  private func overlaps(_ one: PhysicalRange?, _ other: PhysicalRange?) -> Bool {
    guard let one, let other else { return false }
    return one.address < other.end && other.address < one.end
  }

  /// Whether the block's own map has nothing but free memory there, in one region or several.
  private func isFree(_ range: PhysicalRange) -> Bool {
    var position = range.address
    while position < range.end {
      var end = position
      var isOther = false
      forEachRegion { region in
        if region.type != .conventional {
          // What is said of memory besides that it is free counts more.
          isOther = isOther || overlaps(region.range, range)
        } else if region.range.address <= position, region.range.end > end {
          end = region.range.end
        }
      }
      if isOther || end == position { return false }
      position = end
    }
    return true
  }

  /// A record that starts with an address and a size.
  private func range(_ type: UInt32) -> PhysicalRange? {
    block.range(type).flatMap { PhysicalRange(address: $0.address, size: $0.size) }
  }

  private func forEachRegion(_ body: (BootInformation.Region) -> Void) {
    block.forEachRecord { record in
      guard record.type == RecordType.memory, let memory = record.load(as: virgil_memory_record.self),
        memory.number_of_pages <= 1 << 40,
        let range = PhysicalRange(address: memory.physical_start, size: memory.number_of_pages * pageSize)
      else { return }
      body(BootInformation.Region(range: range, type: FirstFirmware.type(memory.type), attribute: memory.attribute))
    }
  }

  // MARK: What it says

  /// Whether there is room for what is made of the block: its regions, and the new one while it grows.
  func fits(heap: Int) -> Bool {
    guard let place = block.place, place.size > UInt64(heap / 8) else { return true }
    log.write(.error) { $0.text("the handover block is too large for the scratch memory") }
    return false
  }

  /// What `handover` needs besides the block; nil when the device tree is none.
  func information() -> BootInformation? {
    let information = BootInformation()
    forEachRegion { region in
      information.add(region.range, region.type, region.attribute)
      let type = region.type
      if type != .memoryMappedIO, type != .memoryMappedIOPortSpace, type != .unusable { memory.allow(region.range) }
    }
    block.forEachRecord { record in
      guard record.type == RecordType.table, let table = record.load(as: virgil_table_record.self),
        let guid = record.bytes.suffix(from: 8).map({ GUID(at: $0.base) })
      else { return }
      FirstFirmware.take(guid, at: table.address, into: information, memory)
    }
    information.commandLine = range(RecordType.commandLine)
    information.initrd = range(RecordType.initrd)
    information.deviceTree = range(RecordType.deviceTree)
    #if arch(arm64) || HOSTED
      guard let place = information.deviceTree else { return information }
      // 2 MiB: the boot protocol's limit (Documentation/arch/arm64/booting.rst, 2).
      guard place.size <= 2 << 20, let bytes = memory.read(place.address, Int(place.size)),
        let tree = try? DeviceTree(bytes)
      else {
        log.write(.error) { $0.text("the handover block's device tree is none") }
        return nil
      }
      DeviceTreeBoot.reserve(tree, tree.chosen, information)
    #endif
    return information
  }
}
