// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// What an instruction tried to do with memory.
public enum FaultKind: UInt8, Sendable {
  case read, write, execute
}

/// Where in an image an address is.
public struct CodeLocation {
  /// The image's name: printable bytes.
  public let name: ByteView
  /// Bytes from the image's base.
  public let rva: UInt64

  public init(name: ByteView, rva: UInt64) {
    self.name = name
    self.rva = rva
  }
}

/// An access to memory that its mapping does not allow.
struct MemoryFault: Equatable {
  let address: UInt64
  let kind: FaultKind
}
