// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
//
// LoadImage of a file on a file system (UEFI 2.10, 7.4.1), the payload's own or ours: through the protocols alone.

/// A file that LoadImage has read.
struct LoadedFile {
  /// Pool memory, for the reader to free.
  let memory: UnsafeMutableRawPointer
  let size: Int
  /// Whether it came out of the archive that is sealed in the carried image, or is a file that has been verified by itself.
  let isSealed: Bool
}

extension Firmware {
  /// Reads the file that the nodes behind a file system's device path name.
  ///
  /// - Returns: nil when the path names no file on a file system.
  func readFile(onFileSystemOf path: DevicePath) throws(Status) -> LoadedFile? {
    guard let (handle, consumed) = try? locateDevicePath(.simpleFileSystem, path), consumed < path.sizeWithoutEnd,
      let volume = UnsafeMutableRawPointer(bitPattern: handles.interface(.simpleFileSystem, on: handle)?.address ?? 0)
    else { return nil }
    var offset = consumed
    while offset < path.sizeWithoutEnd {
      let node = path.node(at: offset)
      // 10.3.5.4: File Path Media. Its name ends within the node.
      guard node.type == DevicePathType.media, node.subType == 4, node.isNameTerminated else { return nil }
      offset += node.bytes.count
    }
    var file: UnsafeMutableRawPointer?
    var status = efi_call_open_volume(volume, &file)
    offset = consumed
    while status == 0, let folder = file, offset < path.sizeWithoutEnd {
      let node = path.node(at: offset)
      file = nil
      status = efi_call_file_open(folder, &file, node.data.base.assumingMemoryBound(to: efi_char16.self), 1)
      _ = efi_call_file_close(folder)
      offset += node.bytes.count
    }
    var result: LoadedFile?
    if status == 0, let file {
      var size: UInt64 = 0
      var buffer: UnsafeMutableRawPointer?
      let isSealed = fileSystem?.isSealed(file, or: verifiedFiles) ?? false
      status = read(file, &buffer, &size)
      _ = efi_call_file_close(file)
      if let buffer { result = LoadedFile(memory: buffer, size: Int(truncatingIfNeeded: size), isSealed: isSealed) }
    }
    guard status == 0, let result else { throw status == 0 ? .notFound : Status(rawValue: status) }
    return result
  }

  /// Reads all of an open file.
  ///
  /// - Returns: a status; with success, `buffer` is pool memory of `size` bytes.
  private func read(
    _ file: UnsafeMutableRawPointer, _ buffer: inout UnsafeMutableRawPointer?, _ size: inout UInt64
  ) -> UInt64 {
    // EFI_FILE_INFO is as long as the name makes it.
    var type = efi_guid_bytes(words: (GUID.fileInfo.low, GUID.fileInfo.high))
    var status = efi_call_file_get_info(file, &type, &size, nil)
    guard status == Status.bufferTooSmall.rawValue, size >= 80, size < 1 << 20,
      let information = try? pool.allocate(.bootServicesData, size: size)
    else { return status == 0 || status == Status.bufferTooSmall.rawValue ? Status.loadError.rawValue : status }
    status = efi_call_file_get_info(file, &type, &size, information)
    size = information.load(fromByteOffset: 8, as: UInt64.self)  // FileSize
    // A folder cannot be loaded: EFI_FILE_DIRECTORY of Attribute.
    let isFolder = information.load(fromByteOffset: 72, as: UInt64.self) & 0x10 != 0
    try? pool.free(information)
    guard status == 0, !isFolder, size > 0, size < 1 << 40 else {
      return status != 0 ? status : (isFolder ? Status.notFound : .loadError).rawValue
    }
    guard let memory = try? pool.allocate(.bootServicesData, size: size) else {
      return Status.outOfResources.rawValue
    }
    var done: UInt64 = 0
    while status == 0, done < size {
      var part = size - done
      status = efi_call_file_read(file, &part, memory + Int(done))
      if status == 0, part == 0 || part > size - done { status = Status.loadError.rawValue }
      done += part
    }
    if status == 0 { buffer = memory } else { try? pool.free(memory) }
    return status
  }
}

extension DevicePathNode {
  /// Whether the data holds a 16-bit NUL.
  fileprivate var isNameTerminated: Bool {
    var offset = 0
    while let unit = data.littleEndian(offset, as: UInt16.self) {
      if unit == 0 { return true }
      offset += 2
    }
    return false
  }
}
