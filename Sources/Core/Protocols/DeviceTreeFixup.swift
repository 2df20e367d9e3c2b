// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
//
// EFI_DT_FIXUP_PROTOCOL (github.com/U-Boot-EFI/EFI_DT_FIXUP_PROTOCOL): systemd-stub has the device tree that a UKI brings
// made fit for this machine. For us, that is to put into it what kexec has put into the one that it handed over.

extension Firmware {
  /// Puts the machine's device tree into the configuration table; others are made fit for the machine by it.
  ///
  /// A tree that the first kernel's stub has made stays out: with one there, systemd-stub would not choose another by the
  /// machine's name in SMBIOS.
  ///
  /// - Parameter tree: stays where it is, as it is
  public func publishDeviceTree(_ tree: DeviceTree) throws(Status) {
    machineTree = tree
    if tree.isEmpty { return }
    try publishTable(.deviceTreeTable, address: UInt64(UInt(bitPattern: tree.bytes.base)))
  }

  /// 7.5.6: a payload sets the device tree for whoever comes next. Nothing is done to a tree that has not been through
  /// Fixup(): its place and its size are the payload's, and firmware without the protocol would take it as it is, too.
  func noteDeviceTree(_ address: UInt) {
    guard let machineTree, address != 0, address != UInt(bitPattern: machineTree.bytes.base), address != fixedTree
    else { return }
    log.write(.warning) {
      $0.text("the payload sets a device tree without fix-ups: what kexec has put into /chosen is lost")
    }
  }

  fileprivate func fixUpDeviceTree(_ memory: UnsafeMutableRawPointer, _ size: inout UInt64, _ flags: UInt32)
    throws(Status)
  {
    let apply: UInt32 = 1
    let reserve: UInt32 = 2
    let view = ByteView(memory, count: Int(clamping: size))
    guard flags & ~(apply | reserve) == 0, flags != 0, let total = try? DeviceTree.totalSize(view) else {
      throw .invalidParameter
    }
    guard total <= size else {
      size = UInt64(total)
      throw .bufferTooSmall
    }
    guard pages.replenish() else { throw .outOfResources }
    guard let tree = try? DeviceTree(view), let needed = try? tree.merged(with: machineTree ?? tree, into: nil) else {
      throw .invalidParameter
    }
    if flags & apply != 0, needed > size {
      size = UInt64(needed)
      throw .bufferTooSmall
    }
    // Before the tree is changed under our hands: what the machine's reserves has been reserved from the start.
    if flags & reserve != 0, !reserveMemory(of: tree) { throw .outOfResources }
    if flags & apply != 0 {
      let room = try pool.allocate(.bootServicesData, size: UInt64(needed))
      _ = try? tree.merged(with: machineTree ?? tree, into: UnsafeMutableRawBufferPointer(start: room, count: needed))
      memory.copyMemory(from: room, byteCount: needed)
      try pool.free(room)
      fixedTree = UInt(bitPattern: memory)
    }
  }

  /// Takes what the tree reserves out of free memory. What is in use already stays what it is.
  private func reserveMemory(of tree: DeviceTree) -> Bool {
    var enough = true
    tree.forEachReservation { reservation in
      let range = reservation.range
      guard range.end <= 1 << 52, let end = range.end.alignedUp(pageSize) else { return }
      enough = enough && pages.replenish()
      guard enough else { return }
      memory.update(range.address.alignedDown(pageSize), end) { region in
        guard region.type == .conventional else { return }
        region.owner = .emulator
        region.type = .bootServicesData
        guard reservation.isNoMap else { return }
        region.type = .reserved
        if platform.map(address: region.start, size: region.pages * pageSize, access: .none, cache: .writeBack) {
          region.protection = .readProtect
        }
      }
    }
    return enough
  }
}

@c @implementation public func virgil_dt_fixup(
  _ this: UnsafeMutableRawPointer!, _ tree: UnsafeMutableRawPointer!, _ size: UnsafeMutablePointer<UInt64>!,
  _ flags: UInt32
) -> efi_status {
  service {
    () throws(Status) in
    guard this != nil, let tree, let size else { throw .invalidParameter }
    try firmware.fixUpDeviceTree(tree, &size.pointee, flags)
  }
}
