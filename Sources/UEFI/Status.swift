// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// `EFI_STATUS` (UEFI 2.10, Appendix D), for 64-bit platforms: errors have the top bit set.
public struct Status: Equatable, Sendable {
  public let rawValue: UInt64
  @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }
  @inlinable init(error code: UInt64) { rawValue = code | 1 << 63 }

  /// Whether the top bit is set. Warnings are not errors.
  @inlinable public var isError: Bool { rawValue >> 63 != 0 }

  public static let success = Status(rawValue: 0)
  public static let warnUnknownGlyph = Status(rawValue: 1)
  public static let warnDeleteFailure = Status(rawValue: 2)
  public static let loadError = Status(error: 1)
  public static let invalidParameter = Status(error: 2)
  public static let unsupported = Status(error: 3)
  public static let badBufferSize = Status(error: 4)
  public static let bufferTooSmall = Status(error: 5)
  public static let notReady = Status(error: 6)
  public static let deviceError = Status(error: 7)
  public static let writeProtected = Status(error: 8)
  public static let outOfResources = Status(error: 9)
  public static let volumeCorrupted = Status(error: 10)
  public static let volumeFull = Status(error: 11)
  public static let noMedia = Status(error: 12)
  public static let mediaChanged = Status(error: 13)
  public static let notFound = Status(error: 14)
  public static let accessDenied = Status(error: 15)
  public static let noResponse = Status(error: 16)
  public static let noMapping = Status(error: 17)
  public static let timeout = Status(error: 18)
  public static let notStarted = Status(error: 19)
  public static let alreadyStarted = Status(error: 20)
  public static let aborted = Status(error: 21)
  public static let protocolError = Status(error: 24)
  public static let incompatibleVersion = Status(error: 25)
  public static let securityViolation = Status(error: 26)
  public static let crcError = Status(error: 27)
  public static let endOfMedia = Status(error: 28)
  public static let endOfFile = Status(error: 31)
  public static let invalidLanguage = Status(error: 32)
  public static let compromisedData = Status(error: 33)
}

extension Status: Error {}
