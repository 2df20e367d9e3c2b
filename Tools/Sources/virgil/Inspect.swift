// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import ArgumentParser
import CarriedImage
import Foundation
import UKI

/// `virgil inspect`: says what an image is.
struct Inspect: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Say what an EFI image is, and what is in it.",
    discussion: """
      EXAMPLES
        virgil inspect uki.efi
        virgil inspect --json uki.efi | jq .carried.buildID

      EXIT STATUS
        0    it was read
        1    it is no PE image
        64   the command line is wrong
        74   it could not be read
      """)

  @Argument(help: "The image.")
  var image: String

  @Flag(help: "Print JSON. Its fields keep their names and meaning.")
  var json = false

  func run() throws {
    try CommandFailure.reporting(about: image) {
      let file = try MappedFile(path: image)
      let report: ImageReport
      do {
        report = try file.withBytes { try ImageReport(file: image, bytes: $0) }
      } catch {
        throw Problem(path: image, reason: "\(error)")
      }
      print(json ? try encode(report) : InspectText(report).text)
    }
  }

  private func encode(_ report: ImageReport) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(report), as: UTF8.self)
  }
}
