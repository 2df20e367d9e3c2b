// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
#if !HOSTED
  import UEFI
#endif

/// The map that SetVirtualAddressMap is given (UEFI 2.10, 8.4.1): where the kernel wants the runtime regions.
///
/// Runs at the physical addresses, with the runtime regions mapped one to one. No allocation, nothing of the emulator.
struct VirtualAddressMap {
  let descriptors: UnsafeRawPointer
  let size: UInt64
  let descriptorSize: UInt64

  /// How far the region that holds `address` moves; nil when no region of the map does.
  func displacement(of address: UInt64) -> UInt64? {
    var offset: UInt64 = 0
    while offset + descriptorSize <= size {
      let entry = descriptors + Int(offset)
      let start = entry.loadUnaligned(fromByteOffset: MemoryDescriptor.physicalStart.offset, as: UInt64.self)
      let target = entry.loadUnaligned(fromByteOffset: MemoryDescriptor.virtualStart.offset, as: UInt64.self)
      let pages = entry.loadUnaligned(fromByteOffset: MemoryDescriptor.numberOfPages.offset, as: UInt64.self)
      let attribute = entry.loadUnaligned(fromByteOffset: MemoryDescriptor.attribute.offset, as: UInt64.self)
      if attribute & MemoryAttribute.runtime != 0, address >= start, (address &- start) / 4096 < pages {
        return target &- start
      }
      offset += descriptorSize
    }
    return nil
  }

  /// How far `size` bytes at `address` move together; nil when they do not.
  func displacement(of address: UInt64, size: UInt64) -> UInt64? {
    guard size > 0, let first = displacement(of: address), displacement(of: address &+ (size - 1)) == first else {
      return nil
    }
    return first
  }

  /// Whether the pointer stored at `place` is null, or points into a region that moves.
  func canConvert(_ place: UnsafeMutableRawPointer) -> Bool {
    let value = place.loadUnaligned(as: UInt64.self)
    return value == 0 || displacement(of: value) != nil
  }

  /// Converts the pointer stored at `place`; a null one stays null.
  @discardableResult func convert(_ place: UnsafeMutableRawPointer) -> Bool {
    let value = place.loadUnaligned(as: UInt64.self)
    guard value != 0 else { return true }
    guard let displacement = displacement(of: value) else { return false }
    place.storeBytes(of: value &+ displacement, as: UInt64.self)
    return true
  }

  /// ConvertPointer (8.4.2).
  func convertPointer(_ disposition: UInt64, _ place: UnsafeMutableRawPointer?) -> Status {
    guard let place else { return .invalidParameter }
    let optional: UInt64 = 1  // EFI_OPTIONAL_PTR: may be null
    guard place.loadUnaligned(as: UInt64.self) != 0 || disposition & optional != 0 else { return .invalidParameter }
    return convert(place) ? .success : .notFound
  }
}
