// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// A serial console without a driver: `struct virgil_console_record` as a value.
///
/// A byte may be written to `data` when `(status & readyMask) == readyValue`; one can be read from it when
/// `(status & receiveMask) == receiveValue`. Offsets are in bytes from `base`.
public struct ConsoleDescription: Equatable, Sendable {
  /// `enum virgil_console_space`.
  public enum Space: UInt32, Sendable {
    case mmio = 0
    case port = 1
  }

  /// Physical address, or port number.
  public var base: UInt64
  public var space: Space
  /// Bytes of an access: 1 or 4.
  public var width: UInt32
  public var dataOffset: UInt32
  public var statusOffset: UInt32
  public var readyMask: UInt32
  public var readyValue: UInt32
  /// 0 with a `receiveValue` of 1: nothing can be received.
  public var receiveMask: UInt32
  public var receiveValue: UInt32

  public init(
    base: UInt64, space: Space, width: UInt32, dataOffset: UInt32, statusOffset: UInt32, readyMask: UInt32,
    readyValue: UInt32, receiveMask: UInt32, receiveValue: UInt32
  ) {
    self.base = base
    self.space = space
    self.width = width
    self.dataOffset = dataOffset
    self.statusOffset = statusOffset
    self.readyMask = readyMask
    self.readyValue = readyValue
    self.receiveMask = receiveMask
    self.receiveValue = receiveValue
  }
}
