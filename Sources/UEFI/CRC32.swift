// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// The CRC-32 of UEFI's table headers (UEFI 2.10, 4.2.1), which is the one of ISO 3309 and Ethernet: polynomial
/// 0x04C11DB7, reflected, all ones before and after.
public struct CRC32 {
  private var state: UInt32 = 0xffff_ffff

  public init() {}

  /// One nibble at a time: 16 words of table instead of 256, at twice the steps.
  private static let table: InlineArray<16, UInt32> = [
    0x0000_0000, 0x1db7_1064, 0x3b6e_20c8, 0x26d9_30ac, 0x76dc_4190, 0x6b6b_51f4, 0x4db2_6158, 0x5005_713c,
    0xedb8_8320, 0xf00f_9344, 0xd6d6_a3e8, 0xcb61_b38c, 0x9b64_c2b0, 0x86d3_d2d4, 0xa00a_e278, 0xbdbd_f21c,
  ]

  public mutating func update(_ bytes: UnsafeRawBufferPointer) {
    for byte in bytes {
      state = CRC32.table[Int((state ^ UInt32(byte)) & 15)] ^ state >> 4
      state = CRC32.table[Int((state ^ UInt32(byte >> 4)) & 15)] ^ state >> 4
    }
  }

  public var value: UInt32 { ~state }

  public static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    var crc = CRC32()
    crc.update(bytes)
    return crc.value
  }
}
