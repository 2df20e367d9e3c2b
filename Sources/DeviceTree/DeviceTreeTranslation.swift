// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

extension DeviceTree.Node {
  /// Where register window `index` of `reg` lies for the CPU: each bus on the way up maps its children's addresses
  /// through `ranges` (Devicetree Specification 0.4, 2.3.8).
  ///
  /// - Returns: nil when there is no such window, when a bus on the way has no `ranges` (its addresses mean nothing
  ///   to the CPU) or none that covers the window, or when an address has more than two cells (as on PCI).
  public func translatedRegister(_ index: Int = 0) -> PhysicalRange? {
    var buses = tree.ancestors(of: self)
    guard index >= 0, var bus = buses.popLast(), let reg = property("reg") else { return nil }
    let addressCells = bus.addressCells
    let sizeCells = bus.sizeCells
    let (cell, overflow) = index.multipliedReportingOverflow(by: addressCells + sizeCells)
    guard !overflow, cell < reg.bytes.count, addressCells > 0,
      let address = reg.cells(cell, count: addressCells),
      let size = reg.cells(cell + addressCells, count: sizeCells),
      var window = PhysicalRange(address: address, size: size)
    else { return nil }
    while let parent = buses.popLast() {
      guard let translated = bus.translate(window, parentCells: parent.addressCells) else { return nil }
      window = translated
      bus = parent
    }
    return window
  }

  /// Maps a range of this bus into its parent's address space.
  private func translate(_ window: PhysicalRange, parentCells: Int) -> PhysicalRange? {
    guard let map = property("ranges") else { return nil }
    if map.bytes.count == 0 { return window }
    let childCells = addressCells
    let sizeCells = sizeCells
    guard childCells > 0, parentCells > 0 else { return nil }
    var cell = 0
    while let child = map.cells(cell, count: childCells),
      let parent = map.cells(cell + childCells, count: parentCells),
      let size = map.cells(cell + childCells + parentCells, count: sizeCells)
    {
      cell += childCells + parentCells + sizeCells
      guard window.address >= child, window.address - child < size else { continue }
      let delta = window.address - child
      let (address, overflow) = parent.addingReportingOverflow(delta)
      guard window.size <= size - delta, !overflow else { return nil }
      return PhysicalRange(address: address, size: window.size)
    }
    return nil
  }
}
