// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Crypto

/// What a bundle holds for one kernel line: files by their paths in it.
public struct SeriesBundle: Sendable {
  public struct File: Sendable {
    public let bytes: [UInt8]
    public let isExecutable: Bool

    init(_ bytes: [UInt8], isExecutable: Bool = false) {
      self.bytes = bytes
      self.isExecutable = isExecutable
    }
  }

  public let line: KernelLine
  public let patches: [RenderedPatch]
  public private(set) var files: [String: File] = [:]

  /// - Parameters:
  ///   - blobs: the emulators, by target
  ///   - extras: more files, by their paths in the bundle, such as the static loader's programs
  public init(
    _ series: Series, line: KernelLine, blobs: [String: EmulatorBlob], extras: [String: File] = [:]
  ) throws(SeriesError) {
    self.line = line
    patches = try series.render(line, blobs: blobs)
    files = extras
    for patch in patches { files["patches/" + patch.fileName] = File(patch.bytes) }
    let cover = series.renderCoverLetter(patches: patches)
    files[cover.fileName] = File(cover.bytes)
    for blob in blobs.values { files["firmware/virgil/\(blob.target).blob"] = File(blob.bytes) }
    files["SHA256SUMS"] = File(checksums)
  }

  public var names: [String] { Array(files.keys).inOrder() }

  /// As `sha256sum --check` reads them.
  private var checksums: [UInt8] {
    names.flatMap { Array("\(hexadecimal(SHA256.hash(data: files[$0]!.bytes)))  \($0)\n".utf8) }
  }
}
