// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// What the first kernel says, in one form for both boot protocols and for its own block. `handover` turns it into the block.
///
/// A class: it is large, goes through many hands, and is made once.
final class BootInformation {
  /// A region of the machine's memory.
  struct Region {
    let range: PhysicalRange
    let type: MemoryType
    /// `EFI_MEMORY_DESCRIPTOR.Attribute`; a kernel takes what can be cached for RAM.
    var attribute = MemoryAttribute.ram
  }
  /// A configuration table to publish.
  struct Table {
    let guid: GUID
    let address: UInt64
  }

  /// Together with what is `occupy`'s.
  var memory: [Region] = []
  var tables: [Table] = []
  var commandLine: PhysicalRange?
  var initrd: PhysicalRange?
  var deviceTree: PhysicalRange?
  var randomSeed: ByteView?
  var console: ConsoleDescription?
  var reset: virgil_reset_record?
  var clock: virgil_clock_record?
  /// nil: the first kernel does not know.
  var secureBoot: Bool?

  /// Not inlined: what appending takes is more than a call.
  @inline(never)
  func add(_ range: PhysicalRange?, _ type: MemoryType, _ attribute: UInt64 = MemoryAttribute.ram) {
    if let range { memory.append(Region(range: range, type: type, attribute: attribute)) }
  }

  /// RAM that something lives in: no allocation may touch it before the payload exits boot services.
  @inline(never) func occupy(_ range: PhysicalRange?) { add(range, .bootServicesData) }

  /// Everything as handover records, together with those of the block that was found, which come first.
  func handover(found: HandoverReader) -> [UInt8] {
    var writer = HandoverWriter()
    found.forEachRecord { record in
      let payload = UnsafeRawBufferPointer(record.payload.buffer)
      switch record.type {
      case RecordType.headers, RecordType.emulator, RecordType.scratch, RecordType.sidecars, RecordType.imageInitrd,
        RecordType.imageCommandLine, RecordType.image, RecordType.verified:
        // All of them start with an address.
        guard let address = record.payload.littleEndian(0, as: UInt64.self) else { return }
        writer.append(record.type, payload: payload, address: found.absolute(address))
      case RecordType.memory, RecordType.table, RecordType.commandLine, RecordType.initrd, RecordType.deviceTree:
        // In a block that has them, they are where the members of this structure come from.
        break
      case RecordType.console:
        // The composer's default counts when the machine has not described its console.
        if console == nil { writer.append(record.type, payload: payload) }
      default:
        writer.append(record.type, payload: payload)
      }
    }
    for region in memory { append(region, to: &writer) }
    for table in tables { writer.appendTable(table.guid, address: table.address) }
    if let console { writer.append(RecordType.console, console.record) }
    if let reset { writer.append(RecordType.reset, reset) }
    if let clock { writer.append(RecordType.clock, clock) }
    append(RecordType.commandLine, commandLine, to: &writer)
    append(RecordType.initrd, initrd, to: &writer)
    append(RecordType.deviceTree, deviceTree, to: &writer)
    if let randomSeed { writer.append(RecordType.randomSeed, payload: randomSeed.buffer) }
    if let secureBoot {
      var record = virgil_secure_boot_record()
      record.secure_boot = secureBoot ? 1 : 0
      writer.append(RecordType.secureBoot, record)
    }
    return writer.finish()
  }

  @inline(never)
  private func append(_ type: UInt32, _ range: PhysicalRange?, to writer: inout HandoverWriter) {
    if let range, !range.isEmpty { writer.appendRange(type, address: range.address, size: range.size) }
  }

  /// RAM is rounded inwards to pages, everything else outwards.
  private func append(_ region: Region, to writer: inout HandoverWriter) {
    let isFree = region.type == .conventional
    let start = isFree ? region.range.address.alignedUp(pageSize) : region.range.address.alignedDown(pageSize)
    let end = isFree ? region.range.end.alignedDown(pageSize) : region.range.end.alignedUp(pageSize)
    guard let start, let end, end > start else { return }
    writer.appendMemory(
      start: start, pages: (end - start) / pageSize, type: region.type, attribute: region.attribute)
  }
}
