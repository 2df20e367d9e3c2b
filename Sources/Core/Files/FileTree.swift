// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// The folders and files of an archive, found by going through it: nothing is kept of it, whatever its size.
///
/// Folders need no entry of their own. Links and devices are not seen: FAT has none. Letters count without their
/// case, as on FAT (13.5.2 leaves it to the file system): a–z, and those of Latin-1.
struct FileTree {
  private let front: CPIOArchive
  /// Its entries follow those of `front`; of two files of one name the first is seen.
  private let back: CPIOArchive?

  /// A file or folder: its path is the first `length` bytes of the path of the entry at `entry`.
  struct Node: Equatable {
    var entry: Int
    var length: Int
    /// The folder of everything has no path.
    static let root = Node(entry: 0, length: 0)
  }

  /// - Throws: what is wrong with an archive. Names with `.`, `..`, nothing or a backslash between slashes are refused:
  ///   no path of UEFI's leads to them.
  init(_ front: CPIOArchive, _ back: CPIOArchive? = nil) throws(CPIOError) {
    self.front = front
    self.back = back
    try FileTree.check(front)
    if let back { try FileTree.check(back) }
  }

  private static func check(_ archive: CPIOArchive) throws(CPIOError) {
    var offset = 0
    while let entry = try archive.entry(at: offset) {
      var rest: ByteView? = entry.path
      while let path = rest, entry.path.count > 0 {
        let (name, tail) = path.split(at: 0x2f)
        guard name.count > 0, !name.equals("."), !name.equals(".."), name.firstOffset(of: 0x5c) == nil else {
          throw CPIOError(.badName, at: offset)
        }
        rest = tail
      }
      offset = entry.end
    }
  }

  /// In bytes.
  var size: Int { front.bytes.count + (back?.bytes.count ?? 0) }

  /// The entry that a node's path is of; nil past the last. Offsets come from payloads' memory, so any may come.
  func entry(_ offset: Int) -> CPIOEntry? {
    let size = front.bytes.count
    if offset < size, let entry = (try? front.entry(at: offset)) ?? nil { return entry }
    guard let back else { return nil }
    return ((try? back.entry(at: max(offset, size) - size)) ?? nil)?.moved(by: size)
  }

  func path(_ node: Node) -> ByteView {
    guard node.length > 0, let path = entry(node.entry)?.path.slice(0, count: node.length) else {
      return ByteView(front.bytes.base, count: 0)
    }
    return path
  }

  /// The entry that is the node's own; nil for a folder without one.
  func ownEntry(_ node: Node) -> CPIOEntry? {
    guard node.length > 0, let entry = entry(node.entry), entry.path.count == node.length else { return nil }
    return entry
  }

  func isFolder(_ node: Node) -> Bool { ownEntry(node)?.kind != .file }

  /// The node's path behind its last slash.
  func name(_ node: Node) -> ByteView {
    var rest = path(node)
    while let tail = rest.split(at: 0x2f).tail { rest = tail }
    return rest
  }

  // MARK: Finding

  /// Finds `path`, names with slashes between them, in a folder.
  ///
  /// - Returns: the node, that of its own entry if there is one, and the first entry that is in it or is it.
  func find(_ path: ByteView, in folder: Node) -> (node: Node, first: Int)? {
    let front = self.path(folder)
    let start = front.count == 0 ? 0 : front.count + 1
    let length = start + path.count
    var first: Int?
    var offset = 0
    while let entry = entry(offset) {
      defer { offset = entry.end }
      let candidate = entry.path
      guard entry.kind != nil, candidate.count >= length, candidate.count == length || candidate.byte(length) == 0x2f,
        FileTree.isSame(candidate, at: 0, front), start == 0 || candidate.byte(front.count) == 0x2f,
        FileTree.isSame(candidate, at: start, path)
      else { continue }
      if candidate.count == length { return (Node(entry: entry.offset, length: length), first ?? entry.offset) }
      if first == nil { first = entry.offset }
    }
    return first.map { (Node(entry: $0, length: length), $0) }
  }

  /// The folder that a node is in; nil for the root.
  func parent(of node: Node) -> Node? {
    guard node.length > 0 else { return nil }
    let path = path(node)
    let length = path.count - name(node).count - 1
    guard length > 0, let front = path.slice(0, count: length) else { return .root }
    return find(front, in: .root)?.node
  }

  /// The next node of a folder, each once.
  ///
  /// - Parameter offset: where to look from; moved behind what was found
  func next(in folder: Node, from offset: inout Int) -> Node? {
    let front = path(folder)
    let start = front.count == 0 ? 0 : front.count + 1
    while let entry = entry(offset) {
      offset = entry.end
      let path = entry.path
      guard entry.kind != nil, path.count > start, FileTree.isSame(path, at: 0, front),
        start == 0 || path.byte(front.count) == 0x2f, let rest = path.suffix(from: start),
        let found = find(rest.split(at: 0x2f).head, in: folder), found.first == entry.offset
      else { continue }
      return found.node
    }
    return nil
  }

  /// Whether the bytes of `path` from `offset` on are those of `other`, letters' case aside.
  private static func isSame(_ path: ByteView, at offset: Int, _ other: ByteView) -> Bool {
    guard let part = path.slice(offset, count: other.count) else { return false }
    var last: UInt8 = 0
    for index in 0..<part.count {
      let (a, b) = (part.buffer[index], other.buffer[index])
      if fold(a, after: last) != fold(b, after: last) { return false }
      last = a
    }
    return true
  }

  /// U+00E0–U+00FE are c3 a0–c3 be in UTF-8; their capitals are 32 below, and U+00F7 is no letter.
  private static func fold(_ byte: UInt8, after last: UInt8) -> UInt8 {
    switch byte {
    case 0x61...0x7a: byte - 0x20
    case 0xa0...0xb6 where last == 0xc3, 0xb8...0xbe where last == 0xc3: byte - 0x20
    default: byte
    }
  }
}
