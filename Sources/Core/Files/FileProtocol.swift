// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
//
// EFI_FILE_PROTOCOL, revision 2 (UEFI 2.10, 13.5), in the order of its members. The medium is read-only.

/// Open modes (13.5.2).
private enum OpenMode {
  static let read: UInt64 = 1
  static let readWrite: UInt64 = 3
  static let readWriteCreate: UInt64 = 1 << 63 | 3
}

/// The file system and the open file that a payload means.
private func opened(
  _ this: UnsafeMutableRawPointer?
) throws(Status) -> (FileSystem, UnsafeMutablePointer<FileSystem.OpenFile>) {
  guard let system = firmware.fileSystem else { throw .invalidParameter }
  return (system, try system.file(this))
}

/// Ends a request that came with a token: everything is done by then (13.5.3).
///
/// - Returns: the request's own status when nobody waits for the event.
private func complete(_ token: UnsafeMutablePointer<EFI_FILE_IO_TOKEN>, _ status: UInt64) -> UInt64 {
  token.pointee.Status = status
  guard let event = token.pointee.Event else { return status }
  return virgil_signal_event(event)
}

@c @implementation public func virgil_open_volume(
  _ this: UnsafeMutableRawPointer!, _ root: UnsafeMutablePointer<UnsafeMutableRawPointer?>!
) -> efi_status {
  service {
    () throws(Status) in
    guard let system = firmware.fileSystem, this == UnsafeMutableRawPointer(system.interface), let root else {
      throw .invalidParameter
    }
    root.pointee = try system.open(.root, firmware.pool)
  }
}

@c @implementation public func virgil_file_open(
  _ this: UnsafeMutableRawPointer!, _ file: UnsafeMutablePointer<UnsafeMutableRawPointer?>!,
  _ name: UnsafePointer<efi_char16>!, _ mode: UInt64, _ token: UnsafeMutablePointer<EFI_FILE_IO_TOKEN>!
) -> efi_status {
  let status = service {
    () throws(Status) in
    let (system, start) = try opened(this)
    guard let file, let name,
      mode == OpenMode.read || mode == OpenMode.readWrite || mode == OpenMode.readWriteCreate
    else { throw .invalidParameter }
    guard mode != OpenMode.readWriteCreate else { throw .writeProtected }
    let text = try FileName(UnsafeRawPointer(name), firmware.pool)
    defer { try? firmware.pool.free(text.memory) }
    let node = try system.find(text.bytes, from: start.pointee.node)
    guard mode == OpenMode.read else { throw .writeProtected }
    file.pointee = try system.open(node, firmware.pool)
  }
  return token.map { complete($0, status) } ?? status
}

@c @implementation public func virgil_file_close(_ this: UnsafeMutableRawPointer!, _ deleting: UInt8) -> efi_status {
  let status = service {
    () throws(Status) in
    let (system, file) = try opened(this)
    system.close(file, firmware.pool)
  }
  // 13.5.4: a file that is to be deleted is closed in any case, and that it still exists is a warning.
  return status == 0 && deleting != 0 ? Status.warnDeleteFailure.rawValue : status
}

@c @implementation public func virgil_file_read(
  _ this: UnsafeMutableRawPointer!, _ size: UnsafeMutablePointer<UInt64>!, _ buffer: UnsafeMutableRawPointer!
) -> efi_status {
  service {
    () throws(Status) in
    let (system, file) = try opened(this)
    guard let size else { throw .invalidParameter }
    try system.read(file, size, buffer)
  }
}

@c @implementation public func virgil_file_position(
  _ this: UnsafeMutableRawPointer!, _ setting: UInt8, _ position: UnsafeMutablePointer<UInt64>!
) -> efi_status {
  service {
    () throws(Status) in
    let (system, file) = try opened(this)
    guard let position else { throw .invalidParameter }
    let isFolder = system.tree.isFolder(file.pointee.node)
    // 13.5.10 and 13.5.11: a folder can be read from its start again, no more.
    guard !isFolder || setting != 0 && position.pointee == 0 else { throw .unsupported }
    if setting == 0 {
      position.pointee = file.pointee.position
    } else if position.pointee == .max {
      file.pointee.position = UInt64(system.tree.ownEntry(file.pointee.node)?.data.count ?? 0)
    } else {
      file.pointee.position = position.pointee
    }
  }
}

@c @implementation public func virgil_file_get_info(
  _ this: UnsafeMutableRawPointer!, _ type: UnsafeRawPointer!, _ size: UnsafeMutablePointer<UInt64>!,
  _ buffer: UnsafeMutableRawPointer!
) -> efi_status {
  service {
    () throws(Status) in
    let (system, file) = try opened(this)
    guard let type, let size else { throw .invalidParameter }
    let information = FileInformation(tree: system.tree)
    let guid = GUID(at: type)
    if guid == .fileInfo {
      try information.file(file.pointee.node, size, buffer)
    } else if guid == .fileSystemInfo {
      try information.volume(size, buffer)
    } else if guid == .fileSystemVolumeLabel {
      try information.label(size, buffer)
    } else {
      throw .unsupported
    }
  }
}

@c @implementation public func virgil_file_set_info(
  _ this: UnsafeMutableRawPointer!, _ type: UnsafeRawPointer!
) -> efi_status {
  service {
    () throws(Status) in
    _ = try opened(this)
    guard let type else { throw .invalidParameter }
    let guid = GUID(at: type)
    throw guid == .fileInfo || guid == .fileSystemInfo || guid == .fileSystemVolumeLabel
      ? .writeProtected : .unsupported
  }
}

@c @implementation public func virgil_file_write(_ this: UnsafeMutableRawPointer!, _ flushing: UInt8) -> efi_status {
  service {
    () throws(Status) in
    let (system, file) = try opened(this)
    throw flushing == 0 && system.tree.isFolder(file.pointee.node) ? .unsupported : .writeProtected
  }
}

@c @implementation public func virgil_file_token(
  _ this: UnsafeMutableRawPointer!, _ what: UInt32, _ token: UnsafeMutablePointer<EFI_FILE_IO_TOKEN>!
) -> efi_status {
  guard let token else { return Status.invalidParameter.rawValue }
  return complete(
    token,
    what == 0
      ? virgil_file_read(this, &token.pointee.BufferSize, token.pointee.Buffer)
      : virgil_file_write(this, UInt8(truncatingIfNeeded: what &- 1)))
}
