// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Bytes
import CPIO
import CarriedImage
import UKI

extension PartOptions {
  /// What goes with a finished image as it is: initrds, and a command line. Calls `body` with them; they are good until it
  /// returns.
  func withExtras(ifNotBuilt isFinished: Bool, _ body: (FileContents?, String?) throws -> Void) throws {
    guard isFinished else { return try body(nil, nil) }
    var files: [MappedFile] = []
    defer { withExtendedLifetime(files) {} }
    for path in initrd {
      let file = try MappedFile(path: path)
      try Self.check(file.unsafeBytes, path)
      files.append(file)
    }
    let joined = files.isEmpty ? nil : PartBuilder.joined(files.map(\.unsafeBytes))
    try body(joined, try cmdline.map { try Self.commandLine($0) })
  }

  /// Refuses what could not be joined to another initrd without harm.
  static func check(_ bytes: ByteView, _ path: String) throws {
    guard bytes.count > 0 else { throw Problem(path: path, reason: "it is empty: no initrd") }
    do {
      if try InitrdSidecars.split(bytes) != nil {
        throw Problem(
          path: path, reason: "it holds sidecars; give those with --sidecars, and the initrd without them")
      }
    } catch let error as CPIOError {
      throw Problem(path: path, reason: "it begins with sidecars, and their archive is damaged: \(error)")
    }
  }

  private static func commandLine(_ value: String) throws -> String {
    let text: String
    if value.hasPrefix("@"), !isProfile(value) {
      let path = String(value.dropFirst())
      text = try MappedFile(path: path).withBytes { String(decoding: $0.buffer, as: UTF8.self) }
    } else {
      text = value
    }
    let line = text.split(separator: "\n", omittingEmptySubsequences: true).joined(separator: " ")
    guard !line.utf8.contains(0), line.contains(where: { !$0.isWhitespace }) else {
      throw Problem(path: "--cmdline \(value)", reason: "it must be text that is not blank")
    }
    return line
  }

  /// `@` and a number, then nothing or a space: systemd-stub's way to name a profile, not a file.
  private static func isProfile(_ value: String) -> Bool {
    let number = value.dropFirst().prefix { $0 != " " }
    return !number.isEmpty && number.allSatisfy { ("0"..."9").contains($0) }
  }
}
