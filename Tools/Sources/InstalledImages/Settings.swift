// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Foundation

/// /etc/virgil/virgil.conf, in the form of ukify's configuration: [Sections] of lines Key=value, # and ; for comments.
public struct Settings: Sendable {
  public static let standardFile = "/etc/virgil/virgil.conf"

  public struct Failure: Error, CustomStringConvertible {
    public let path: String
    public let line: Int
    public let reason: String
    public var description: String { line > 0 ? "\(path):\(line): \(reason)" : "\(path): \(reason)" }
    /// Whether the file cannot be read, rather than says something wrong.
    public var isIO: Bool { line == 0 }
  }

  private var values: [String: String] = [:]

  /// - Parameter path: nil: the standard file, which says nothing where it is not there
  public init(file path: String?) throws(Failure) {
    let isNamed = path != nil
    let path = path ?? Self.standardFile
    let handle = FileHandle(forReadingAtPath: path)
    let isAbsent = !isNamed && !FileManager.default.fileExists(atPath: path)
    guard let data = isAbsent ? Data() : try? handle?.readToEnd() ?? Data(), isAbsent || handle != nil else {
      throw Failure(path: path, line: 0, reason: "cannot be read")
    }
    try self.init(text: String(decoding: data, as: UTF8.self), path: path)
  }

  public init(text: String, path: String) throws(Failure) {
    var section = ""
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      let line = line.trimmingCharacters(in: .whitespaces)
      if line.isEmpty || line.hasPrefix("#") || line.hasPrefix(";") { continue }
      if line.hasPrefix("["), line.hasSuffix("]") {
        section = String(line.dropFirst().dropLast())
      } else if let equals = line.firstIndex(of: "="), !section.isEmpty {
        let key = line[..<equals].trimmingCharacters(in: .whitespaces)
        values["\(section).\(key)"] = line[line.index(after: equals)...].trimmingCharacters(in: .whitespaces)
      } else {
        throw Failure(path: path, line: index + 1, reason: "expected [Section] or, in a section, Key=value")
      }
    }
  }

  /// What a key says; nil if nothing.
  public func value(_ key: String, in section: String) -> String? {
    values["\(section).\(key)"].flatMap { $0.isEmpty ? nil : $0 }
  }
}
