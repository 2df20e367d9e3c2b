// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// The variables (UEFI 2.10, 8.2): a volatile store. What must survive a reset has no place here and is refused.
///
/// It is one block of memory that holds no address, so it can be read wherever it is mapped: the emulator writes it, the
/// runtime image reads the same bytes after ExitBootServices. The block starts with a header of four 32-bit words; then
/// the records follow each other, in the order in which the variables were made:
///
/// ```
/// header   used | size | limit | isRuntime          bytes from the block's start; what SetVariable may fill
/// record   size | attributes | nameSize | dataSize | GUID | name with its NUL | data | room
/// ```
public struct VariableStore {
  let base: UnsafeMutableRawPointer

  static let headerSize: UInt32 = 16
  static let recordHeaderSize: UInt32 = 32
  /// In a record's attributes: the emulator's own, not the payload's to write or delete.
  static let readOnly: UInt32 = 1 << 31
  /// Bytes that one variable's data may take, and its name.
  public static let maximumSize: UInt32 = 64 << 10

  /// A store that is there already.
  public init(at base: UnsafeMutableRawPointer) { self.base = base }

  /// An empty one.
  ///
  /// - Parameters:
  ///   - size: bytes at `base`, which is aligned to 8
  ///   - reserve: bytes at the end that only `publish` may fill
  public init(formatting base: UnsafeMutableRawPointer, size: UInt32, reserve: UInt32) {
    self.base = base
    used = VariableStore.headerSize
    setWord(4, size)
    setWord(8, size - reserve)
    setWord(12, 0)
  }

  // MARK: The bytes

  func word(_ offset: UInt32) -> UInt32 { base.load(fromByteOffset: Int(offset), as: UInt32.self) }
  func setWord(_ offset: UInt32, _ value: UInt32) {
    base.storeBytes(of: value, toByteOffset: Int(offset), as: UInt32.self)
  }

  var used: UInt32 {
    get { word(0) }
    nonmutating set { setWord(0, newValue) }
  }
  /// Where SetVariable stops.
  var limit: UInt32 { word(8) }
  public var isRuntime: Bool { word(12) != 0 }

  func size(_ record: UInt32) -> UInt32 { word(record) }
  func attributes(_ record: UInt32) -> UInt32 { word(record + 4) & ~VariableStore.readOnly }
  func isReadOnly(_ record: UInt32) -> Bool { word(record + 4) & VariableStore.readOnly != 0 }
  func nameSize(_ record: UInt32) -> UInt32 { word(record + 8) }
  func dataSize(_ record: UInt32) -> UInt32 { word(record + 12) }
  func data(_ record: UInt32) -> UInt32 { record + VariableStore.recordHeaderSize + nameSize(record) }

  func copy(_ from: UnsafeRawPointer, to offset: UInt32, _ count: UInt32) {
    (base + Int(offset)).copyMemory(from: from, byteCount: Int(count))
  }

  /// Bytes of a record with so much in it.
  static func recordSize(name: UInt32, data: UInt32) -> UInt32 { (recordHeaderSize + name + data + 7) & ~7 }

  /// Changes the size of a record, 0 for one that is not there yet or is to go; what follows moves.
  func resize(_ record: UInt32, from old: UInt32, to new: UInt32) {
    let tail = record + old
    copy(base + Int(tail), to: record + new, used - tail)
    used = used - old + new
    if new != 0 { setWord(record, new) }
  }

  /// The bytes of a NUL-terminated UCS-2 name, its NUL included; 0 when there is no NUL in the first `limit` bytes.
  static func length(of name: UnsafeRawPointer, limit: UInt64) -> UInt32 {
    var length: UInt32 = 0
    while UInt64(length) + 2 <= limit, length < maximumSize {
      length += 2
      if name.loadUnaligned(fromByteOffset: Int(length) - 2, as: UInt16.self) == 0 { return length }
    }
    return 0
  }

  /// The record of that name; nil when there is none.
  func find(_ name: UnsafeRawPointer, _ length: UInt32, _ vendor: UnsafeRawPointer) -> UInt32? {
    var record = VariableStore.headerSize
    while record < used {
      if nameSize(record) == length, isSame(record + 16, vendor, 16),
        isSame(record + VariableStore.recordHeaderSize, name, length)
      {
        return record
      }
      record += size(record)
    }
    return nil
  }

  private func isSame(_ offset: UInt32, _ other: UnsafeRawPointer, _ count: UInt32) -> Bool {
    var index = 0
    while index < Int(count) {
      if base.load(fromByteOffset: Int(offset) + index, as: UInt8.self)
        != other.load(fromByteOffset: index, as: UInt8.self)
      {
        return false
      }
      index += 1
    }
    return true
  }
}
