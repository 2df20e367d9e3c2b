// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Foundation
import RelocationFixer

/// An emulator that this program was built with.
public struct EmbeddedEmulator: Sendable {
  /// As in targets/.
  public let architecture: String
  public let blob: [UInt8]
  /// What the relocation fixer has written about it.
  public let description: BlobDescription

  /// What it is called where emulators are files.
  public var fileName: String { "virgil-\(architecture).blob" }

  /// All of them, by name.
  public static let all = EmbeddedFiles.all.map(EmbeddedEmulator.init)

  private init(_ files: EmbeddedFiles) {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    guard let bytes = Data(base64Encoded: files.blob.description),
      let description = try? decoder.decode(BlobDescription.self, from: Data(files.description.utf8))
    else {
      // This program and its emulators are of one build.
      fatalError("the emulator for \(files.architecture) inside this program cannot be read")
    }
    architecture = files.architecture
    blob = Array(bytes)
    self.description = description
  }
}

/// An emulator's files, as the plugin EmbedEmulators writes them into a source of this module.
///
/// A blob is in base 64: a string is compiled in no time, a list of bytes is not, and SwiftPM's plugins make no C.
struct EmbeddedFiles {
  let architecture: String
  let blob: StaticString
  let description: String
}
