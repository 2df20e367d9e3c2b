// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

extension DeviceTree {
  /// RAM, as a memory node describes it.
  public struct MemoryRegion: Equatable, Sendable {
    public let range: PhysicalRange
    /// The node says that the memory may go away.
    public let isHotpluggable: Bool
  }

  /// Memory that must be left alone.
  public struct Reservation {
    public let range: PhysicalRange
    /// Not even a mapping may exist: somebody else's memory (`no-map`).
    public let isNoMap: Bool
    /// May be used until its owner asks for it (`reusable`), for movable data only.
    public let isReusable: Bool
    /// The node's name; nil for an entry of the memory reservation block.
    public let name: ByteView?
  }

  /// The RAM: children of the root with `device_type = "memory"` that are available (Devicetree Specification
  /// 0.4, 3.4). `linux,usable-memory`, where present, stands in for `reg`, as Linux has it. Empty ranges are left out.
  ///
  /// - Note: `chosen.usableMemoryRanges` narrows this further for a crash kernel.
  public func memoryRegions() -> [MemoryRegion] {
    var regions: [MemoryRegion] = []
    let root = root
    let addressCells = root.addressCells
    let sizeCells = root.sizeCells
    for node in root.children {
      guard let type = node.property("device_type")?.string, type.equals("memory"), node.isAvailable,
        let value = node.property("linux,usable-memory") ?? node.property("reg")
      else { continue }
      let hotpluggable = node.property("hotpluggable") != nil
      for range in value.ranges(addressCells: addressCells, sizeCells: sizeCells) where !range.isEmpty {
        regions.append(MemoryRegion(range: range, isHotpluggable: hotpluggable))
      }
    }
    return regions
  }

  /// All of `forEachReservation`.
  public func reservations() -> [Reservation] {
    var reservations: [Reservation] = []
    forEachReservation { reservations.append($0) }
    return reservations
  }

  /// The memory reservation block (5.3), then the children of /reserved-memory that have a `reg` (3.5).
  ///
  /// A child with only a `size` asks for memory that is not placed yet; there is nothing to leave alone.
  @inline(never) public func forEachReservation(_ body: (Reservation) -> Void) {
    for index in 0..<(reservationEntryCount ?? 0) {
      guard let (address, size) = reservationEntry(index), let range = PhysicalRange(address: address, size: size),
        !range.isEmpty
      else { continue }
      body(Reservation(range: range, isNoMap: false, isReusable: false, name: nil))
    }
    guard let parent = node(at: "/reserved-memory") else { return }
    let addressCells = parent.addressCells
    let sizeCells = parent.sizeCells
    for node in parent.children where node.isAvailable {
      guard let reg = node.property("reg") else { continue }
      let noMap = node.property("no-map") != nil
      let reusable = node.property("reusable") != nil
      for range in reg.ranges(addressCells: addressCells, sizeCells: sizeCells) where !range.isEmpty {
        body(Reservation(range: range, isNoMap: noMap, isReusable: reusable, name: node.name))
      }
    }
  }

  /// Entries ahead of the terminating one; nil when there is no terminating one.
  var reservationEntryCount: Int? {
    var index = 0
    while let (address, size) = reservationEntry(index) {
      if address == 0 && size == 0 { return index }
      index += 1
    }
    return nil
  }

  private func reservationEntry(_ index: Int) -> (address: UInt64, size: UInt64)? {
    guard let address = reservationBlock.bigEndian(index * 16, as: UInt64.self),
      let size = reservationBlock.bigEndian(index * 16 + 8, as: UInt64.self)
    else { return nil }
    return (address, size)
  }
}
