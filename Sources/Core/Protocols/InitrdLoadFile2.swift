// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
//
// Load File 2 (UEFI 2.10, 13.2) of the initrd: the parts are joined when it is read, in the reader's own buffer.

extension InitrdOffer {
  /// How many bytes both parts take, in front of something else or by themselves: each archive starts at a multiple of 4,
  /// as Linux wants it (Documentation/driver-api/early-userspace/buffer-format.rst).
  private func size(followed: Bool) -> Int {
    var size = given.count
    if carried.count > 0 { size = (size + 3) & ~3 + carried.count }
    return followed ? (size + 3) & ~3 : size
  }

  /// Copies them, and zeros behind each up to the next one.
  private func copyParts(to start: UnsafeMutableRawPointer, end: Int) {
    var place = 0
    for index in 0..<2 {
      let part = index == 0 ? given : carried
      (start + place).copyMemory(from: part.base, byteCount: part.count)
      place += part.count
      while place & 3 != 0, place < end {
        start.storeBytes(of: 0, toByteOffset: place, as: UInt8.self)
        place += 1
      }
    }
  }

  /// Both of LoadFile's halves: without a buffer that is large enough, only `size` is filled in.
  fileprivate func load(
    _ path: UnsafeMutableRawPointer, size: UnsafeMutablePointer<UInt64>, buffer: UnsafeMutableRawPointer?
  ) throws(Status) {
    let room = size.pointee
    var own: UInt64 = 0
    if let ofStub {
      let status = Status(rawValue: efi_call_load_file(ofStub, path, 0, &own, nil))
      if status != .bufferTooSmall {
        // An empty one is as good as none.
        guard !status.isError || status == .notFound else { throw status }
        own = 0
      }
      // No machine has more: no sum of sizes overflows.
      guard own < 1 << 48 else { throw .outOfResources }
    }
    let ours = self.size(followed: own > 0)
    size.pointee = UInt64(ours) + own
    guard let buffer, room >= size.pointee else { throw .bufferTooSmall }
    var place = 0
    if let ofStub, own > 0 {
      // The stub's goes to its final place at once. What of it belongs in front is then moved there.
      var got = own
      let status = Status(rawValue: efi_call_load_file(ofStub, path, 0, &got, buffer + ours))
      guard !status.isError else { throw status }
      guard got <= own else { throw .deviceError }
      size.pointee = UInt64(ours) + got
      let whole = ByteView(UnsafeRawPointer(buffer + ours), count: Int(got))
      place = StubInitrd.placeForPrevious(in: whole, of: stub)
      buffer.copyMemory(from: whole.base, byteCount: place)
    }
    copyParts(to: buffer + place, end: ours)
    wasTaken = true
  }
}

@c @implementation public func virgil_load_file2(
  _ this: UnsafeMutableRawPointer!, _ path: UnsafeMutableRawPointer!, _ bootPolicy: UInt8,
  _ size: UnsafeMutablePointer<UInt64>!, _ buffer: UnsafeMutableRawPointer!
) -> efi_status {
  service {
    () throws(Status) in
    guard let initrd = firmware.initrd, this == UnsafeMutableRawPointer(initrd.interface), let path, let size else {
      throw .invalidParameter
    }
    guard bootPolicy == 0 else { throw .unsupported }
    // The initrd's handle is the whole path; nothing may be left of it.
    guard let rest = DevicePath(path) else { throw .invalidParameter }
    guard rest.sizeWithoutEnd == 0 else { throw .notFound }
    try initrd.load(path, size: size, buffer: buffer)
  }
}
