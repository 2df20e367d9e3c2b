// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Foundation

/// A kernel's source tree, only ever read.
public struct KernelTree: Sendable {
  public let path: String
  public let version: KernelVersion
  /// As its Makefile has it: with sublevel and extra version.
  public let release: String

  public init(_ path: String) throws(SeriesError) {
    self.path = URL(fileURLWithPath: path).standardizedFileURL.path
    let makefile = self.path + "/Makefile"
    guard FileManager.default.fileExists(atPath: makefile),
      FileManager.default.fileExists(atPath: self.path + "/kernel/Makefile")
    else { throw SeriesError(path, "is no kernel tree: it has no Makefile and kernel/Makefile") }
    let bytes = try FileReader.bytes(makefile, called: makefile, limit: 1 << 20)
    var values: [String: String] = [:]
    for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n").prefix(40) {
      let parts = line.split(separator: "=", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
      if let name = parts.first { values[name] = parts.count == 2 ? parts[1] : "" }
    }
    guard let major = values["VERSION"], let minor = values["PATCHLEVEL"],
      let version = KernelVersion("\(major).\(minor)")
    else { throw SeriesError(makefile, "has no VERSION and PATCHLEVEL: it is no kernel's") }
    self.version = version
    release = version.text + (values["SUBLEVEL"].map { ".\($0)" } ?? "") + (values["EXTRAVERSION"] ?? "")
  }

  /// The line of its version; else the newest that is older; else the oldest.
  public func nearest(of lines: [KernelLine]) -> KernelLine? {
    let sorted = lines.compactMap { line in KernelVersion(line.name).map { (version: $0, line: line) } }
      .sorted { $0.version < $1.version }
    return (sorted.last { $0.version <= version } ?? sorted.first)?.line
  }

  /// What its configuration says of options: `y`, `m`, `n`. Nil where there is none.
  func configuration(of options: [String]) throws(SeriesError) -> [String: String]? {
    let file = path + "/.config"
    guard FileManager.default.fileExists(atPath: file) else { return nil }
    let text = String(decoding: try FileReader.bytes(file, called: file, limit: 16 << 20), as: UTF8.self)
    var values = Dictionary(uniqueKeysWithValues: options.map { ($0, "n") })
    for line in text.split(separator: "\n") where !line.hasPrefix("#") {
      let parts = line.split(separator: "=", maxSplits: 1).map(String.init)
      if parts.count == 2, values[parts[0]] != nil { values[parts[0]] = parts[1] }
    }
    return values
  }
}
