// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// The 64 bytes at the start of an arm64 kernel image (Linux, Documentation/arch/arm64/booting.rst, section 4).
///
/// A kernel with an EFI stub starts with "MZ" at the same time: `code0` is then an instruction whose encoding begins
/// with these letters, and the last word is `e_lfanew` of the PE format.
public struct ImageHeader: Equatable, Sendable {
  public enum Fields {
    public static let code0 = Field<UInt32>(0)
    public static let code1 = Field<UInt32>(4)
    public static let text_offset = Field<UInt64>(8)
    public static let image_size = Field<UInt64>(16)
    public static let flags = Field<UInt64>(24)
    public static let res2 = Field<UInt64>(32)
    public static let res3 = Field<UInt64>(40)
    public static let res4 = Field<UInt64>(48)
    public static let magic = Field<UInt32>(56)
    public static let res5 = Field<UInt32>(60)
  }

  /// Bytes of the header.
  public static let size = 64
  /// "ARM\x64".
  public static let magic: UInt32 = 0x644d_5241
  /// `ccmp x18, #0, #0xd, pl`: starts with "MZ" and changes nothing but the flags.
  public static let harmlessMZ: UInt32 = 0xfa40_5a4d
  /// `flags`: little-endian, made for 4 KiB pages, may be placed anywhere in memory.
  public static let placeAnywhere4KiB: UInt64 = 0xa

  /// The first instruction.
  public var code0: UInt32
  /// The second instruction: where an image that starts with "MZ" branches to its entry.
  public var code1: UInt32
  /// From a 2 MiB boundary to where the image is to be placed, in bytes.
  public var textOffset: UInt64
  /// Bytes of memory the image takes, those behind the end of the file included.
  public var imageSize: UInt64
  public var flags: UInt64
  /// `res5`: file offset of the PE signature, or 0.
  public var peOffset: UInt32

  public init(
    code0: UInt32 = harmlessMZ, code1: UInt32, textOffset: UInt64 = 0, imageSize: UInt64,
    flags: UInt64 = placeAnywhere4KiB, peOffset: UInt32
  ) {
    self.code0 = code0
    self.code1 = code1
    self.textOffset = textOffset
    self.imageSize = imageSize
    self.flags = flags
    self.peOffset = peOffset
  }

  /// - Returns: nil when the bytes are shorter than the header or have no magic.
  public init?(_ file: ByteView) {
    guard file[Fields.magic] == Self.magic, let code0 = file[Fields.code0], let code1 = file[Fields.code1],
      let textOffset = file[Fields.text_offset], let imageSize = file[Fields.image_size],
      let flags = file[Fields.flags], let peOffset = file[Fields.res5]
    else { return nil }
    self.init(
      code0: code0, code1: code1, textOffset: textOffset, imageSize: imageSize, flags: flags, peOffset: peOffset)
  }

  /// Writes the header at the start of `bytes`, which has room for it.
  public func write(to bytes: UnsafeMutableRawBufferPointer) {
    Fields.code0.write(code0, to: bytes)
    Fields.code1.write(code1, to: bytes)
    Fields.text_offset.write(textOffset, to: bytes)
    Fields.image_size.write(imageSize, to: bytes)
    Fields.flags.write(flags, to: bytes)
    Fields.res2.write(0, to: bytes)
    Fields.res3.write(0, to: bytes)
    Fields.res4.write(0, to: bytes)
    Fields.magic.write(Self.magic, to: bytes)
    Fields.res5.write(peOffset, to: bytes)
  }

  /// The instruction `b` over `distance` bytes.
  ///
  /// - Returns: nil when the distance is no multiple of 4 or beyond ±128 MiB.
  public static func branch(over distance: Int64) -> UInt32? {
    guard distance & 3 == 0, distance >= -(1 << 27), distance < 1 << 27 else { return nil }
    return 0x1400_0000 | UInt32(truncatingIfNeeded: distance >> 2) & 0x03ff_ffff
  }
}
