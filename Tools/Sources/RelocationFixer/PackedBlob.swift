// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Bytes
import CLZ4

/// A blob whose head is followed by one LZ4 block that holds the rest (virgil_blob.h).
///
/// ```
/// head | LZ4 block          in the file
/// head | rest, unpacked     in memory, from the same address on
/// ```
///
/// The rest is packed with its calls' targets in the form that packs best (`BranchTargets`).
public struct PackedBlob: Sendable {
  public let bytes: [UInt8]
  public let description: BlobDescription

  /// The head keeps the block in the emulator's stack while it unpacks it: the most bytes that it may have.
  static let largestBlock = 192 * 1024

  /// Packs, and makes sure that unpacking gives the same bytes back.
  public init(_ plain: EmulatorBlob) throws(Refusal) {
    let head = Int(plain.headSize)
    let rest = Array(plain.bytes[head...])
    var changed = rest
    BranchTargets.makeAbsolute(&changed, text: Int(plain.textSize), plain.machine)
    let block = Self.compress(changed)
    var unpacked = Self.decompress(block, count: rest.count)
    BranchTargets.makeRelative(&unpacked, text: min(Int(plain.textSize), unpacked.count), plain.machine)
    guard !block.isEmpty, block.count <= Self.largestBlock, unpacked == rest else {
      throw .packing(size: block.count, limit: Self.largestBlock)
    }
    var bytes = Array(plain.bytes[..<head]) + block
    let size = UInt64(bytes.count)
    bytes.withUnsafeMutableBytes {
      BlobHeader.file_size.write(size, to: $0)
      BlobHeader.packed_size.write(UInt64(block.count), to: $0)
      BlobHeader.unpacked_size.write(UInt64(rest.count), to: $0)
    }
    self.bytes = bytes
    description = plain.description.packed(bytes, head: plain.headSize, unpacked: UInt64(rest.count))
  }

  private static func compress(_ bytes: [UInt8]) -> [UInt8] {
    let room = LZ4_compressBound(Int32(bytes.count))
    return [UInt8](unsafeUninitializedCapacity: Int(room)) { buffer, count in
      let size = bytes.withUnsafeBytes { bytes in
        LZ4_compress_HC(
          bytes.baseAddress!.assumingMemoryBound(to: CChar.self),
          UnsafeMutableRawPointer(buffer.baseAddress!).assumingMemoryBound(to: CChar.self), Int32(bytes.count), room,
          LZ4HC_CLEVEL_MAX)
      }
      count = Int(max(size, 0))
    }
  }

  private static func decompress(_ block: [UInt8], count size: Int) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
      let made = block.withUnsafeBytes { block in
        LZ4_decompress_safe(
          block.baseAddress!.assumingMemoryBound(to: CChar.self),
          UnsafeMutableRawPointer(buffer.baseAddress!).assumingMemoryBound(to: CChar.self), Int32(block.count),
          Int32(size))
      }
      count = Int(max(made, 0))
    }
  }
}
