// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import SwiftASN1

/// The children of an ASN.1 node, one after the other.
struct ASN1Reader {
  private var iterator: ASN1NodeCollection.Iterator
  private var waiting: ASN1Node?
  private let what: String

  /// - Parameters:
  ///   - node: a SEQUENCE, or whatever `tag` says
  ///   - what: its name, for errors
  init(_ node: ASN1Node, _ what: String, tag: ASN1Identifier = .sequence) throws(SignedData.Failure) {
    guard node.identifier == tag, case .constructed(let children) = node.content else { throw .malformed(what) }
    iterator = children.makeIterator()
    waiting = iterator.next()
    self.what = what
  }

  /// The next child; there must be one.
  mutating func next() throws(SignedData.Failure) -> ASN1Node {
    guard let node = waiting else { throw .malformed(what) }
    waiting = iterator.next()
    return node
  }

  /// The next child if it has a tag.
  mutating func next(if tag: ASN1Identifier) -> ASN1Node? {
    guard let node = waiting, node.identifier == tag else { return nil }
    waiting = iterator.next()
    return node
  }

  /// The bytes of a primitive child.
  mutating func bytes(_ tag: ASN1Identifier) throws(SignedData.Failure) -> ArraySlice<UInt8> {
    let node = try next()
    guard node.identifier == tag, case .primitive(let bytes) = node.content else { throw .malformed(what) }
    return bytes
  }

  mutating func identifier() throws(SignedData.Failure) -> ASN1ObjectIdentifier {
    guard let identifier = try? ASN1ObjectIdentifier(berEncoded: next()) else { throw .malformed(what) }
    return identifier
  }

  /// The object identifier of an AlgorithmIdentifier.
  mutating func algorithm() throws(SignedData.Failure) -> ASN1ObjectIdentifier {
    var reader = try ASN1Reader(next(), what)
    return try reader.identifier()
  }

  /// All that are left.
  mutating func rest() -> [ASN1Node] {
    var nodes: [ASN1Node] = []
    while let node = waiting {
      nodes.append(node)
      waiting = iterator.next()
    }
    return nodes
  }
}

extension ASN1Node {
  /// What stands behind tag and length.
  var contentBytes: [UInt8] {
    switch content {
    case .primitive(let bytes): Array(bytes)
    case .constructed(let children): children.flatMap { Array($0.encodedBytes) }
    }
  }
}

extension ASN1Identifier {
  static func context(_ number: UInt) -> ASN1Identifier {
    ASN1Identifier(tagWithNumber: number, tagClass: .contextSpecific)
  }
}
