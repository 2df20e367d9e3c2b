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

  /// RVA of the first section that takes memory; the headers reach up to it.
  let firstSection: UInt32
  /// RVA behind the payload.
  let virgil: UInt32
  /// Where the PE header goes.
  let peOffset: Int
  /// Where arm64's veneer goes, should the emulator be out of a branch's reach.
  let veneer: Int
  /// The payload's headers up to the last byte that the file's differ in.
  let originalHeaders: [UInt8]

  init(_ headers: PEHeaders, _ payload: ByteView) throws(Refusal) {
    let isARM64 = headers.machine == PEMachine.arm64
    let occupied = headers.sections.filter { $0.sizeInMemory > 0 }
    firstSection = occupied[0].virtualAddress
    // PEHeaders has checked that sections end below SizeOfImage.
    guard let end = headers.sizeOfImage.roundedUp(to: headers.sectionAlignment) else {
      throw .tooLarge(UInt64(headers.sizeOfImage))
    }
    virgil = end

    let newSections = isARM64 ? 1 : 2
    let table = headers.sectionTableEnd - headers.peOffset + newSections * PEFields.Section.size
    let needed = table + (isARM64 ? 8 + Veneer.size : 0)
    let limit = isARM64 ? Int(firstSection) : Self.x86HeadersSize
    let lowest = isARM64 ? Self.lowestPEOffset.arm64 : Self.lowestPEOffset.x86_64
    let room = HeaderRoom(headers, payload, limit: limit)
    guard let place = room.place(for: needed, current: headers.peOffset, lowest: lowest),
      isARM64 || room.isFree(SetupHeader.start, lowest - SetupHeader.start)
    else { throw .noHeaderRoom(needed: needed, room: limit) }
    peOffset = place
    veneer = (place + table).roundedUp(to: 8)!

    if !isARM64, Int(headers.sizeOfHeaders) > Self.x86HeadersSize, SetupHeader(payload) == nil {
      // Firmware would map none of it. In a bzImage it is real-mode code, which is not run here.
      let rest = payload.slice(Self.x86HeadersSize, count: Int(headers.sizeOfHeaders) - Self.x86HeadersSize)
      guard rest?.buffer.allSatisfy({ $0 == 0 }) == true else {
        throw .headersTooLarge(size: headers.sizeOfHeaders)
      }
    }
    let changed = max(headers.sectionTableEnd, place + needed, lowest)
    originalHeaders = Self.headers(headers, payload, count: min(changed, Int(firstSection)))
  }

  /// The first bytes of the payload as a loader puts them at the image's base: the headers, then zeros.
  static func headers(_ headers: PEHeaders, _ payload: ByteView, count: Int) -> [UInt8] {
    let own = payload.slice(0, count: min(count, Int(headers.sizeOfHeaders)))!
    return Array(own.buffer) + [UInt8](repeating: 0, count: count - own.count)
  }
}
