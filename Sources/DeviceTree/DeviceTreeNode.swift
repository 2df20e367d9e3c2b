// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

extension DeviceTree {
  /// The root node.
  public var root: Node {
    // Only FDT_NOP may stand ahead of it; the whole tree has been checked.
    nodes.first(where: { _ in true }) ?? Node(tree: self, offset: 0, depth: 1)
  }

  /// Every node, each ahead of its children, in the order of the tree.
  public var nodes: Nodes { Nodes(tree: self, offset: 0, depth: 0) }

  /// A node: its name, its properties, its children.
  public struct Node {
    let tree: DeviceTree
    /// Of the FDT_BEGIN_NODE token in the structure block.
    let offset: Int
    /// 1 for the root.
    let depth: Int

    /// The name with its unit address, such as `uart@9000000`; empty for the root.
    public var name: ByteView { tree.nodeName(offset) }

    /// The properties, in the order of the tree.
    public var properties: Properties { Properties(tree: tree, offset: bodyOffset) }

    /// The children, in the order of the tree. Each step skips the previous child's whole subtree.
    public var children: Children { Children(tree: tree, offset: bodyOffset, parentDepth: depth) }

    /// The value of the first property of that name; nil when there is none.
    public func property(_ name: StaticString) -> PropertyValue? { tree.property(name, of: offset) }

    /// The first token after the node's name.
    private var bodyOffset: Int { tree.next(after: offset) }
  }

  /// See `DeviceTree.nodes`.
  public struct Nodes: Sequence, IteratorProtocol {
    let tree: DeviceTree
    var offset: Int
    var depth: Int

    @inline(never) public mutating func next() -> Node? {
      while let (token, following) = try? tree.token(at: offset) {
        let here = offset
        offset = following
        switch token {
        case .beginNode:
          depth += 1
          return Node(tree: tree, offset: here, depth: depth)
        case .endNode: depth -= 1
        case .property, .nop: break
        case .end: return nil
        }
      }
      return nil
    }
  }

  /// See `DeviceTree.Node.children`.
  public struct Children: Sequence, IteratorProtocol {
    let tree: DeviceTree
    var offset: Int
    /// Of the node at `offset`, counted from the parent's body.
    var depth = 0
    let parentDepth: Int

    init(tree: DeviceTree, offset: Int, parentDepth: Int) {
      self.tree = tree
      self.offset = offset
      self.parentDepth = parentDepth
    }

    @inline(never) public mutating func next() -> Node? {
      while let (token, following) = try? tree.token(at: offset) {
        let here = offset
        switch token {
        case .beginNode:
          offset = following
          depth += 1
          if depth == 1 { return Node(tree: tree, offset: here, depth: parentDepth + 1) }
        case .endNode:
          // At depth 0 this is the parent's own end: stay on it, so that asking again answers nil again.
          guard depth > 0 else { return nil }
          depth -= 1
          offset = following
        case .property, .nop: offset = following
        case .end: return nil
        }
      }
      return nil
    }
  }

  /// See `DeviceTree.Node.properties`.
  public struct Properties: Sequence, IteratorProtocol {
    let tree: DeviceTree
    var offset: Int

    @inline(never) public mutating func next() -> (name: ByteView, value: PropertyValue)? {
      while let (token, following) = try? tree.token(at: offset) {
        switch token {
        case .property(let name, let value):
          offset = following
          guard let text = tree.propertyName(name) else { continue }
          return (text, PropertyValue(bytes: value))
        case .nop: offset = following
        case .beginNode, .endNode, .end: return nil
        }
      }
      return nil
    }
  }
}
