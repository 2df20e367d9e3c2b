// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// A zlib stream (RFC 1950) of stored blocks (RFC 1951, 3.2.4). What is wrapped here is packed already.
enum Zlib {
  static func stored(_ bytes: [UInt8]) -> [UInt8] {
    // 32 KiB window, fastest; the two bytes are a multiple of 31.
    var stream: [UInt8] = [0x78, 0x01]
    stream.reserveCapacity(bytes.count + bytes.count / 0xffff * 5 + 11)
    var start = 0
    repeat {
      let end = min(start + 0xffff, bytes.count)
      let length = UInt16(end - start)
      stream.append(end == bytes.count ? 1 : 0)
      for value in [length, ~length] { stream += [UInt8(value & 0xff), UInt8(value >> 8)] }
      stream += bytes[start..<end]
      start = end
    } while start < bytes.count
    let sum = adler32(bytes)
    return stream + [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: sum >> $0) }
  }

  private static func adler32(_ bytes: [UInt8]) -> UInt32 {
    var low: UInt32 = 1
    var high: UInt32 = 0
    for byte in bytes {
      low = (low + UInt32(byte)) % 65_521
      high = (high + low) % 65_521
    }
    return high << 16 | low
  }
}
