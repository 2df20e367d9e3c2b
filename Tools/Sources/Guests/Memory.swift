// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// An amount of a guest's memory, written as QEMU does: `512M`, `1G`.
public struct Memory: Sendable, Hashable, CustomStringConvertible {
  public let bytes: Int

  public static let limit = Memory(mebibytes: 1 << 20)

  public init(mebibytes: Int) { bytes = mebibytes << 20 }

  /// Rounds up to MiB.
  public init(bytes: Int) { self.bytes = ((bytes + (1 << 20) - 1) >> 20) << 20 }

  /// `nil` unless the text is a number, followed by M or G, from 128M to 1T.
  public init?(_ text: String) {
    guard let unit = text.last, let number = Int(text.dropLast()), number > 0 else { return nil }
    let mebibytes: Int
    switch unit {
    case "M", "m": mebibytes = number
    case "G",
      "g" where number <= 1024:
      mebibytes = number << 10
    default: return nil
    }
    guard (128...1 << 20).contains(mebibytes) else { return nil }
    self.init(mebibytes: mebibytes)
  }

  public var mebibytes: Int { bytes >> 20 }

  public var description: String { mebibytes % 1024 == 0 ? "\(mebibytes / 1024)G" : "\(mebibytes)M" }
}
