// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// A kernel line that the series is kept for: a line of `kernel/lines`.
public struct KernelLine: Equatable, Sendable {
  /// Such as 6.12.
  public let name: String
  /// Debian's package of its source.
  public let package: String
  /// The suites that have it, best first.
  public let suites: [String]

  static let file = "kernel/lines"

  static func read(_ folder: SeriesFolder) throws(SeriesError) -> [KernelLine] {
    var lines: [KernelLine] = []
    for entry in try folder.entries(file) {
      let words = entry.split(whereSeparator: { $0 == " " || $0 == "\t" }).map(String.init)
      guard words.count == 3, KernelVersion(words[0])?.text == words[0] else {
        throw SeriesError(file, "'\(entry)' is not LINE PACKAGE SUITE[,SUITE]…, such as 6.12 linux-source-6.12 trixie")
      }
      guard !lines.contains(where: { $0.name == words[0] }) else {
        throw SeriesError(file, "the line \(words[0]) is there twice")
      }
      lines.append(
        KernelLine(name: words[0], package: words[1], suites: words[2].split(separator: ",").map(String.init)))
    }
    guard !lines.isEmpty else { throw SeriesError(file, "has no kernel line") }
    return lines
  }
}

/// The first two numbers of a kernel's version, which make its line.
public struct KernelVersion: Comparable, Sendable {
  public let major, minor: Int

  public init(major: Int, minor: Int) {
    self.major = major
    self.minor = minor
  }

  /// - Parameter text: such as 6.12; nil where it is not two numbers
  public init?(_ text: String) {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 2, parts.allSatisfy({ $0.allSatisfy { $0.isASCII && $0.isNumber } && $0.count <= 5 }),
      let major = Int(parts[0]), let minor = Int(parts[1])
    else { return nil }
    self.init(major: major, minor: minor)
  }

  public var text: String { "\(major).\(minor)" }

  public static func < (one: Self, other: Self) -> Bool { (one.major, one.minor) < (other.major, other.minor) }
}
