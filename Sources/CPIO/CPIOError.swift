// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// What is wrong with an archive, and where.
public struct CPIOError: Error, Equatable {
  public enum Fault: UInt8, Sendable {
    case noHeader, truncated, badNumber, badName, noTrailer
  }
  public let fault: Fault
  /// Of the entry, in bytes from the archive's start.
  public let offset: Int

  public init(_ fault: Fault, at offset: Int) {
    self.fault = fault
    self.offset = offset
  }

  public var reason: StaticString {
    switch fault {
    case .noHeader: "no cpio entry starts with 070701"
    case .truncated: "the cpio archive ends within an entry"
    case .badNumber: "a number of a cpio entry is not eight hexadecimal digits"
    case .badName: "a cpio entry's name is empty, longer than 4095 bytes, or not what ends in its NUL"
    case .noTrailer: "the cpio archive ends without TRAILER!!!"
    }
  }
}

extension CPIOError: CustomStringConvertible {
  public var description: String { "cpio: \(reason), at offset 0x\(String(offset, radix: 16))" }
}
