// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
//
// Writing, which is over with the boot services. 8.2.3: "Variables that have runtime access but that are not nonvolatile
// are read-only data variables once ExitBootServices() is performed" — and there is nothing nonvolatile here.

extension VariableStore {
  /// SetVariable (UEFI 2.10, 8.2.3): all of its rules.
  public func set(
    _ name: UnsafeRawPointer?, _ vendor: UnsafeRawPointer?, _ attributes: UInt32, _ size: UInt64,
    _ data: UnsafeRawPointer?
  ) -> Status {
    // "The DataSize exceeds the maximum allowed" is an invalid parameter, too.
    guard let name, let vendor, data != nil || size == 0, size <= UInt64(VariableStore.maximumSize) else {
      return .invalidParameter
    }
    let length = VariableStore.length(of: name, limit: .max)
    guard length > 2 else { return .invalidParameter }
    let append = attributes & VariableAttributes.appendWrite != 0
    let kept = attributes & ~VariableAttributes.appendWrite
    guard kept & VariableAttributes.access != VariableAttributes.runtimeAccess else { return .invalidParameter }
    // Authenticated and hardware-error variables: known, not offered. Anything else is no attribute at all.
    guard kept & ~0x7 == 0 else { return kept & ~0xff == 0 ? .unsupported : .invalidParameter }
    let found = find(name, length, vendor)
    if let found, isReadOnly(found) { return .writeProtected }

    if kept & VariableAttributes.access == 0 || size == 0 && !append {
      guard let found else { return .notFound }
      guard kept == 0 || kept == self.attributes(found) else { return .invalidParameter }
      resize(found, from: self.size(found), to: 0)
      return .success
    }
    if kept & VariableAttributes.nonVolatile != 0 { return .outOfResources }
    if let found, self.attributes(found) != kept { return .invalidParameter }
    return write(found, name, length, vendor, kept, size, data, append: append)
  }

  private func write(
    _ found: UInt32?, _ name: UnsafeRawPointer, _ length: UInt32, _ vendor: UnsafeRawPointer, _ attributes: UInt32,
    _ size: UInt64, _ data: UnsafeRawPointer?, append: Bool
  ) -> Status {
    if size == 0 { return .success }
    let kept = append ? found.map { dataSize($0) } ?? 0 : 0
    let count = kept + UInt32(size)
    let record = found ?? used
    let old = found.map { self.size($0) } ?? 0
    let new = VariableStore.recordSize(name: length, data: count)
    guard count <= VariableStore.maximumSize, used - old + new <= limit else { return .outOfResources }
    resize(record, from: old, to: new)
    if found == nil { begin(record, name, length, vendor, attributes) }
    setWord(record + 12, count)
    if let data { copy(data, to: self.data(record) + kept, UInt32(size)) }
    return .success
  }

  private func begin(
    _ record: UInt32, _ name: UnsafeRawPointer, _ length: UInt32, _ vendor: UnsafeRawPointer, _ attributes: UInt32
  ) {
    setWord(record + 4, attributes)
    setWord(record + 8, length)
    setWord(record + 12, 0)
    copy(vendor, to: record + 16, 16)
    copy(name, to: record + VariableStore.recordHeaderSize, length)
  }

  /// A variable of the emulator's own, such as SecureBoot (3.3): visible at boot and runtime, not writable, and empty yet.
  ///
  /// - Parameter room: bytes for its data
  /// - Returns: where they are, and the 32-bit word that counts those in use; nil when they do not fit.
  public func publish(
    _ name: StaticString, _ vendor: GUID, room: UInt32
  ) -> (data: UnsafeMutableRawPointer, count: UnsafeMutablePointer<UInt32>)? {
    let length = UInt32(name.utf8CodeUnitCount + 1) * 2
    let size = VariableStore.recordSize(name: length, data: room)
    guard room < 1 << 20, used + size <= word(4) else { return nil }
    let record = used
    resize(record, from: 0, to: size)
    setWord(record + 4, VariableAttributes.access | VariableStore.readOnly)
    setWord(record + 8, length)
    setWord(record + 12, 0)
    vendor.store(to: base + Int(record) + 16)
    let units = base + Int(record + VariableStore.recordHeaderSize)
    for index in 0...name.utf8CodeUnitCount {
      let unit = index < name.utf8CodeUnitCount ? UInt16(name.utf8Start[index]) : 0
      units.storeBytes(of: unit, toByteOffset: index * 2, as: UInt16.self)
    }
    let count = (base + Int(record) + 12).assumingMemoryBound(to: UInt32.self)
    return (base + Int(data(record)), count)
  }

  /// A variable of one byte.
  public func publish(_ name: StaticString, _ vendor: GUID, _ value: UInt8) {
    guard let made = publish(name, vendor, room: 1) else { return }
    made.data.storeBytes(of: value, as: UInt8.self)
    made.count.pointee = 1
  }

  /// ExitBootServices: what has no runtime access is gone (8.2.1).
  public func leaveBootServices() {
    var record = VariableStore.headerSize
    while record < used {
      if attributes(record) & VariableAttributes.runtimeAccess == 0 {
        resize(record, from: size(record), to: 0)
      } else {
        record += size(record)
      }
    }
    setWord(12, 1)
  }
}
