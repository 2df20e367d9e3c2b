// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// Bits of a variable's attributes (UEFI 2.10, 8.2.1).
enum VariableAttributes {
  static let nonVolatile: UInt32 = 0x01
  static let bootServiceAccess: UInt32 = 0x02
  static let runtimeAccess: UInt32 = 0x04
  static let hardwareErrorRecord: UInt32 = 0x08
  static let authenticatedWrite: UInt32 = 0x10
  static let timeBasedAuthenticatedWrite: UInt32 = 0x20
  static let appendWrite: UInt32 = 0x40
  static let enhancedAuthenticatedAccess: UInt32 = 0x80
}

/// The variables: a volatile store. What must survive a reset has no place here and is refused.
final class VariableStore {
  struct Variable {
    let name: [UInt16]
    let guid: GUID
    let attributes: UInt32
    var data: [UInt8]
    /// Set by the emulator, not by the payload: it cannot be written or deleted.
    let isReadOnly: Bool
  }
  private(set) var variables: [Variable] = []

  /// Bytes that all variables together may take, and one of them.
  static let capacity = 256 * 1024
  static let maximumSize = 64 * 1024

  var used: Int { variables.reduce(0) { $0 + $1.data.count + $1.name.count * 2 } }

  func index(_ name: [UInt16], _ guid: GUID) -> Int? {
    variables.firstIndex { $0.guid == guid && $0.name == name }
  }

  /// 8.2.1.
  func variable(_ name: [UInt16], _ guid: GUID) throws(Status) -> Variable {
    guard let index = index(name, guid) else { throw .notFound }
    return variables[index]
  }

  /// 8.2.2: the variable after the named one; the first one for an empty name.
  func next(after name: [UInt16], _ guid: GUID) throws(Status) -> Variable {
    var position = 0
    if !name.isEmpty {
      guard let index = index(name, guid) else { throw .invalidParameter }
      position = index + 1
    }
    guard position < variables.count else { throw .notFound }
    return variables[position]
  }

  /// 8.2.3.
  func set(_ name: [UInt16], _ guid: GUID, attributes: UInt32, data: UnsafeRawBufferPointer) throws(Status) {
    guard !name.isEmpty else { throw .invalidParameter }
    let append = attributes & VariableAttributes.appendWrite != 0
    let kept = attributes & ~VariableAttributes.appendWrite
    if kept & VariableAttributes.runtimeAccess != 0, kept & VariableAttributes.bootServiceAccess == 0 {
      throw .invalidParameter
    }
    guard kept & ~0x7 == 0 else {
      // Authenticated and hardware-error variables: known, not offered. Anything else is no attribute at all.
      throw kept & ~0xff == 0 ? .unsupported : .invalidParameter
    }
    let index = index(name, guid)
    if let index, variables[index].isReadOnly { throw .writeProtected }

    let isDeletion = kept & 0x6 == 0 || data.isEmpty && !append
    if isDeletion {
      guard let index else { throw .notFound }
      guard kept == 0 || kept == variables[index].attributes else { throw .invalidParameter }
      variables.remove(at: index)
      return
    }
    if kept & VariableAttributes.nonVolatile != 0 { throw .outOfResources }
    if let index {
      guard variables[index].attributes == kept else { throw .invalidParameter }
    }
    let old = index.map { variables[$0].data.count } ?? 0
    let size = append ? old + data.count : data.count
    let others = used - (index == nil ? 0 : old + name.count * 2)
    guard size <= VariableStore.maximumSize, others + size + name.count * 2 <= VariableStore.capacity else {
      throw .outOfResources
    }
    if let index {
      variables[index].data = append ? variables[index].data + Array(data) : Array(data)
    } else if !data.isEmpty {
      variables.append(
        Variable(name: name, guid: guid, attributes: kept, data: Array(data), isReadOnly: false))
    }
  }

  /// A variable of the emulator's own, such as SecureBoot (3.3): visible at boot and runtime, not writable.
  func publish(_ name: StaticString, _ guid: GUID, _ data: [UInt8]) {
    var units: [UInt16] = []
    for index in 0..<name.utf8CodeUnitCount { units.append(UInt16(name.utf8Start[index])) }
    variables.append(
      Variable(
        name: units, guid: guid,
        attributes: VariableAttributes.bootServiceAccess | VariableAttributes.runtimeAccess, data: data,
        isReadOnly: true))
  }
}
