// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

extension DeviceTree {
  /// The node at a path such as `/soc/uart@9000000`, or an alias such as `serial0` with an optional path after it.
  ///
  /// A component without a unit address also matches a node that has one, as in Devicetree Specification 0.4, 2.2.3:
  /// `/soc/uart` finds `uart@9000000`. The first match in the order of the tree is taken.
  ///
  /// - Returns: nil when there is no such node. An alias must stand for a full path, not for another alias.
  public func node(at path: ByteView) -> Node? {
    if path.byte(0) == slash { return descend(from: root, along: path) }
    let (alias, rest) = path.split(at: slash)
    guard let target = aliasTarget(alias), target.byte(0) == slash, let start = descend(from: root, along: target)
    else { return nil }
    return rest.map { descend(from: start, along: $0) } ?? start
  }

  /// The node at a path that is known when the program is written.
  @inline(never) public func node(at path: StaticString) -> Node? {
    node(at: ByteView(UnsafeRawBufferPointer(start: path.utf8Start, count: path.utf8CodeUnitCount)))
  }

  /// The first available node, in the order of the tree, that satisfies `predicate`.
  public func firstNode(where predicate: (Node) -> Bool) -> Node? {
    for node in nodes where predicate(node) && node.isAvailable { return node }
    return nil
  }

  /// The nodes on the way from the root to `node`, the root first; empty for the root itself.
  func ancestors(of node: Node) -> [Node] {
    var chain: [Node] = []
    for candidate in nodes {
      if candidate.offset >= node.offset { break }
      while let last = chain.last, last.depth >= candidate.depth { chain.removeLast() }
      chain.append(candidate)
    }
    while let last = chain.last, last.depth >= node.depth { chain.removeLast() }
    return chain
  }

  private func aliasTarget(_ alias: ByteView) -> ByteView? {
    guard alias.count > 0, let aliases = child(of: root, named: name("aliases")) else { return nil }
    for (name, value) in aliases.properties where name.equals(alias) { return value.string }
    return nil
  }

  private func descend(from start: Node, along path: ByteView) -> Node? {
    var node = start
    var rest: ByteView? = path
    while let current = rest {
      let (component, tail) = current.split(at: slash)
      rest = tail
      // Empty components come from a leading, doubled or trailing slash.
      if component.count == 0 { continue }
      guard let next = child(of: node, named: component) else { return nil }
      node = next
    }
    return node
  }

  private func child(of parent: Node, named wanted: ByteView) -> Node? {
    for child in parent.children {
      let name = child.name
      if name.equals(wanted) || name.split(at: UInt8(ascii: "@")).head.equals(wanted) { return child }
    }
    return nil
  }

  private func name(_ text: StaticString) -> ByteView {
    ByteView(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  private var slash: UInt8 { UInt8(ascii: "/") }
}
