// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import ArgumentParser
import AtomicFile
import CarriedImage
import Foundation
import SystemPackage
import UKI

/// `virgil inspect`: says what an image is.
struct Inspect: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Say what an EFI image is, and what is in it.",
    discussion: """
      EXAMPLES
        virgil inspect uki.efi
        virgil inspect --json uki.efi | jq .carried.buildID
        virgil inspect --svg layout.svg uki.efi

      EXIT STATUS
        0    it was read
        1    it is no PE image
        64   the command line is wrong
        74   it could not be read, or the picture not written
      """)

  @Argument(help: "The image.")
  var image: String

  @Flag(help: "Print JSON. Its fields keep their names and meaning.")
  var json = false

  @Option(help: ArgumentHelp("Draw the layout as a picture, an SVG file; - prints it.", valueName: "file|-"))
  var svg: String?

  func validate() throws {
    guard svg == nil || !json else { throw ValidationError("--svg and --json exclude each other") }
  }

  func run() throws {
    try CommandFailure.reporting(about: image) {
      let file = try MappedFile(path: image)
      let report: ImageReport
      do {
        report = try file.withBytes { try ImageReport(file: image, bytes: $0) }
      } catch {
        throw Problem(path: image, reason: "\(error)")
      }
      guard let svg else { return print(json ? try report.json : InspectText(report).text) }
      let picture = InspectPicture(report).text
      guard svg != "-" else { return print(picture) }
      try Array((picture + "\n").utf8).withUnsafeBytes { try AtomicFile.write($0, to: FilePath(svg)) }
    }
  }
}

extension ImageReport {
  /// The whole report.
  var json: String {
    get throws {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
  }
}
