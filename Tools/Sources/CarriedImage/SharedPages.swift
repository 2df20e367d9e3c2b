// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import PE

/// Pages of an image whose sections may share them, because SectionAlignment is below one.
///
/// Firmware gives such an image no rights by section. The emulator makes every page writable or executable as it is
/// used, never both: that costs two faults for a page, and more only for one that holds code as well as data.
public struct SharedPages {
  public let sectionAlignment: UInt32
  /// Pages that hold code and what is written: each turn from one to the other is a fault.
  public let mixed: Int

  /// - Returns: nil where every page belongs to one section.
  public init?(_ headers: PEHeaders) {
    guard headers.sectionAlignment < UInt32(CarriedImage.page) else { return nil }
    sectionAlignment = headers.sectionAlignment
    let both = SectionCharacteristics.write | SectionCharacteristics.execute
    var count = 0
    // The last page so far, and what is wanted of it.
    var page: UInt32?
    var wanted: UInt32 = 0
    for section in headers.sections where section.sizeInMemory > 0 {
      let rights = section.characteristics & both
      let first = section.virtualAddress / UInt32(CarriedImage.page)
      let last = (section.virtualAddress + (section.sizeInMemory - 1)) / UInt32(CarriedImage.page)
      if first != page {
        if wanted == both { count += 1 }
        wanted = 0
      }
      wanted |= rights
      if last > first {
        if wanted == both { count += 1 }
        if rights == both { count += Int(last - first - 1) }
        wanted = rights
      }
      page = last
    }
    mixed = wanted == both ? count + 1 : count
  }
}

extension SharedPages: CustomStringConvertible {
  public var description: String {
    "sections may share pages (SectionAlignment 0x\(String(sectionAlignment, radix: 16))): a page is writable or "
      + "executable as it is used, never both; "
      + (mixed == 1 ? "1 page holds code and data" : "\(mixed) pages hold code and data")
  }
}
