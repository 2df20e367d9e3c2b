// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

extension Start {
  /// Takes what kexec says of its initrd out of the device tree that the next kernel gets. There it would count more
  /// than the initrd that systemd-stub has put together and named in a configuration table. EFI's stub asks for the
  /// initrd by Load File 2.
  func hideInitrd(in tree: DeviceTree) {
    guard isWritable(tree.bytes) else { return }
    let chosen = tree.chosen
    clear(chosen.property("linux,initrd-start"))
    clear(chosen.property("linux,initrd-end"))
  }

  /// Overwrites a property with FDT_NOP (Devicetree Specification 0.4, 5.4.1): its token, the size of its value, the
  /// place of its name, and the value.
  private func clear(_ property: DeviceTree.PropertyValue?) {
    guard let value = property?.bytes else { return }
    let start = UnsafeMutableRawPointer(mutating: value.base - 12)
    var offset = 0
    while offset < 12 + value.count {
      start.storeBytes(of: UInt32(4).bigEndian, toByteOffset: offset, as: UInt32.self)
      offset += 4
    }
  }

  private func isWritable(_ bytes: ByteView) -> Bool {
    let start = UInt64(UInt(bitPattern: bytes.base))
    var page = start.alignedDown(pageSize)
    while page < start + UInt64(bytes.count) {
      guard platform.access(at: page) == .readWrite else { return false }
      page += pageSize
    }
    return true
  }
}
