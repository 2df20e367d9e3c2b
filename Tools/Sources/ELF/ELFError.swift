// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// Why bytes cannot be read as a 64-bit little-endian ELF file.
public enum ELFError: Error, Equatable, Sendable {
  /// The file does not start with `7f 45 4c 46`.
  case notELF
  /// A structure or a table does not lie wholly inside the file. Offset and sizes are in bytes.
  case truncated(what: String, offset: UInt64, size: UInt64, fileSize: Int)
  /// A field holds a value that this reader, or the format, does not allow.
  case field(String, value: UInt64, expected: String)
  /// A name does not end inside its string table.
  case name(table: String, offset: UInt32)
}

extension ELFError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .notELF:
      "not an ELF file: it does not start with 7f 45 4c 46"
    case .truncated(let what, let offset, let size, let fileSize):
      "\(what) (\(size) bytes at \(hexadecimal(offset))) does not lie inside the file of \(fileSize) bytes"
    case .field(let field, let value, let expected):
      "\(field) is \(hexadecimal(value)); expected \(expected)"
    case .name(let table, let offset):
      "the name at \(hexadecimal(UInt64(offset))) in \(table) does not end inside that table"
    }
  }
}

/// A number as messages print addresses, offsets and identifiers: `0x1f0`.
public func hexadecimal(_ value: some BinaryInteger) -> String { "0x" + String(value, radix: 16) }
