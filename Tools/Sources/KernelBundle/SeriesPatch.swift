// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// One patch of the series: a folder `kernel/patches/NN-name`.
public struct SeriesPatch: Equatable, Sendable {
  static let folder = "kernel/patches"

  /// The folder's.
  public let name: String
  public let message: PatchMessage
  let files: [FileSource]
  /// For all lines, under an empty name, or for one.
  let edits: [String: EditDiff]
  /// The lines that it is for; nil: all.
  public let lines: [String]?

  init(_ name: String, _ source: SeriesFolder, lines known: [KernelLine]) throws(SeriesError) {
    let path = "\(Self.folder)/\(name)"
    let letters = Array(name.utf8)
    guard letters.count > 3, letters[0...1].allSatisfy({ 0x30...0x39 ~= $0 }), letters[2] == 0x2d else {
      throw SeriesError(path, "is not called NN-name, two digits first")
    }
    func require(line: String, _ place: String) throws(SeriesError) {
      guard known.contains(where: { $0.name == line }) else {
        throw SeriesError(place, "\(line) is no line of \(KernelLine.file)")
      }
    }
    var edits: [String: EditDiff] = [:]
    for file in try source.names(in: path) where !["message", "files", "lines"].contains(file) {
      let place = "\(path)/\(file)"
      guard file == "edit.diff" || (file.hasPrefix("edit-") && file.hasSuffix(".diff")) else {
        throw SeriesError(place, "is none of message, files, lines, edit.diff and edit-LINE.diff")
      }
      let line = file == "edit.diff" ? "" : String(file.dropFirst(5).dropLast(5))
      if !line.isEmpty { try require(line: line, place) }
      edits[line] = try EditDiff(source.text(place), path: place)
    }
    self.name = name
    self.edits = edits
    message = try PatchMessage(source.text("\(path)/message"), path: "\(path)/message")
    files = try Self.read("\(path)/files", source).map { (entry) throws(SeriesError) in
      try FileSource(entry, file: "\(path)/files")
    }
    let only = source.exists("\(path)/lines") ? try Self.read("\(path)/lines", source) : nil
    lines = only?.flatMap { $0.split(whereSeparator: { " ,\t".contains($0) }).map(String.init) }
    for line in lines ?? [] { try require(line: line, "\(path)/lines") }
    for line in known where isFor(line) && files.isEmpty && edit(for: line) == nil {
      throw SeriesError(path, "does nothing for \(line.name): it has neither files nor edits")
    }
  }

  private static func read(_ path: String, _ source: SeriesFolder) throws(SeriesError) -> [String] {
    source.exists(path) ? try source.entries(path) : []
  }

  public func isFor(_ line: KernelLine) -> Bool { lines?.contains(line.name) ?? true }

  func edit(for line: KernelLine) -> EditDiff? { edits[line.name] ?? edits[""] }
}
