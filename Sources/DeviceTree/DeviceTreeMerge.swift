// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

extension DeviceTree {
  /// Bytes that a merged tree has free at its end, for those who change it further: as EFI_DT_FIXUP_PROTOCOL asks.
  public static let spareBytes = 4096

  /// This tree, which describes some machine of a kind, made fit for the very one that `machine` describes, as kexec
  /// handed it over:
  ///
  /// - /chosen gets all that is said there to the next kernel, `linux,elfcorehdr` and its like, and the seeds;
  ///   `stdout-path` only if this tree has none. Not what the first kernel's EFI stub said to the first kernel, nor the
  ///   initrd: that is offered by other means.
  /// - The memory nodes are the machine's, if it has any.
  /// - /reserved-memory gets the machine's children that have a place, except those whose names it has.
  ///
  /// Ranges are rewritten where the trees differ in `#address-cells` and `#size-cells`. Everything else stays as it
  /// is. Handles (`phandle`) mean nothing in another tree and are left out.
  ///
  /// - Parameter buffer: where the tree goes; nil: it is only measured. Must not overlap with either tree
  /// - Returns: the size of the merged tree; it is whole in the buffer if that is no smaller.
  /// - Throws: `.numberDoesNotFit`.
  public func merged(
    with machine: DeviceTree, into buffer: UnsafeMutableRawBufferPointer?
  ) throws(DeviceTreeError) -> Int {
    let merge = DeviceTreeMerge(own: self, machine: machine)
    merge.run()
    guard merge.allFits else { throw .numberDoesNotFit }
    if let buffer {
      merge.out = DeviceTreeWriter(buffer)
      merge.run()
    }
    return merge.out.count
  }
}

/// See `DeviceTree.merged`. What the header says of sizes is right from the second `run` on.
///
/// Nodes are places in a structure block; -1: there is none. Sizes are below 2^34: nothing here can overflow.
private final class DeviceTreeMerge {
  private typealias Kind = DeviceTree.Kind
  let own: DeviceTree
  let machine: DeviceTree
  var out = DeviceTreeWriter(nil)
  var allFits = true
  private let ownChosen: Int
  private let ownReserved: Int
  private let ownRoot: Int
  private let machineRoot: Int
  private let cells: Int
  private let machineCells: Int
  private var total = 0
  private var strings = 0
  private var stringsEnd = 0

  init(own: DeviceTree, machine: DeviceTree) {
    self.own = own
    self.machine = machine
    ownChosen = own.place("/chosen")
    ownReserved = own.place("/reserved-memory")
    ownRoot = own.place("/")
    machineRoot = machine.place("/")
    machineCells = machine.cells(of: machineRoot)
    cells = own.cells(of: ownRoot)
  }

  func run() {
    let reservations = 16 &* ((own.reservationEntryCount ?? 0) &+ 1)
    let structure = DeviceTree.Header.size &+ reservations
    append(Int(DeviceTree.magic))
    append(total)
    append(structure)
    append(strings)
    append(DeviceTree.Header.size)
    append(Int(DeviceTree.version))
    append(16)
    append(Int(machine.bootCPU))
    append(stringsEnd &- strings)
    append(strings &- structure)
    append(own.reservationBlock, 0, reservations)
    copyOwn()
    strings = out.count
    // Both trees' names, so that none needs to be looked for.
    append(own.strings, 0, own.strings.count)
    append(machine.strings, 0, machine.strings.count)
    stringsEnd = out.count
    total = stringsEnd &+ DeviceTree.spareBytes
    while out.count < total { append(0) }
  }

  @inline(never) private func append(_ number: Int) { out.append(UInt32(truncatingIfNeeded: number)) }

  @inline(never) private func append(_ block: ByteView, _ start: Int, _ end: Int) {
    if let bytes = block.slice(start, count: end &- start) { out.append(bytes) }
  }

  // MARK: The tree that is made fit

  private func copyOwn() {
    let bringsMemory = findMemory(adding: false)
    // FDT_NOP may stand ahead of it.
    var offset = ownRoot
    var depth = 0
    /// The root's child that is copied.
    var child = -1
    repeat {
      let kind = own.kind(at: offset)
      let next = own.next(after: offset)
      if kind == Kind.beginNode {
        depth &+= 1
        if depth == 2 {
          child = offset
          if bringsMemory, own.isMemory(offset) {
            offset = own.end(ofNodeAt: offset)
            depth = 1
            continue
          }
        }
      }
      let inChosen = depth == 2 && child == ownChosen
      if kind == Kind.endNode {
        if depth == 2, child == ownReserved { addReserved() }
        if depth == 1 {
          if bringsMemory { _ = findMemory(adding: true) }
          if ownChosen < 0 { addChosen() }
          if ownReserved < 0 { addReserved() }
        }
        depth &-= 1
      }
      if kind != Kind.nop, kind != Kind.property || !inChosen || !isParameter(own.name(at: offset)) {
        append(own.structure, offset, next)
      }
      if kind == Kind.beginNode, inChosen { addChosen() }
      offset = next
    } while depth > 0
    out.append(Kind.end)
  }

