// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// A run of physical memory that does not wrap round: `address + size` fits in 64 bits.
public struct PhysicalRange: Equatable, Sendable {
  /// The first byte's physical address.
  public let address: UInt64
  /// In bytes; may be 0.
  public let size: UInt64

  /// - Returns: nil when `address + size` does not fit in 64 bits.
  @inlinable public init?(address: UInt64, size: UInt64) {
    guard !address.addingReportingOverflow(size).overflow else { return nil }
    self.address = address
    self.size = size
  }

  /// - Parameter end: the first byte after the range
  /// - Returns: nil when `end` lies before `start`.
  @inlinable public init?(from start: UInt64, to end: UInt64) {
    guard start <= end else { return nil }
    address = start
    size = end - start
  }

  /// The first byte after the range.
  @inlinable public var end: UInt64 { address + size }

  @inlinable public var isEmpty: Bool { size == 0 }
}

/// How a format that points at other memory gets at it: the caller decides which physical memory may be read.
///
/// Answers with exactly `size` bytes at `address`, or nil when any of them is out of bounds.
public typealias MemoryReader = (_ address: UInt64, _ size: Int) -> ByteView?
