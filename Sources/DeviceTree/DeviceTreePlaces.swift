// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

// The same tree by places in its structure block, for those who copy from it: as it has been checked, none of this fails.
extension DeviceTree {
  /// The place of the node at `path`; -1: there is none.
  @inline(never) func place(_ path: StaticString) -> Int { node(at: path)?.offset ?? -1 }

  /// The tokens' numbers: FDT_BEGIN_NODE and so on (5.4.1).
  enum Kind {
    static let beginNode: UInt32 = 1
    static let endNode: UInt32 = 2
    static let property: UInt32 = 3
    static let nop: UInt32 = 4
    static let end: UInt32 = 9
  }

  /// The number of the token at `offset`.
  @inline(never) func kind(at offset: Int) -> UInt32 { structure.bigEndian(offset, as: UInt32.self) ?? Kind.end }

  /// The place of the token behind the one at `offset`.
  @inline(never) func next(after offset: Int) -> Int { (try? token(at: offset))?.next ?? structure.count }

  /// The place behind the node at `start`.
  @inline(never) func end(ofNodeAt start: Int) -> Int {
    var offset = start
    var depth = 0
    repeat {
      let kind = kind(at: offset)
      if kind == Kind.beginNode { depth &+= 1 }
      if kind == Kind.endNode { depth &-= 1 }
      offset = next(after: offset)
    } while depth > 0
    return offset
  }

  /// The next child of the node whose property or child, or whose end, is at `start`; -1: there is none.
  @inline(never) func child(from start: Int) -> Int {
    var offset = start
    while true {
      switch kind(at: offset) {
      case Kind.beginNode: return offset
      case Kind.property, Kind.nop: offset = next(after: offset)
      default: return -1
      }
    }
  }

  /// The name of the node at `offset`.
  @inline(never) func nodeName(_ offset: Int) -> ByteView { structure.terminated(at: offset &+ 4) ?? nothing }

  /// The first property of that name of the node at `start`; nil when there is none.
  @inline(never) func property(_ name: StaticString, of start: Int) -> PropertyValue? {
    var offset = start
    while true {
      offset = next(after: offset)
      switch kind(at: offset) {
      case Kind.property: if self.name(at: offset).equals(name) { return PropertyValue(bytes: value(at: offset)) }
      case Kind.nop: break
      default: return nil
      }
    }
  }

  /// `#address-cells` in bits 8 and up, and `#size-cells`.
  @inline(never) func cells(of node: Int) -> Int {
    let node = Node(tree: self, offset: node, depth: 1)
    return node.addressCells << 8 | node.sizeCells
  }

  @inline(never) func isMemory(_ node: Int) -> Bool {
    property("device_type", of: node)?.string?.equals("memory") ?? false
  }

  /// The name of the property at `offset`.
  @inline(never) func name(at offset: Int) -> ByteView {
    structure.bigEndian(offset &+ 8, as: UInt32.self).flatMap { propertyName($0) } ?? nothing
  }

  /// The value of the property at `offset`.
  @inline(never) func value(at offset: Int) -> ByteView {
    structure.bigEndian(offset &+ 4, as: UInt32.self).flatMap { structure.slice(offset &+ 12, count: Int($0)) }
      ?? nothing
  }

  private var nothing: ByteView { ByteView(UnsafeRawBufferPointer(start: nil, count: 0)) }
}
