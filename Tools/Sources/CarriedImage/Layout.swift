// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Bytes
import LinuxBoot
import PE
import UKI

/// Where things go that depend on the payload alone.
struct Layout {
  /// Free for the boot header and before the PE header, in bytes from the start of the file.
  static let lowestPEOffset = (arm64: ImageHeader.size, x86_64: 0x280)
  /// An x86 file's headers: the boot sector and 7 sectors of setup, which is also a page.
  static let x86HeadersSize = 0x1000
  /// Where the jump at x86's 64-bit entry ends, from the image's base.
  static let x86EntryEnd = UInt32(SetupHeader.entry64 + 5)

  /// RVA of the first section that takes memory.
  let firstSection: UInt32
  /// `SizeOfHeaders`: firmware maps so much of the file, and then the sections over it.
  let headersEnd: Int
  /// RVA behind the payload, on a page.
  let virgil: UInt32
  let sectionAlignment: UInt32
  let fileAlignment: UInt32
  /// Where the PE header goes, and how many of its data directories it keeps.
  let peOffset: Int
  let directories: Int
  /// Where arm64's veneer goes, should the emulator be out of a branch's reach; nil: there is no room for one.
  let veneer: Int?
  /// The payload's headers up to the last byte that the file's differ in.
  let originalHeaders: [UInt8]

  init(_ headers: PEHeaders, _ payload: ByteView) throws(Refusal) {
    let isARM64 = headers.machine == PEMachine.arm64
    let occupied = headers.sections.filter { $0.sizeInMemory > 0 }
    firstSection = occupied[0].virtualAddress
    headersEnd = isARM64 ? Int(firstSection) : min(Int(firstSection), Self.x86HeadersSize)
    // PEHeaders has checked that sections end below SizeOfImage.
    guard let end = headers.sizeOfImage.roundedUp(to: max(headers.sectionAlignment, UInt32(CarriedImage.page))) else {
      throw .tooLarge(UInt64(headers.sizeOfImage))
    }
    virgil = end
    (sectionAlignment, fileAlignment) = Self.alignments(headers, occupied)

    let place = try Self.place(headers, payload, limit: headersEnd)
    peOffset = place.peOffset
    directories = place.directories
    veneer = place.veneer

    if !isARM64, Int(headers.sizeOfHeaders) > Self.x86HeadersSize, SetupHeader(payload) == nil {
      // Firmware would map none of it. In a bzImage it is real-mode code, which is not run here.
      let rest = payload.slice(Self.x86HeadersSize, count: Int(headers.sizeOfHeaders) - Self.x86HeadersSize)
      guard rest?.buffer.allSatisfy({ $0 == 0 }) == true else {
        throw .headersTooLarge(size: headers.sizeOfHeaders)
      }
    }
    let lowest = isARM64 ? Self.lowestPEOffset.arm64 : Self.lowestPEOffset.x86_64
    let changed = max(headers.sectionTableEnd, place.end, lowest)
    originalHeaders = Self.headers(headers, payload, count: min(changed, Int(firstSection)))
  }

  /// SectionAlignment below a page promises nothing but where sections start, and FileAlignment must be the same (PE/COFF
  /// specification, "Optional Header Windows-Specific Fields"). Linkers' tools break the promise, as objcopy did for
  /// systemd-stub 252: what is true of all sections is said instead, so that their bytes in the file keep it too.
  private static func alignments(_ headers: PEHeaders, _ occupied: [PESection]) -> (section: UInt32, file: UInt32) {
    let page = UInt32(CarriedImage.page)
    guard headers.sectionAlignment < page else { return (headers.sectionAlignment, page) }
    let places = occupied.reduce(headers.sectionAlignment) { $0 | $1.virtualAddress }
    let common = max(1 << UInt32(places.trailingZeroBitCount), PEHeaders.smallestAlignment)
    return (common, common)
  }

  /// A place for the PE header with our sections' entries, in the headers of the file.
  private static func place(
    _ headers: PEHeaders, _ payload: ByteView, limit: Int
  ) throws(Refusal) -> (peOffset: Int, directories: Int, veneer: Int?, end: Int) {
    let isARM64 = headers.machine == PEMachine.arm64
    var room = HeaderRoom(headers, payload, limit: limit)
    if !isARM64 {
      let boot = SetupHeader.start..<min(lowestPEOffset.x86_64, limit)
      guard boot.isEmpty || room.isFree(boot.lowerBound, boot.count) else {
        throw .noHeaderRoom(needed: boot.count, room: limit)
      }
      room.take(boot)
    }
    // x86: behind the boot header, unless the sections begin there already.
    let lowest = isARM64 ? [lowestPEOffset.arm64] : [lowestPEOffset.x86_64, PEFields.dosHeaderSize]
    var needed = 0
    // The veneer is missed in large images, directories without contents by nobody.
    for veneer in isARM64 ? [8 + Veneer.size, 0] : [0] {
      for directories in [headers.numberOfDataDirectories, leastDirectories(headers)] {
        let table = tableSize(headers, directories: directories)
        needed = table + veneer
        for lowest in lowest {
          guard let place = room.place(for: needed, current: headers.peOffset, lowest: lowest) else { continue }
          let behind = (place + table).roundedUp(to: 8)!
          return (place, directories, veneer == 0 ? nil : behind, place + needed)
        }
      }
    }
    throw .noHeaderRoom(needed: needed, room: limit)
  }

  /// Bytes from the PE signature to the end of the section table with our entries.
  private static func tableSize(_ headers: PEHeaders, directories: Int) -> Int {
    let newSections = headers.machine == PEMachine.arm64 ? 1 : 2
    let optional =
      directories == headers.numberOfDataDirectories
      ? headers.sectionTableOffset - headers.peOffset : PEFields.Optional.dataDirectories + directories * 8
    return optional + (headers.numberOfSections + newSections) * PEFields.Section.size
  }

  /// How many directories firmware and signers need: up to the last one that is not empty, base relocations at least.
  private static func leastDirectories(_ headers: PEHeaders) -> Int {
    min(headers.numberOfDataDirectories, max(headers.usedDataDirectories, DataDirectory.baseRelocation.rawValue + 1))
  }

  /// The first bytes of the payload as a loader puts them at the image's base: the headers, then zeros.
  static func headers(_ headers: PEHeaders, _ payload: ByteView, count: Int) -> [UInt8] {
    let own = payload.slice(0, count: min(count, Int(headers.sizeOfHeaders)))!
    return Array(own.buffer) + [UInt8](repeating: 0, count: count - own.count)
  }
}
