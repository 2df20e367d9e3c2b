// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// Where a little-endian integer stands in a structure, and how wide it is.
///
/// A format is a list of these under the specification's names, not a C structure laid over memory:
///
/// ```swift
/// enum DOSHeader { static let e_lfanew = Field<UInt32>(0x3c) }
/// ```
public struct Field<Value: FixedWidthInteger> {
  /// Bytes from the start of the structure.
  public let offset: Int

  @inlinable public init(_ offset: Int) { self.offset = offset }

  /// The first byte after the field.
  @inlinable public var end: Int { offset + MemoryLayout<Value>.size }
}

extension Field: Sendable {}

extension Field {
  /// Writes `value` into `bytes`, in a structure that starts at `start`.
  ///
  /// The field must lie inside `bytes`: a caller that writes has made the room itself, so anything else is a
  /// programming error and traps.
  @inlinable public func write(_ value: Value, to bytes: UnsafeMutableRawBufferPointer, at start: Int = 0) {
    precondition(start >= 0 && start + end <= bytes.count)
    bytes.storeBytes(of: value.littleEndian, toByteOffset: start + offset, as: Value.self)
  }
}
