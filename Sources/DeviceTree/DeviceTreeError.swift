// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// Why bytes are not a flattened device tree (Devicetree Specification 0.4, chapter 5).
public enum DeviceTreeError: Error, Equatable {
  /// Fewer bytes than the header needs, or than it says there are.
  case truncated(needed: UInt64, present: Int)
  /// The first word is not 0xd00dfeed.
  case wrongMagic(UInt32)
  /// Not readable as version 17.
  case unsupportedVersion(UInt32, compatibleWith: UInt32)
  /// A block does not lie between the header and `totalsize`, or is misaligned.
  case blockOutOfBounds(Block, offset: UInt32, size: UInt32, totalSize: UInt32)
  /// The memory reservation block has no terminating entry before `totalsize`.
  case unterminatedReservations
  /// Something is wrong in the structure block, at `offset` bytes from its start.
  case malformed(Flaw, offset: Int)
  /// An address or a size of another tree is too large for so many cells.
  case numberDoesNotFit

  /// The blocks that the header points at.
  public enum Block: Equatable, Sendable { case reservations, structure, strings }

  /// What can be wrong with a token of the structure block.
  public enum Flaw: Equatable, Sendable {
    case endOfBlock, unknownToken(UInt32), unterminatedName, propertyTooLong(UInt32), badPropertyName(UInt32)
    case propertyOutsideNode, tooDeep, unbalancedEnd, openNodes(Int), secondRoot, noRoot
  }
}

extension DeviceTreeError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .truncated(let needed, let present):
      "device tree: \(present) bytes are there, \(needed) are needed"
    case .wrongMagic(let magic):
      "device tree: starts with 0x\(String(magic, radix: 16)); a flattened tree starts with 0xd00dfeed"
    case .unsupportedVersion(let version, let compatible):
      "device tree: version \(version), compatible with \(compatible); version 17 can be read"
    case .blockOutOfBounds(let block, let offset, let size, let total):
      "device tree: the \(block.name) block (offset \(offset), \(size) bytes) must be aligned and lie between "
        + "the header and totalsize \(total)"
    case .unterminatedReservations:
      "device tree: the memory reservation block must end with an entry of address 0 and size 0"
    case .malformed(let flaw, let offset):
      "device tree: structure block, offset \(offset): \(flaw.text)"
    case .numberDoesNotFit:
      "device tree: the machine's ranges do not fit into this tree's #address-cells and #size-cells"
    }
  }
}

extension DeviceTreeError.Block {
  var name: StaticString {
    switch self {
    case .reservations: "memory reservation"
    case .structure: "structure"
    case .strings: "strings"
    }
  }
}

extension DeviceTreeError.Flaw {
  var text: String {
    switch self {
    case .endOfBlock: "the block ends before an FDT_END token"
    case .unknownToken(let token): "0x\(String(token, radix: 16)) is no token"
    case .unterminatedName: "a node's name has no NUL before the end of the block"
    case .propertyTooLong(let length): "a property of \(length) bytes reaches beyond the block"
    case .badPropertyName(let offset):
      "strings offset \(offset) holds no NUL-terminated name of 1 to \(DeviceTree.longestPropertyName) bytes"
    case .propertyOutsideNode: "properties must stand in a node, ahead of its children"
    case .tooDeep: "more than \(DeviceTree.maximumDepth) nodes inside one another"
    case .unbalancedEnd: "FDT_END_NODE without a node to end"
    case .openNodes(let depth): "FDT_END while \(depth) nodes are open"
    case .secondRoot: "a second root node"
    case .noRoot: "FDT_END without a root node"
    }
  }
}
