// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// What is the same for all patches: `kernel/series`, a name and its value a line. The release is the project's, from the
/// file `VERSION` beside `kernel/`, unless the series has one of its own.
struct SeriesFacts: Equatable, Sendable {
  static let file = "kernel/series"
  private static let version = "VERSION"

  /// Of the emulator, as the kernel's log names it.
  let release: String
  /// The patches' author, where a message has no From: of its own.
  let author: String
  /// The patches' date: seconds since 1970-01-01.
  let date: UInt64

  static func read(_ folder: SeriesFolder) throws(SeriesError) -> SeriesFacts {
    var values: [String: String] = [:]
    for entry in try folder.entries(file) {
      let parts = entry.split(separator: " ", maxSplits: 1).map(String.init)
      guard parts.count == 2, ["release", "author", "date"].contains(parts[0]), values[parts[0]] == nil else {
        throw SeriesError(file, "'\(entry)' is none of release, author and date with a value, each of them once")
      }
      values[parts[0]] = parts[1]
    }
    let project = folder.exists(version) ? try folder.entries(version).first : nil
    guard let release = values["release"] ?? project,
      release.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f && $0 != 0x22 && $0 != 0x5c })
    else { throw SeriesError(file, "has no release of one printable word, and neither has \(version)") }
    guard let author = values["author"], MailHeader.isAddress(author) else {
      throw SeriesError(file, "has no author such as Name <name@example.org>")
    }
    guard let text = values["date"], let date = UInt64(text), date < 253_402_300_800 else {
      throw SeriesError(file, "has no date in seconds since 1970")
    }
    return SeriesFacts(release: release, author: author, date: date)
  }
}
