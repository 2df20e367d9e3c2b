// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// What is wrong with the source of the series, where, and what would be right.
public struct SeriesError: Error, Equatable, CustomStringConvertible {
  /// Relative to the project's folder, where it is a file of the series.
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
