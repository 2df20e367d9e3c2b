// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

extension Firmware {
  /// Installs the interfaces that have no state (CUEFI/texts.c), all on one handle.
  func installConstantProtocols() {
    var handle: Handle?
    var index: UInt32 = 0
    while let constant = efi_constant_protocol_at(index) {
      handle = handles.install(
        GUID(at: constant), UInt(bitPattern: constant.pointee.interface), on: handle, events: events)
      index += 1
    }
  }
}
