// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
//
// EFI_FILE_PROTOCOL, revision 2 (UEFI 2.10, 13.5). The medium is read-only.

/// Open modes (13.5.2).
private enum OpenMode {
  static let read: UInt64 = 1
  static let readWrite: UInt64 = 3
  static let readWriteCreate: UInt64 = 1 << 63 | 3
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
    guard let system = firmware.fileSystem, let start = system.file(this), let file, let name,
      mode == OpenMode.read || mode == OpenMode.readWrite || mode == OpenMode.readWriteCreate
    else { throw .invalidParameter }
    guard mode != OpenMode.readWriteCreate else { throw .writeProtected }
    let text = try FileName(UnsafeRawPointer(name), firmware.pool)
    let node = system.find(text.bytes, from: start.pointee.node)
    try? firmware.pool.free(text.memory)
    guard let node else { throw .notFound }
    guard mode == OpenMode.read else { throw .writeProtected }
    file.pointee = try system.open(node, firmware.pool)
  }
  return token.map { complete($0, status) } ?? status
}

@c @implementation public func virgil_file(
  _ this: UnsafeMutableRawPointer!, _ what: UInt32, _ number: UnsafeMutablePointer<UInt64>!,
  _ buffer: UnsafeMutableRawPointer!, _ type: UnsafeRawPointer!
) -> efi_status {
  service {
    () throws(Status) in
    guard let system = firmware.fileSystem, let file = system.file(this) else { throw .invalidParameter }
    switch Int(what) {
    case FILE_CLOSE:
      system.close(file, firmware.pool)
    case FILE_DELETE:
      // 13.5.4: it is closed in any case, and that it still exists is a warning.
      system.close(file, firmware.pool)
      throw .warnDeleteFailure
    case FILE_WRITE:
      throw system.tree.isFolder(file.pointee.node) ? .unsupported : .writeProtected
    case FILE_SET_INFO:
      _ = try FileInformation(type)
      throw .writeProtected
    case FILE_FLUSH:
      throw .writeProtected
    default:
      guard let number else { throw .invalidParameter }
      switch Int(what) {
      case FILE_READ: try system.read(file, number, buffer)
      case FILE_GET_INFO: try FileInformation(type).write(system.tree, file.pointee.node, number, buffer)
      default: try system.position(file, number, isSetting: Int(what) == FILE_SET_POSITION)
      }
    }
  }
}

extension FileSystem {
  /// 13.5.10 and 13.5.11: a folder can be read from its start again, no more.
  fileprivate func position(
    _ file: UnsafeMutablePointer<OpenFile>, _ position: UnsafeMutablePointer<UInt64>, isSetting: Bool
  ) throws(Status) {
    let isFolder = tree.isFolder(file.pointee.node)
    guard !isFolder || isSetting && position.pointee == 0 else { throw .unsupported }
    if !isSetting {
      position.pointee = file.pointee.position
    } else if position.pointee == .max {
      file.pointee.position = UInt64(tree.ownEntry(file.pointee.node)?.data.count ?? 0)
    } else {
      file.pointee.position = position.pointee
    }
  }
}

@c @implementation public func virgil_file_token(
  _ this: UnsafeMutableRawPointer!, _ what: UInt32, _ token: UnsafeMutablePointer<EFI_FILE_IO_TOKEN>!
) -> efi_status {
  guard let token else { return Status.invalidParameter.rawValue }
  return complete(token, virgil_file(this, what, &token.pointee.BufferSize, token.pointee.Buffer, nil))
}
