// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Bytes

/// One structure of a file, known to lie wholly inside it, so that reading its fields cannot fail.
struct Record {
  private let view: ByteView

  /// - Parameters:
  ///   - offset: of the structure, from the start of `file`, in bytes
  ///   - size: of the structure, in bytes; its fields end there or before
  ///   - what: its name in an error
  init(_ file: ByteView, at offset: UInt64, size: Int, what: @autoclosure () -> String) throws(ELFError) {
    guard let start = Int(exactly: offset), let view = file.slice(start, count: size) else {
      throw .truncated(what: what(), offset: offset, size: UInt64(size), fileSize: file.count)
    }
    self.view = view
  }

  /// The value of a field, which must be one of this structure's.
  subscript<Value: FixedWidthInteger>(_ field: Field<Value>) -> Value { view[field]! }
}

extension ByteView {
  /// A table's bytes by the 64-bit offset and size a header gives.
  func window(_ offset: UInt64, size: UInt64, what: @autoclosure () -> String) throws(ELFError) -> ByteView {
    guard let start = Int(exactly: offset), let length = Int(exactly: size), let view = slice(start, count: length)
    else { throw .truncated(what: what(), offset: offset, size: size, fileSize: count) }
    return view
  }

  /// The NUL-terminated name at `offset` of a string table.
  func name(at offset: UInt32, table: @autoclosure () -> String) throws(ELFError) -> String {
    guard let text = terminated(at: Int(offset)) else { throw .name(table: table(), offset: offset) }
    return String(decoding: text.buffer, as: UTF8.self)
  }
}
