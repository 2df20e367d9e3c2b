// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Foundation

/// Facts that only the project's text has.
struct ProjectSources {
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../../..").standardized

  static func text(_ path: String) throws -> String {
    try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
  }

  static func names(in folder: String, suffix: String = "") throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: root.appendingPathComponent(folder).path)
      .filter { $0.hasSuffix(suffix) }.sorted()
  }

  /// The architectures that there are targets for.
  static func targets() throws -> [String] {
    try names(in: "targets").filter { name in
      var isFolder: ObjCBool = false
      let path = root.appendingPathComponent("targets/\(name)").path
      return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
    }
  }

  /// The constants of `Sources/UEFI/GUID.swift`.
  static func guids() throws -> [(name: String, guid: GUID)] {
    let constant = /static let (\w+) = GUID\(0x(\w+), 0x(\w+), 0x(\w+), 0x(\w+)\)/
    return try text("Sources/UEFI/GUID.swift").matches(of: constant).map { match in
      func number<Value: FixedWidthInteger>(_ digits: Substring) -> Value {
        Value(digits.replacing("_", with: ""), radix: 16)!
      }
      let (_, name, first, second, third, rest) = match.output
      return (String(name), GUID(number(first), number(second), number(third), number(rest)))
    }
  }

  /// The services that the runtime image puts in, by name.
  static func runtimeImageServices() throws -> Set<String> {
    let assignment = /table->(\w+) = SLOT\(/
    return Set(try text("Sources/CRuntime/runtime.c").matches(of: assignment).map { String($0.output.1) })
  }

  /// The functions by which the emulator puts things on offer.
  static func publishers() throws -> Set<String> {
    let function = /public func ((publish|load)\w*)\(/
    var found: Set<String> = []
    let folder = root.appendingPathComponent("Sources/Core")
    for case let file as URL in FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)!
    where file.pathExtension == "swift" {
      let text = try String(contentsOf: file, encoding: .utf8)
      for match in text.matches(of: function) where text.contains("extension Firmware") {
        found.insert(String(match.output.1))
      }
    }
    return found
  }

  /// How often the conformance suite names a section.
  private let named: [String: Int]

  init() throws {
    var named: [String: Int] = [:]
    for name in try ProjectSources.names(in: "Tests/conformance", suffix: ".c") {
      for match in try ProjectSources.text("Tests/conformance/\(name)").matches(of: /"(\d+(\.\d+)+)"/) {
        named[String(match.output.1), default: 0] += 1
      }
    }
    self.named = named
  }

  /// The assertions of a section with its subsections.
  func assertions(_ section: String) -> Int {
    named.filter { $0.key == section || $0.key.hasPrefix(section + ".") }.values.reduce(0, +)
  }
}
