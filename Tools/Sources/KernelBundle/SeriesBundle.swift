// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Crypto

/// What a bundle holds for one kernel line: files by their paths in it.
public struct SeriesBundle: Sendable {
  public struct File: Sendable {
    public let bytes: [UInt8]
    public let isExecutable: Bool

    public init(_ bytes: [UInt8], isExecutable: Bool = false) {
      self.bytes = bytes
      self.isExecutable = isExecutable
    }
  }

  /// The project's folder of what goes with the patches: texts with `@WORD@` to fill in.
  private static let templates = "kernel/bundle"

  public let line: KernelLine
  public let patches: [RenderedPatch]
  public private(set) var files: [String: File] = [:]

  /// - Parameters:
  ///   - blobs: the emulators, by target
  ///   - loaders: `kexec-efi-load`, by target, as far as it is built
  public init(
    _ series: Series, line: KernelLine, blobs: [String: EmulatorBlob], loaders: [String: [UInt8]] = [:]
  ) throws(SeriesError) {
    self.line = line
    patches = try series.render(line, blobs: blobs)
    for patch in patches { files["patches/" + patch.fileName] = File(patch.bytes) }
    let cover = series.renderCoverLetter(patches: patches)
    files[cover.fileName] = File(cover.bytes)
    for blob in blobs.values { files["firmware/virgil/\(blob.target).blob"] = File(blob.bytes) }
    for (target, program) in loaders {
      files["loader/\(Self.loaderName(target))"] = File(program, isExecutable: true)
    }
    try addTemplates(series)
    try add(folder: "kernel/loader", as: "loader/source", of: series)
    try add(folder: "kernel/kexec-tools", as: "kexec-tools", of: series)
    files["SHA256SUMS"] = File(checksums)
  }

  /// The file that the static loader for a target is in.
  public static func loaderName(_ target: String) -> String { "kexec-efi-load-\(target)" }

  public var names: [String] { Array(files.keys).inOrder() }

  private mutating func addTemplates(_ series: Series) throws(SeriesError) {
    let words = [
      "LINE": line.name, "PACKAGE": line.package, "SUITES": line.suites.joined(separator: ", "),
      "COUNT": "\(patches.count)", "RELEASE": series.facts.release, "AUTHOR": series.facts.author,
    ]
    guard series.folder.isFolder(Self.templates) else { throw SeriesError(Self.templates, "no such folder") }
    for name in try series.folder.files(below: Self.templates) {
      let path = "\(Self.templates)/\(name)"
      var text = try series.folder.text(path)
      for (word, value) in words { text = text.replacing("@\(word)@", with: value) }
      files[name] = File(Array(text.utf8), isExecutable: series.folder.isExecutable(path))
    }
  }

  /// Adds a folder of the project, if it is there.
  private mutating func add(folder: String, as place: String, of series: Series) throws(SeriesError) {
    guard series.folder.isFolder(folder) else { return }
    for name in try series.folder.files(below: folder) {
      let path = "\(folder)/\(name)"
      files["\(place)/\(name)"] = File(
        try series.folder.bytes(path), isExecutable: series.folder.isExecutable(path))
    }
  }

  /// As `sha256sum --check` reads them.
  private var checksums: [UInt8] {
    names.flatMap { Array("\(hexadecimal(SHA256.hash(data: files[$0]!.bytes)))  \($0)\n".utf8) }
  }
}
