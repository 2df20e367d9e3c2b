// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Foundation

/// The whole series, read and checked: `kernel/` of the project.
public struct Series: Sendable {
  public let folder: SeriesFolder
  public let lines: [KernelLine]
  public let patches: [SeriesPatch]
  let cover: CoverLetter
  let facts: SeriesFacts

  /// Of all patches, in seconds since 1970-01-01.
  public var date: UInt64 { facts.date }

  /// - Parameter date: instead of the series', in seconds since 1970-01-01
  public init(_ folder: SeriesFolder, date: UInt64? = nil) throws(SeriesError) {
    self.folder = folder
    let lines = try KernelLine.read(folder)
    self.lines = lines
    cover = try CoverLetter.read(folder)
    let read = try SeriesFacts.read(folder)
    facts = SeriesFacts(release: read.release, author: read.author, date: date ?? read.date)
    let patches = try folder.names(in: SeriesPatch.folder).filter { folder.isFolder("\(SeriesPatch.folder)/\($0)") }
      .map { (name) throws(SeriesError) in try SeriesPatch(name, folder, lines: lines) }
    self.patches = patches
    guard !patches.isEmpty else { throw SeriesError(SeriesPatch.folder, "has no patch") }
    for (one, next) in zip(patches, patches.dropFirst()) where one.name.prefix(3) == next.name.prefix(3) {
      throw SeriesError(
        SeriesPatch.folder, "\(one.name) and \(next.name) have the same number: which one is first?")
    }
    try checkFiles()
  }

  public func line(_ name: String) throws(SeriesError) -> KernelLine {
    guard let line = lines.first(where: { $0.name == name }) else {
      throw SeriesError(
        KernelLine.file, "no series is kept for \(name); there are \(lines.map(\.name).joined(separator: ", "))")
    }
    return line
  }

  public func patches(for line: KernelLine) -> [SeriesPatch] { patches.filter { $0.isFor(line) } }

  /// Every file of kernel/linux is in a patch, no patch of a line adds what an earlier one has, and edits of added
  /// files fit.
  private func checkFiles() throws(SeriesError) {
    var named: Set<String> = []
    for line in lines {
      var state = AddedFiles()
      var added: [String: String] = [:]
      for patch in patches(for: line) {
        let place = "\(SeriesPatch.folder)/\(patch.name)"
        let sections = patch.edit(for: line)?.sections ?? []
        for path in patch.files.map(\.path) + sections.filter(\.isNew).map(\.path) {
          if let earlier = added.updateValue(patch.name, forKey: path) {
            throw SeriesError(place, "adds \(path), as \(earlier) does")
          }
          named.insert(path)
        }
        for source in patch.files where source.origin == .series {
          state.add(source.path, try text("kernel/linux/\(source.path)", of: patch))
        }
        for section in sections {
          if let reason = state.apply(section) {
            throw SeriesError(place, "the edit of \(section.path) for \(line.name) does not fit: \(reason)")
          }
        }
      }
      try checkWhole(state, line)
    }
    for path in try folder.files(below: "kernel/linux") where !named.contains(path) {
      throw SeriesError("kernel/linux/\(path)", "no patch adds this file: name it in one's files")
    }
  }

  /// What edits make of a file is what kernel/linux has of it, where that has it.
  private func checkWhole(_ state: AddedFiles, _ line: KernelLine) throws(SeriesError) {
    for path in Set(patches(for: line).flatMap { $0.edit(for: line)?.sections.filter(\.isNew).map(\.path) ?? [] }) {
      let whole = "kernel/linux/\(path)"
      guard folder.exists(whole) else { continue }
      var text = try folder.text(whole)
      if text.hasSuffix("\n") { text.removeLast() }
      guard state[path] == text else {
        throw SeriesError(whole, "is not what the edits of \(line.name) make of it")
      }
    }
  }

  /// The patches of a line as mails, in their order.
  ///
  /// - Parameter blobs: the emulators, by target
  public func render(_ line: KernelLine, blobs: [String: EmulatorBlob]) throws(SeriesError) -> [RenderedPatch] {
    let patches = patches(for: line)
    let writer = MailWriter(facts: facts, count: patches.count)
    var mails: [RenderedPatch] = []
    for (index, patch) in patches.enumerated() {
      var files: [NewFile] = []
      for source in patch.files { files.append(try content(source, of: patch, blobs: blobs)) }
      mails.append(writer.patch(index + 1, patch, files: files, edit: patch.edit(for: line)))
    }
    return mails
  }

  public func renderCoverLetter(patches: [RenderedPatch]) -> RenderedPatch {
    MailWriter(facts: facts, count: patches.count).coverLetter(cover, patches: patches)
  }

  private func content(
    _ source: FileSource, of patch: SeriesPatch, blobs: [String: EmulatorBlob]
  ) throws(SeriesError) -> NewFile {
    func blob(_ target: String) throws(SeriesError) -> EmulatorBlob {
      guard let blob = blobs[target] else {
        throw SeriesError(EmulatorBlob.fileName(target), "the emulator for \(target) is needed for \(source.path)")
      }
      return blob
    }
    switch source.origin {
    case .blob(let target):
      return NewFile(path: source.path, bytes: try blob(target).bytes, isExecutable: false, isBinary: true)
    case .digest(let target):
      let text = try blob(target).digestHeader(path: source.path, release: facts.release)
      return NewFile(path: source.path, bytes: text, isExecutable: false, isBinary: false)
    case .series: return try file("kernel/linux/\(source.path)", as: source.path, of: patch)
    case .project(let path): return try file(path, as: source.path, of: patch)
    }
  }

  private func file(_ name: String, as path: String, of patch: SeriesPatch) throws(SeriesError) -> NewFile {
    let text = try text(name, of: patch)
    return NewFile(path: path, bytes: Array(text.utf8), isExecutable: folder.isExecutable(name), isBinary: false)
  }

  private func text(_ file: String, of patch: SeriesPatch) throws(SeriesError) -> String {
    guard folder.exists(file) else {
      throw SeriesError(file, "no such file; \(SeriesPatch.folder)/\(patch.name)/files names it")
    }
    let text = try folder.text(file)
    guard !text.utf8.contains(0) else { throw SeriesError(file, "is no text") }
    guard !text.utf8.contains(0x0d) else {
      throw SeriesError(file, "has carriage returns, which git am takes away")
    }
    return text
  }

  /// VIRGIL_BLOB_VERSION of the header that the kernel gets. Nil where no patch adds one.
  public func blobVersion() throws(SeriesError) -> UInt32? {
    for source in patches.flatMap(\.files) {
      guard case .project(let path) = source.origin, path.hasSuffix("/virgil_blob.h"), folder.exists(path) else {
        continue
      }
      for line in try folder.text(path).split(separator: "\n") {
        let words = line.split(separator: " ")
        if words.count == 3, words[0] == "#define", words[1] == "VIRGIL_BLOB_VERSION" { return UInt32(words[2]) }
      }
    }
    return nil
  }

  /// The targets whose blobs the patches of a line need.
  public var targets: [String] {
    EmulatorBlob.targets.filter { target in
      patches.contains { $0.files.contains { $0.origin == .blob(target) || $0.origin == .digest(target) } }
    }
  }
}
