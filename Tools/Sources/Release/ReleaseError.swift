// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// What is wrong with a release or with what it is to be made of, where, and what would be right.
public struct ReleaseError: Error, Equatable, CustomStringConvertible {
  public let path: String
  public let reason: String
  /// Whether it is the machine that failed, and not the input.
  public let isIO: Bool

  public init(_ path: String, _ reason: String, isIO: Bool = false) {
    self.path = path
    self.reason = reason
    self.isIO = isIO
  }

  public var description: String { "\(path): \(reason)" }
}
