// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import CPayload

/// What can be an argument of a service: an integer or a pointer.
protocol Word { var word: UInt64 { get } }

extension UInt64: Word { var word: UInt64 { self } }
extension Int: Word { var word: UInt64 { UInt64(bitPattern: Int64(self)) } }
extension UInt: Word { var word: UInt64 { UInt64(self) } }
extension UInt32: Word { var word: UInt64 { UInt64(self) } }
extension UnsafeMutableRawPointer: Word { var word: UInt64 { UInt64(UInt(bitPattern: self)) } }
extension UnsafeRawPointer: Word { var word: UInt64 { UInt64(UInt(bitPattern: self)) } }
extension UnsafeMutablePointer: Word { var word: UInt64 { UInt64(UInt(bitPattern: self)) } }
extension MemoryType: Word { var word: UInt64 { UInt64(rawValue) } }
extension AllocateType: Word { var word: UInt64 { UInt64(rawValue) } }
extension Status: Word { var word: UInt64 { rawValue } }
extension Image: Word { var word: UInt64 { handle.word } }

/// Memory for a service to write to.
final class Out<Value>: Word {
  let pointer: UnsafeMutablePointer<Value>
  init(_ value: Value) {
    pointer = .allocate(capacity: 1)
    pointer.initialize(to: value)
  }
  deinit { pointer.deallocate() }
  var value: Value {
    get { pointer.pointee }
    set { pointer.pointee = newValue }
  }
  var word: UInt64 { pointer.word }
}

/// Memory for a service to read or fill: a copy of some bytes.
final class Buffer: Word {
  let bytes: UnsafeMutableRawBufferPointer
  init(_ content: [UInt8]) {
    bytes = .allocate(byteCount: max(content.count, 1), alignment: 16)
    bytes.copyBytes(from: content)
    count = content.count
  }
  convenience init(count: Int, filledWith byte: UInt8 = 0xa5) { self.init([UInt8](repeating: byte, count: count)) }
  deinit { bytes.deallocate() }
  let count: Int
  var content: [UInt8] { Array(bytes[..<count]) }
  var word: UInt64 { UInt64(UInt(bitPattern: bytes.baseAddress)) }
  var view: ByteView { ByteView(bytes.baseAddress!, count: count) }
}

/// A NUL-terminated string of 16-bit units.
func ucs2(_ text: String) -> Buffer {
  var bytes: [UInt8] = []
  for unit in text.utf16 { bytes.appendLittleEndian(unit) }
  bytes.appendLittleEndian(UInt16(0))
  return Buffer(bytes)
}

extension GUID {
  /// Its 16 bytes in memory.
  var buffer: Buffer {
    var bytes: [UInt8] = []
    bytes.appendLittleEndian(low)
    bytes.appendLittleEndian(high)
    return Buffer(bytes)
  }
}

/// Calls a member of a table as a payload does.
func efiCall(_ slot: efi_slot?, _ arguments: [(any Word)?]) -> UInt64 {
  precondition(arguments.count <= Int(PAYLOAD_ARGUMENTS))
  var words = arguments.map { $0?.word ?? 0 }
  while words.count < Int(PAYLOAD_ARGUMENTS) { words.append(0xdead_dead_dead_dead) }
  // The arguments may own the memory they point at.
  return withExtendedLifetime(arguments) { payload_call(slot, words) }
}

/// Calls a service that returns a status.
func efi(_ slot: efi_slot?, _ arguments: (any Word)?...) -> Status { Status(rawValue: efiCall(slot, arguments)) }
