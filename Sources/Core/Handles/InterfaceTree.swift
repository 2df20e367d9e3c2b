// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// The orders that the handle database keeps its interfaces in, and the keys of each.
enum InterfaceOrder {
  /// The handle, and the number of the installation.
  static let byHandle = 0
  /// The GUID, and the handle.
  static let byProtocol = 1
  /// The GUID, and the number of the last installation or reinstallation.
  static let byNews = 2
  static let count = 3
}

/// A place of a protocol interface in an order.
struct InterfaceNode {
  // The children come first: `InterfaceTree.link` counts on it.
  var lower: InterfaceTree.Link = nil
  var higher: InterfaceTree.Link = nil
  /// The neighbours in order. The tree's head is before the first; nil: the node is in no tree.
  var previous: InterfaceTree.Link = nil
  var next: InterfaceTree.Link = nil
  var key: InterfaceTree.Key = (0, 0, 0)
  /// Random: it keeps the tree balanced.
  var priority: UInt64 = 0
  var interface: Unmanaged<ProtocolInterface>?
}

/// Protocol interfaces in an order: a treap (Seidel and Aragon, "Randomized Search Trees", 1996), which takes the least
/// code of the trees in which everything costs O(log n). Its nodes belong to the interfaces.
struct InterfaceTree {
  typealias Node = UnsafeMutablePointer<InterfaceNode>
  typealias Link = Node?
  typealias Key = (UInt64, UInt64, UInt64)

  /// Stands before all others; the tree is what is higher.
  private let head: Node

  init() {
    head = .allocate(capacity: 1)
    head.initialize(to: InterfaceNode())
  }

  func deallocate() { head.deallocate() }

  private static func isLess(_ left: Node, _ right: Key) -> Bool {
    let key = left.pointee.key
    if key.0 != right.0 { return key.0 < right.0 }
    if key.1 != right.1 { return key.1 < right.1 }
    return key.2 < right.2
  }

  /// Where a node's child is kept.
  private static func link(_ node: Node, higher: Bool) -> UnsafeMutablePointer<Link> {
    UnsafeMutableRawPointer(node).assumingMemoryBound(to: Link.self) + (higher ? 1 : 0)
  }

  /// The first whose key is not below `key`.
  func first(from key: Key) -> Link {
    var best: Link = nil
    var candidate = head.pointee.higher
    while let node = candidate {
      let isLess = Self.isLess(node, key)
      if !isLess { best = node }
      candidate = Self.link(node, higher: isLess).pointee
    }
    return best
  }

  /// The caller has seen to it that no other node has its key.
  func insert(_ new: Node) {
    var before = head
    var place = Self.link(head, higher: true)
    var rest: Link
    /// Where the halves of what was at the node's place, below and above it, go on.
    var (low, high) = (Self.link(new, higher: false), Self.link(new, higher: true))
    // Down to the first of lower priority, then apart.
    while let node = place.pointee, node.pointee.priority >= new.pointee.priority {
      let isLess = Self.isLess(node, new.pointee.key)
      if isLess { before = node }
      place = Self.link(node, higher: isLess)
    }
    rest = place.pointee
    place.pointee = new
    while let node = rest {
      let isLess = Self.isLess(node, new.pointee.key)
      if isLess {
        before = node
        low.pointee = node
        low = Self.link(node, higher: true)
      } else {
        high.pointee = node
        high = Self.link(node, higher: false)
      }
      rest = Self.link(node, higher: isLess).pointee
    }
    low.pointee = nil
    high.pointee = nil
    new.pointee.previous = before
    new.pointee.next = before.pointee.next
    before.pointee.next?.pointee.previous = new
    before.pointee.next = new
  }

  func remove(_ node: Node) {
    var place = Self.link(head, higher: true)
    while let found = place.pointee, found != node {
      place = Self.link(found, higher: Self.isLess(found, node.pointee.key))
    }
    var (lower, higher) = (node.pointee.lower, node.pointee.higher)
    while let low = lower, let high = higher {
      if low.pointee.priority > high.pointee.priority {
        place.pointee = low
        place = Self.link(low, higher: true)
        lower = place.pointee
      } else {
        place.pointee = high
        place = Self.link(high, higher: false)
        higher = place.pointee
      }
    }
    place.pointee = lower ?? higher
    node.pointee.previous?.pointee.next = node.pointee.next
    node.pointee.next?.pointee.previous = node.pointee.previous
    node.pointee.previous = nil
  }
}
