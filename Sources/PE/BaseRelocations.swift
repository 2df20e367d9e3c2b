// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// Base relocations: what must be added to when an image does not lie at its `ImageBase` (PE/COFF specification,
/// "The .reloc Section").
public enum BaseRelocations {
  private static let blockHeaderSize = 8

  /// Relocates an image in memory.
  ///
  /// All blocks are checked before the first byte changes, so an image that is refused is as it was.
  ///
  /// - Parameters:
  ///   - image: lies at its RVAs; `SizeOfImage` bytes
  ///   - headers: the image's own
  ///   - delta: the address of `image` as the payload will see it, minus `ImageBase`; wraps round
  /// - Returns: how many places were changed
  public static func apply(
    to image: UnsafeMutableRawBufferPointer, headers: PEHeaders, delta: UInt64
  ) throws(PEError) -> Int {
    guard image.count == Int(headers.sizeOfImage) else { throw .bufferSize(image.count) }
    guard delta != 0 else { return 0 }
    guard let directory = headers.dataDirectory(.baseRelocation) else {
      // EDK2 draws the line at the characteristic, not at the directory: an image without the directory whose
      // relocations are not said to be stripped is position-independent (arm64 kernels are made that way).
      if headers.relocationsStripped { throw .notRelocatable }
      return 0
    }
    // The headers have been checked against SizeOfImage, which is the buffer's size.
    let table = Int(directory.rva)..<Int(directory.rva) + Int(directory.size)
    _ = try walk(image, table) { _, _ in }
    return try walk(image, table) { target, kind in
      switch kind {
      case .dir64:
        let value = UInt64(littleEndian: image.loadUnaligned(fromByteOffset: target, as: UInt64.self))
        image.storeBytes(of: (value &+ delta).littleEndian, toByteOffset: target, as: UInt64.self)
      case .highLow:
        let value = UInt32(littleEndian: image.loadUnaligned(fromByteOffset: target, as: UInt32.self))
        image.storeBytes(
          of: (value &+ UInt32(truncatingIfNeeded: delta)).littleEndian, toByteOffset: target, as: UInt32.self)
      case .absolute:
        break
      }
    }
  }

  private enum Kind: UInt8 {
    /// Padding.
    case absolute = 0
    case highLow = 3
    case dir64 = 10

    var width: Int {
      switch self {
      case .absolute: 0
      case .highLow: 4
      case .dir64: 8
      }
    }
  }

  /// Calls `body` for each place that is to be changed, which lies in the image and not in the table.
  private static func walk(
    _ image: UnsafeMutableRawBufferPointer, _ table: Range<Int>, _ body: (_ target: Int, _ kind: Kind) -> Void
  ) throws(PEError) -> Int {
    let view = ByteView(UnsafeRawBufferPointer(image))
    var count = 0
    var block = table.lowerBound
    while block < table.upperBound {
      guard let page = view.littleEndian(block, as: UInt32.self),
        let size = view.littleEndian(block + 4, as: UInt32.self),
        size >= UInt32(blockHeaderSize), size & 1 == 0, Int(size) <= table.upperBound - block
      else { throw .relocationBlock(rva: block, size: view.littleEndian(block + 4, as: UInt32.self) ?? 0) }
      for place in stride(from: block + blockHeaderSize, to: block + Int(size), by: 2) {
        guard let entry = view.littleEndian(place, as: UInt16.self) else {
          throw .relocationBlock(rva: block, size: size)
        }
        guard let kind = Kind(rawValue: UInt8(entry >> 12)) else {
          throw .relocationKind(rva: place, kind: UInt8(entry >> 12))
        }
        if kind == .absolute { continue }
        let target = Int(page) + Int(entry & 0xfff)
        // Into the table: the second walk would then read other entries than the first one has checked.
        guard target + kind.width <= image.count,
          target + kind.width <= table.lowerBound || target >= table.upperBound
        else { throw .relocationTarget(rva: place, target: UInt64(target)) }
        body(target, kind)
        count += 1
      }
      block += Int(size)
    }
    return count
  }
}
