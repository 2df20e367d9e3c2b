// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import ArchiveWriter
import ArgumentParser
import Bytes
import CarriedImage
import Foundation
import SystemPackage
import UKI

/// The files that the image finds beside itself when kexec boots it, as it finds them on its ESP by firmware.
struct SidecarOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "A folder laid out like an ESP, to be carried along: EFI/Linux/IMAGE.efi.extra.d/*, loader/addons/*, "
        + "loader/credentials/*, loader/extensions/*, or whatever the image reads.", valueName: "folder"))
  var sidecars: String?

  @Option(
    help: ArgumentHelp(
      "A file to carry along, beside the image in its .extra.d; or where NAME says from the root on, if it has a slash. "
        + "Can be given again.", valueName: "file[:name]"))
  var sidecar: [String] = []

  @Option(
    help: ArgumentHelp(
      "Where the image itself is on its ESP: among these files and those that are given when it is loaded, and as the "
        + "booted system reads it in LoaderImageIdentifier. By default beside the only .extra.d in --sidecars, else "
        + "EFI/Linux/ and the output's name.", valueName: "path"))
  var imagePath: String?

  var isEmpty: Bool { !hasFiles && imagePath == nil }
  private var hasFiles: Bool { sidecars != nil || !sidecar.isEmpty }

  func check() throws {
    if let imagePath, Self.plain(imagePath) == nil {
      throw ValidationError("--image-path \(imagePath): must be a relative path without . and .. in it")
    }
    for text in sidecar where Self.split(text).name.isEmpty {
      throw ValidationError("--sidecar \(text): must be FILE or FILE:NAME")
    }
  }

  /// Packs the files and calls `body` with them and the image's own path; they are good until it returns.
  ///
  /// - Parameter output: the composed image's file
  func withSidecars(for output: String?, _ body: (Sidecars) throws -> Void) throws {
    var archive = Cpio()
    archive.time = try Self.time()
    if let sidecars { try archive.add(tree: FilePath(sidecars), links: .followed) }
    let path = try place(in: archive, output)
    guard hasFiles else { return try body(Sidecars(archive: nil, imagePath: path)) }
    for text in sidecar {
      let (file, name) = Self.split(text)
      let place = name.contains("/") ? name : "\(path).extra.d/\(name)"
      guard !archive.contains(place.split(separator: "/").joined(separator: "/")) else {
        throw Problem(path: file, reason: "there is another sidecar named \(place) already")
      }
      try archive.add(place, .file(FilePath(file)), permissions: 0o644)
    }
    let file = try UnnamedFile(in: NSTemporaryDirectory())
    defer { file.close() }
    try archive.write(to: file.descriptor)
    try MappedFile(descriptor: file.descriptor.rawValue, path: "the archive of the sidecars").withBytes {
      try body(Sidecars(archive: .view($0), imagePath: path))
    }
  }

  /// Where the image is among its sidecars.
  private func place(in archive: Cpio, _ output: String?) throws -> String {
    if let imagePath, let plain = Self.plain(imagePath) { return plain }
    let folders = archive.names.filter { $0.lowercased().hasSuffix(".efi.extra.d") }
    guard folders.count <= 1 else {
      throw Problem(
        path: sidecars ?? "",
        reason: "\(folders.joined(separator: " and ")): which one is the image's? give --image-path")
    }
    if let folder = folders.first { return String(folder.dropLast(".extra.d".count)) }
    return "EFI/Linux/\(FilePath(output ?? "OUT.efi").lastComponent?.string ?? "OUT.efi")"
  }

  static func plain(_ path: String) -> String? {
    let names = path.split(separator: "/")
    guard !names.isEmpty, !names.contains("."), !names.contains(".."), !path.contains("\\") else { return nil }
    return names.joined(separator: "/")
  }

  static func split(_ text: String) -> (file: String, name: String) {
    if let colon = text.lastIndex(of: ":") {
      return (String(text[..<colon]), String(text[text.index(after: colon)...]))
    }
    return (text, FilePath(text).lastComponent?.string ?? "")
  }

  /// https://reproducible-builds.org/specs/source-date-epoch
  static func time() throws -> UInt32 {
    guard let text = ProcessInfo.processInfo.environment["SOURCE_DATE_EPOCH"], !text.isEmpty else { return 0 }
    guard let time = UInt32(text) else {
      throw Problem(path: "SOURCE_DATE_EPOCH", reason: "\(text) is no number of seconds below 2^32")
    }
    return time
  }
}
