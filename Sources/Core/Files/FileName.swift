// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// A payload's file name in UTF-8, in pool memory.
struct FileName {
  let memory: UnsafeMutableRawPointer
  private(set) var bytes: ByteView

  /// The longest name that is taken, in 16-bit units: device paths can hold 32 K, archives 4 K.
  static let limit = 4096

  /// - Parameter text: 16-bit units at any address, up to a 0
  /// - Throws: INVALID_PARAMETER for one that does not end, OUT_OF_RESOURCES.
  init(_ text: UnsafeRawPointer, _ pool: Pool) throws(Status) {
    var count = 0
    while text.loadUnaligned(fromByteOffset: 2 * count, as: UInt16.self) != 0 {
      count += 1
      guard count < FileName.limit else { throw .invalidParameter }
    }
    // A unit takes three bytes at most, two that are a pair take four.
    memory = try pool.allocate(.bootServicesData, size: UInt64(3 * count + 1))
    var size = 0
    var index = 0
    while index < count {
      var scalar = UInt32(text.loadUnaligned(fromByteOffset: 2 * index, as: UInt16.self))
      index += 1
      if scalar & 0xfc00 == 0xd800 {
        let low = UInt32(text.loadUnaligned(fromByteOffset: 2 * index, as: UInt16.self))
        if low & 0xfc00 == 0xdc00 {
          scalar = 0x10000 + ((scalar & 0x3ff) << 10 | low & 0x3ff)
          index += 1
        }
      }
      FileName.encode(scalar, memory, &size)
    }
    bytes = ByteView(memory, count: size)
  }

  private static func encode(_ scalar: UInt32, _ memory: UnsafeMutableRawPointer, _ size: inout Int) {
    var shift: UInt32 = scalar < 0x80 ? 0 : scalar < 0x800 ? 6 : scalar < 0x10000 ? 12 : 18
    // The first byte says how many follow.
    let mark: UInt32 = shift == 0 ? 0 : shift == 6 ? 0xc0 : shift == 12 ? 0xe0 : 0xf0
    memory.storeBytes(of: UInt8(truncatingIfNeeded: mark | scalar >> shift), toByteOffset: size, as: UInt8.self)
    size += 1
    while shift > 0 {
      shift -= 6
      memory.storeBytes(of: UInt8(0x80 | scalar >> shift & 0x3f), toByteOffset: size, as: UInt8.self)
      size += 1
    }
  }
}
