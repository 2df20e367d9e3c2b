// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// Memory outside of the emulator, before there is a memory map: mapped for reading as it is asked for.
///
/// What may be read is what the boot information has declared: the ranges given to `allow`.
final class PhysicalMemory {
  private let platform: any Core.Platform
  private var allowed: [PhysicalRange] = []

  init(platform: any Core.Platform) { self.platform = platform }

  @inline(never) func allow(_ range: PhysicalRange) { if !range.isEmpty { allowed.append(range) } }

  /// A `MemoryReader`: nil outside of what is allowed.
  func read(_ address: UInt64, _ size: Int) -> ByteView? {
    guard size > 0, address >= pageSize, let range = PhysicalRange(address: address, size: UInt64(size)),
      covers(range), let pointer = UnsafeRawPointer(bitPattern: UInt(address)), map(range)
    else { return nil }
    return ByteView(pointer, count: size)
  }

  /// Whether the allowed ranges together hold the whole range: neighbours may share it.
  private func covers(_ range: PhysicalRange) -> Bool {
    var position = range.address
    while position < range.end {
      guard let next = allowed.first(where: { $0.address <= position && position < $0.end }) else { return false }
      position = next.end
    }
    return true
  }

  private func map(_ range: PhysicalRange) -> Bool {
    var page = range.address.alignedDown(pageSize)
    while page < range.end {
      if platform.access(at: page) == .none {
        guard platform.map(address: page, size: pageSize, access: .readOnly, cache: .writeBack) else { return false }
      }
      page += pageSize
    }
    return true
  }
}
