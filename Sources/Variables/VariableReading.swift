// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
//
// The services that read: one implementation for boot time and for runtime. Their arguments are the caller's, unchecked.

extension VariableStore {
  /// GetVariable (UEFI 2.10, 8.2.1).
  public func get(
    _ name: UnsafeRawPointer?, _ vendor: UnsafeRawPointer?, _ attributes: UnsafeMutablePointer<UInt32>?,
    _ size: UnsafeMutablePointer<UInt64>?, _ data: UnsafeMutableRawPointer?
  ) -> Status {
    guard let name, let vendor, let size else { return .invalidParameter }
    let length = VariableStore.length(of: name, limit: .max)
    guard length > 0 else { return .invalidParameter }
    guard let record = find(name, length, vendor) else { return .notFound }
    attributes?.pointee = self.attributes(record)
    let count = dataSize(record)
    let room = size.pointee
    size.pointee = UInt64(count)
    guard room >= UInt64(count) else { return .bufferTooSmall }
    guard let data else { return .invalidParameter }
    data.copyMemory(from: base + Int(self.data(record)), byteCount: Int(count))
    return .success
  }

  /// GetNextVariableName (8.2.2): the variable after the named one, the first one for an empty name.
  public func next(
    _ size: UnsafeMutablePointer<UInt64>?, _ name: UnsafeMutableRawPointer?, _ vendor: UnsafeMutableRawPointer?
  ) -> Status {
    guard let size, let name, let vendor else { return .invalidParameter }
    // 8.2.2: the NUL must lie in the first VariableNameSize bytes.
    let length = VariableStore.length(of: name, limit: size.pointee)
    guard length > 0 else { return .invalidParameter }
    var record = VariableStore.headerSize
    if length > 2 {
      guard let current = find(name, length, vendor) else { return .invalidParameter }
      record = current + self.size(current)
    }
    guard record < used else { return .notFound }
    let needed = nameSize(record)
    let room = size.pointee
    size.pointee = UInt64(needed)
    guard room >= UInt64(needed) else { return .bufferTooSmall }
    name.copyMemory(from: base + Int(record + VariableStore.recordHeaderSize), byteCount: Int(needed))
    vendor.copyMemory(from: base + Int(record + 16), byteCount: 16)
    return .success
  }

  /// QueryVariableInfo (8.2.4). After ExitBootServices nothing can be added any more: none remains.
  public func query(
    _ attributes: UInt32, _ storage: UnsafeMutablePointer<UInt64>?, _ remaining: UnsafeMutablePointer<UInt64>?,
    _ maximum: UnsafeMutablePointer<UInt64>?
  ) -> Status {
    let attributes = attributes & ~VariableAttributes.appendWrite  // ignored
    guard let storage, let remaining, let maximum, attributes != 0 else { return .invalidParameter }
    guard attributes & VariableAttributes.access != VariableAttributes.runtimeAccess,
      !isRuntime || attributes & VariableAttributes.runtimeAccess != 0
    else { return .invalidParameter }
    guard attributes & ~VariableAttributes.access == 0 else { return .unsupported }
    storage.pointee = UInt64(limit - VariableStore.headerSize)
    let free = limit > used ? limit - used : 0
    remaining.pointee = isRuntime ? 0 : UInt64(free)
    maximum.pointee = UInt64(VariableStore.maximumSize)
    return .success
  }
}