  /// Whether a property of /chosen is meant for the kernel that is started, not for those of this kind of machine.
  @inline(never) private func isParameter(_ name: ByteView) -> Bool {
    name.matches("linux,") || name.equals("rng-seed") || name.equals("kaslr-seed")
  }

  // MARK: What the machine adds

  /// Whether the machine's tree has memory nodes; copies them.
  @inline(never) private func findMemory(adding: Bool) -> Bool {
    var found = false
    var child = machine.child(from: machine.next(after: machineRoot))
    while child >= 0 {
      if machine.isMemory(child) {
        found = true
        if adding { add(child, to: -1, from: machineCells, to: cells, isChosen: false) }
      }
      child = machine.child(from: machine.end(ofNodeAt: child))
    }
    return found
  }

  @inline(never) private func addChosen() {
    add(machine.place("/chosen"), to: ownChosen, from: machineCells, to: cells, isChosen: true)
  }

  @inline(never) private func addReserved() {
    let source = machine.place("/reserved-memory")
    if source < 0 { return }
    let old = machine.cells(of: source)
    add(source, to: ownReserved, from: old, to: ownReserved < 0 ? old : own.cells(of: ownReserved), isChosen: false)
  }

  /// Copies a child of the root.
  ///
  /// - Parameters:
  ///   - existing: the node that gets what is in it; -1: the node itself is copied
  ///   - old, new: how ranges are read, and how they are written
  @inline(never) private func add(_ source: Int, to existing: Int, from old: Int, to new: Int, isChosen: Bool) {
    if source < 0 { return }
    var offset = source
    /// Of the node that the token belongs to; 1: `source`.
    var depth = 0
    repeat {
      let kind = machine.kind(at: offset)
      let next = machine.next(after: offset)
      if kind == Kind.beginNode {
        depth &+= 1
        if depth == 2, isChosen || !isAdded(offset, to: existing) {
          offset = machine.end(ofNodeAt: offset)
          depth = 1
          continue
        }
      }
      if kind == Kind.property {
        if isChosen || depth > 1 || existing < 0 { addProperty(offset, from: old, to: new, isChosen: isChosen) }
      } else if kind != Kind.nop, depth > 1 || existing < 0 {
        append(machine.structure, offset, next)
      }
      if kind == Kind.endNode { depth &-= 1 }
      offset = next
    } while depth > 0
  }

  /// Memory that has a place already, and is not in the other tree.
  private func isAdded(_ node: Int, to parent: Int) -> Bool {
    if machine.property("reg", of: node) == nil { return false }
    if parent < 0 { return true }
    var child = own.child(from: own.next(after: parent))
    while child >= 0 {
      if own.nodeName(child).equals(machine.nodeName(node)) { return false }
      child = own.child(from: own.end(ofNodeAt: child))
    }
    return true
  }

  private func addProperty(_ place: Int, from old: Int, to new: Int, isChosen: Bool) {
    let name = machine.name(at: place)
    if isChosen {
      if name.equals("stdout-path") {
        if own.property("stdout-path", of: ownChosen) != nil { return }
      } else if !isParameter(name) || name.matches("linux,uefi-") || name.matches("linux,initrd-") {
        return
      }
    } else if name.equals("phandle") {
      return
    }
    let value = machine.value(at: place)
    let isRange =
      name.equals("reg") || name.equals("linux,elfcorehdr") || name.matches("linux,usable-memory")
      || name.matches("linux,kho-") || name.equals("linux,ima-kexec-buffer")
    let width = old >> 8 &+ old & 0xff
    let count = old != new && isRange && width > 0 ? value.count / (4 &* width) : 0
    out.append(Kind.property)
    append(count > 0 ? count &* 4 &* (new >> 8 &+ new & 0xff) : value.count)
    // The name lies in the machine's strings, which come behind this tree's.
    append((own.strings.count &+ 3) & ~3 &+ (name.base - machine.strings.base))
    if count == 0 { return out.append(value) }
    let numbers = DeviceTree.PropertyValue(bytes: value)
    var cell = 0
    while cell < count &* width {
      for part in [8, 0] {
        let old = old >> part & 0xff
        if !out.append(numbers.cells(cell, count: old), cells: new >> part & 0xff) { allFits = false }
        cell &+= old
      }
    }
  }
}
