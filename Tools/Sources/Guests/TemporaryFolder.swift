// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Foundation
import SystemPackage

/// A folder for the files of one guest, below the system's temporary folder.
public enum TemporaryFolder {
  public struct Failure: Error, CustomStringConvertible {
    public let path: String
    public let reason: Errno
    public var description: String { "cannot make a temporary folder \(path): \(reason)" }
  }

  /// Makes a folder, hands it to `body`, and removes it with all it holds, however `body` ends, unless `keep`.
  public static func with<Value>(
    keep: Bool = false, isolation: isolated (any Actor)? = #isolation, _ body: (FilePath) async throws -> Value
  ) async throws -> Value {
    var template = FilePath(FileManager.default.temporaryDirectory.path).appending("virgil-boot.XXXXXX").string
    let made = template.withUTF8 { text -> String? in
      var name = text.map { CChar(bitPattern: $0) } + [0]
      guard mkdtemp(&name) != nil else { return nil }
      return String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
    guard let made else { throw Failure(path: template, reason: Errno(rawValue: errno)) }
    defer { if !keep { try? FileManager.default.removeItem(atPath: made) } }
    return try await body(FilePath(made))
  }
}
