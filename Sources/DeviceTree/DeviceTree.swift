// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// A flattened device tree (Devicetree Specification 0.4, chapter 5), read where it lies.
///
/// The whole tree is checked once, when it is made; from then on nothing fails, nothing is copied, and each
/// lookup takes time linear in the size of the tree.
///
/// ```swift
/// let tree = try DeviceTree(bytes)
/// let commandLine = tree.chosen.bootargs
/// for region in tree.memoryRegions() { … }
/// ```
///
/// - Warning: like its `ByteView`, a tree does not keep its bytes alive, nor may they change under it.
public struct DeviceTree {
  /// Nodes inside one another that are accepted; Linux draws its line at the same place.
  public static let maximumDepth = 64
  /// Bytes of a property's name that are accepted. The specification allows 31, Linux uses a few more; without
  /// a limit, many properties that share one endless name would cost quadratic time.
  public static let longestPropertyName = 255

  /// The tree from its header to `totalsize`.
  public let bytes: ByteView
  /// Physical ID of the CPU that boots.
  public let bootCPU: UInt32

  let structure: ByteView
  let strings: ByteView
  let reservationBlock: ByteView

  /// `struct fdt_header` (5.2); all of it is big-endian.
  enum Header {
    static let magic = 0x00
    static let totalsize = 0x04
    static let off_dt_struct = 0x08
    static let off_dt_strings = 0x0c
    static let off_mem_rsvmap = 0x10
    static let version = 0x14
    static let last_comp_version = 0x18
    static let boot_cpuid_phys = 0x1c
    static let size_dt_strings = 0x20
    static let size_dt_struct = 0x24
    static let size = 0x28
  }

  static let magic: UInt32 = 0xd00d_feed
  static let version: UInt32 = 17

  /// The size that a tree's header states, for a caller that knows only where it starts.
  ///
  /// - Parameter header: the tree's first 8 bytes or more
  /// - Throws: `.truncated`, `.wrongMagic`.
  public static func totalSize(_ header: ByteView) throws(DeviceTreeError) -> UInt32 {
    guard let magic = header.bigEndian(Header.magic, as: UInt32.self),
      let total = header.bigEndian(Header.totalsize, as: UInt32.self)
    else { throw .truncated(needed: 8, present: header.count) }
    guard magic == Self.magic else { throw .wrongMagic(magic) }
    return total
  }

  /// - Parameter view: starts with the tree's header; may be longer than the tree
  /// - Throws: what is wrong, and where, when any part of it is malformed.
  public init(_ view: ByteView) throws(DeviceTreeError) {
    let total = try Self.totalSize(view)
    guard total >= UInt32(Header.size), let bytes = view.slice(0, count: Int(total)) else {
      throw .truncated(needed: max(UInt64(total), UInt64(Header.size)), present: view.count)
    }
    /// A word of the header, which is known to be there.
    func word(_ offset: Int) -> UInt32 { bytes.bigEndian(offset, as: UInt32.self) ?? 0 }

    let version = word(Header.version)
    let compatible = word(Header.last_comp_version)
    guard version >= Self.version, compatible <= Self.version else {
      throw .unsupportedVersion(version, compatibleWith: compatible)
    }
    func block(_ name: DeviceTreeError.Block, _ offset: UInt32, _ size: UInt32, alignment: UInt32)
      throws(DeviceTreeError) -> ByteView
    {
      guard offset >= UInt32(Header.size), offset % alignment == 0,
        let block = bytes.slice(Int(offset), count: Int(size))
      else { throw .blockOutOfBounds(name, offset: offset, size: size, totalSize: total) }
      return block
    }
    self.bytes = bytes
    bootCPU = word(Header.boot_cpuid_phys)
    structure = try block(.structure, word(Header.off_dt_struct), word(Header.size_dt_struct), alignment: 4)
    strings = try block(.strings, word(Header.off_dt_strings), word(Header.size_dt_strings), alignment: 1)
    let reservations = word(Header.off_mem_rsvmap)
    reservationBlock = try block(
      .reservations, reservations, reservations <= total ? total - reservations : 0, alignment: 8)
    guard reservationEntryCount != nil else { throw .unterminatedReservations }
    try validateStructure()
  }
}
