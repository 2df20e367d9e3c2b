// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// Why a handover block is refused.
public enum HandoverError: Error, Equatable, Sendable {
  case truncated
  case wrongMagic(UInt64)
  case unsupportedVersion(UInt32)
  case wrongSize(UInt64)
  case wrongChecksum(found: UInt32, computed: UInt32)
  /// A record's size is below its type's, or runs past the block.
  case malformedRecord(type: UInt32, offset: Int)

  public var reason: StaticString {
    switch self {
    case .truncated: "the handover block ends before its header does"
    case .wrongMagic: "no handover block: its magic is missing"
    case .unsupportedVersion: "the handover block has an unknown version"
    case .wrongSize: "the handover block's size is smaller than its header or larger than the memory it is in"
    case .wrongChecksum: "the handover block's checksum is wrong"
    case .malformedRecord: "a record of the handover block is too short or runs past its end"
    }
  }
}
