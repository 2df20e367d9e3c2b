// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
//
// LoadImage of a file on a file system (UEFI 2.10, 7.4.1), the payload's own or ours: through the protocols alone.

extension Firmware {
  /// Reads the file that the nodes behind a file system's device path name.
  ///
  /// - Returns: pool memory, which the caller frees, and how many bytes there are; nil when the path names no file on a
  ///   file system.
  func readFile(onFileSystemOf path: DevicePath) throws(Status) -> (UnsafeMutableRawPointer, Int)? {
    guard let (handle, consumed) = try? locateDevicePath(.simpleFileSystem, path), consumed < path.sizeWithoutEnd,
      let interface = handle.interface(.simpleFileSystem),
      let volume = UnsafeMutableRawPointer(bitPattern: interface.address)
    else { return nil }
    var file: UnsafeMutableRawPointer?
    try FileCall.check(efi_call_open_volume(volume, &file))
    defer { if let file { _ = efi_call_file_close(file) } }
    var offset = consumed
    while offset < path.sizeWithoutEnd {
      let node = path.node(at: offset)
      // 10.3.5.4: File Path Media. Its name ends within the node.
      guard node.type == DevicePathType.media, node.subType == 4, FileCall.isTerminated(node.data) else { return nil }
      let folder = file
      file = nil
      defer { if let folder { _ = efi_call_file_close(folder) } }
      try FileCall.check(
        efi_call_file_open(folder, &file, node.data.base.assumingMemoryBound(to: efi_char16.self), 1))
      offset += node.bytes.count
    }
    guard let file else { throw .notFound }
    return try read(file)
  }

  private func read(_ file: UnsafeMutableRawPointer) throws(Status) -> (UnsafeMutableRawPointer, Int) {
    let size = try size(of: file)
    guard size > 0, size < 1 << 40 else { throw .loadError }
    let buffer = try pool.allocate(.bootServicesData, size: size)
    var done: UInt64 = 0
    while done < size {
      var part = size - done
      let status = Status(rawValue: efi_call_file_read(file, &part, buffer + Int(done)))
      guard !status.isError, part > 0, part <= size - done else {
        try? pool.free(buffer)
        throw status.isError ? status : .loadError
      }
      done += part
    }
    return (buffer, Int(size))
  }

  /// `FileSize` of EFI_FILE_INFO, whose own size depends on the name.
  private func size(of file: UnsafeMutableRawPointer) throws(Status) -> UInt64 {
    var size: UInt64 = 0
    var type = efi_guid_bytes(words: (GUID.fileInfo.low, GUID.fileInfo.high))
    let status = Status(rawValue: efi_call_file_get_info(file, &type, &size, nil))
    guard status == .bufferTooSmall, size >= 80, size < 1 << 20 else { throw status.isError ? status : .loadError }
    let information = try pool.allocate(.bootServicesData, size: size)
    defer { try? pool.free(information) }
    try FileCall.check(efi_call_file_get_info(file, &type, &size, information))
    // A folder cannot be loaded: EFI_FILE_DIRECTORY of Attribute.
    guard information.load(fromByteOffset: 72, as: UInt64.self) & 0x10 == 0 else { throw .notFound }
    return information.load(fromByteOffset: 8, as: UInt64.self)
  }
}

private enum FileCall {
  static func check(_ status: efi_status) throws(Status) {
    if Status(rawValue: status).isError { throw Status(rawValue: status) }
  }

  static func isTerminated(_ name: ByteView) -> Bool {
    var offset = 0
    while let unit = name.littleEndian(offset, as: UInt16.self) {
      if unit == 0 { return true }
      offset += 2
    }
    return false
  }
}
