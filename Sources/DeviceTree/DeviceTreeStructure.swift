// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

// The structure block (Devicetree Specification 0.4, 5.4): a stream of tokens, each aligned to 4 bytes.
extension DeviceTree {
  enum Token {
    case beginNode(name: ByteView)
    case endNode
    case property(name: UInt32, value: ByteView)
    case nop
    case end
  }

  /// The token at `offset` of the structure block, and where the next one starts.
  func token(at offset: Int) throws(DeviceTreeError) -> (token: Token, next: Int) {
    guard let word = structure.bigEndian(offset, as: UInt32.self) else {
      throw .malformed(.endOfBlock, offset: offset)
    }
    switch word {
    case 1:
      guard let name = structure.terminated(at: offset + 4) else {
        throw .malformed(.unterminatedName, offset: offset)
      }
      return (.beginNode(name: name), aligned(offset + 4 + name.count + 1))
    case 2:
      return (.endNode, offset + 4)
    case 3:
      guard let length = structure.bigEndian(offset + 4, as: UInt32.self),
        let name = structure.bigEndian(offset + 8, as: UInt32.self)
      else { throw .malformed(.endOfBlock, offset: offset) }
      guard let value = structure.slice(offset + 12, count: Int(length)) else {
        throw .malformed(.propertyTooLong(length), offset: offset)
      }
      return (.property(name: name, value: value), aligned(offset + 12 + value.count))
    case 4:
      return (.nop, offset + 4)
    case 9:
      return (.end, offset + 4)
    default:
      throw .malformed(.unknownToken(word), offset: offset)
    }
  }

  /// Offsets stay below 2^33, so this cannot overflow.
  private func aligned(_ offset: Int) -> Int { (offset + 3) & ~3 }

  /// The name at `offset` of the strings block; nil when it is empty, too long or unterminated.
  func propertyName(_ offset: UInt32) -> ByteView? {
    guard let rest = strings.suffix(from: Int(offset)),
      let window = rest.slice(0, count: min(rest.count, Self.longestPropertyName + 1)),
      let name = window.terminated(), name.count > 0
    else { return nil }
    return name
  }

  /// Walks every token once, so that later walks need not fail.
  func validateStructure() throws(DeviceTreeError) {
    var offset = 0
    var depth = 0
    var rootSeen = false
    var propertiesAllowed = false
    while true {
      let (token, next) = try token(at: offset)
      switch token {
      case .beginNode:
        guard depth > 0 || !rootSeen else { throw .malformed(.secondRoot, offset: offset) }
        guard depth < Self.maximumDepth else { throw .malformed(.tooDeep, offset: offset) }
        depth += 1
        rootSeen = true
        propertiesAllowed = true
      case .endNode:
        guard depth > 0 else { throw .malformed(.unbalancedEnd, offset: offset) }
        depth -= 1
        propertiesAllowed = false
      case .property(let name, _):
        guard propertiesAllowed else { throw .malformed(.propertyOutsideNode, offset: offset) }
        guard propertyName(name) != nil else { throw .malformed(.badPropertyName(name), offset: offset) }
      case .nop:
        break
      case .end:
        guard depth == 0 else { throw .malformed(.openNodes(depth), offset: offset) }
        guard rootSeen else { throw .malformed(.noRoot, offset: offset) }
        return
      }
      offset = next
    }
  }
}
