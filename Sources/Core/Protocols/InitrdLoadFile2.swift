// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// The initrd, as Linux's EFI stub asks for it: Load File 2 (UEFI 2.10, 13.2) on a handle whose device path is one
/// vendor media node that Linux and its boot loaders have agreed on.
public final class InitrdLoadFile2 {
  let initrd: ByteView
  let interface: UnsafeMutablePointer<EFI_LOAD_FILE_PROTOCOL>

  fileprivate init(initrd: ByteView, interface: UnsafeMutablePointer<EFI_LOAD_FILE_PROTOCOL>) {
    self.initrd = initrd
    self.interface = interface
  }
}

extension Firmware {
  /// Offers `initrd`, which stays where it is until the payload takes a copy.
  public func publishInitrd(_ bytes: ByteView) throws(Status) {
    let memory = try pool.allocate(.bootServicesData, size: UInt64(MemoryLayout<EFI_LOAD_FILE_PROTOCOL>.size))
    let interface = memory.assumingMemoryBound(to: EFI_LOAD_FILE_PROTOCOL.self)
    efi_fill_load_file2(interface)
    var path = DevicePathBuilder()
    path.appendVendor(type: DevicePathType.media, .linuxInitrdMedia)
    path.appendEnd()
    let pathAddress = UInt(bitPattern: try pool.copy(path.bytes, .bootServicesData))
    let handle = handles.install(.devicePath, pathAddress, on: nil, events: events)
    handles.install(.loadFile2, UInt(bitPattern: memory), on: handle, events: events)
    initrd = InitrdLoadFile2(initrd: bytes, interface: interface)
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
    let room = size.pointee
    size.pointee = UInt64(initrd.initrd.count)
    guard let buffer, room >= size.pointee else { throw .bufferTooSmall }
    buffer.copyMemory(from: initrd.initrd.base, byteCount: initrd.initrd.count)
  }
}
