// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// A patch as a mail that `git am` takes.
public struct RenderedPatch: Equatable, Sendable {
  /// `NNNN-subject.patch`.
  public let fileName: String
  /// The folder's in the series; of the cover letter, its file's.
  public let name: String
  public let subject: String
  public let bytes: [UInt8]
  /// Every file that it changes or adds, in the order of their bytes.
  public let paths: [String]
  /// Those of them that it adds.
  public let added: [String]
  /// Whether it has binary files, which only git can apply.
  public let needsGit: Bool
}

/// Writes mails, always the same for the same content.
struct MailWriter {
  let facts: SeriesFacts
  /// Patches in the series, without the cover letter.
  let count: Int

  private func number(_ value: Int) -> String {
    let text = "\(value)", width = "\(count)".count
    return String(repeating: "0", count: max(0, width - text.count)) + text
  }

  /// What goes before a mail's text.
  ///
  /// - Parameter isASCII: whether all that follows is
  func header(_ index: Int, subject: String, author: String?, isASCII: Bool) -> String {
    // The object that git itself names is not known, and git am does not look at it.
    var lines = [
      "From \(String(repeating: "0", count: 40)) Mon Sep 17 00:00:00 2001",
      "From: \(MailHeader.address(author ?? facts.author))",
      "Date: \(MailHeader.date(facts.date))",
      MailHeader.folded("Subject: [PATCH \(number(index))/\(count)] \(subject)"),
    ]
    if !isASCII {
      lines += ["MIME-Version: 1.0", "Content-Type: text/plain; charset=UTF-8", "Content-Transfer-Encoding: 8bit"]
    }
    return lines.joined(separator: "\n") + "\n\n"
  }

  /// - Parameters:
  ///   - index: from 1
  ///   - files: that it adds
  func patch(_ index: Int, _ patch: SeriesPatch, files: [NewFile], edit: EditDiff?) -> RenderedPatch {
    var parts = files.map { file in
      (
        path: file.path, diff: file.diff,
        stat: DiffStat.Entry(
          path: file.path, added: file.isBinary ? 0 : file.lineCount, removed: 0,
          binarySize: file.isBinary ? file.bytes.count : nil)
      )
    }
    for section in edit?.sections ?? [] {
      parts.append(
        (
          path: section.path, diff: Array(section.text.utf8),
          stat: DiffStat.Entry(path: section.path, added: section.added, removed: section.removed, binarySize: nil)
        ))
    }
    parts.sort { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
    let added = files.map(\.path) + (edit?.sections.filter(\.isNew).map(\.path) ?? [])
    let modes = added.inOrder().map { path in
      let executable =
        files.first { $0.path == path }?.isExecutable
        ?? edit?.sections.first { $0.path == path }?.isExecutable ?? false
      return " create mode \(executable ? "100755" : "100644") \(path)\n"
    }
    var text = Array((patch.message.body.joined(separator: "\n") + "\n---\n").utf8)
    text += Array((DiffStat(entries: parts.map(\.stat)).text + modes.joined() + "\n").utf8)
    for part in parts { text += part.diff }
    text += Array("-- \nvirgil kernel-bundle\n\n".utf8)
    let start = header(
      index, subject: patch.message.subject, author: patch.message.author, isASCII: text.allSatisfy { $0 < 0x80 })
    return RenderedPatch(
      fileName: Self.fileName(index, patch.message.slug), name: patch.name, subject: patch.message.subject,
      bytes: Array(start.utf8) + text, paths: parts.map(\.path), added: added.inOrder(),
      needsGit: files.contains(where: \.isBinary))
  }

  /// - Parameters:
  ///   - letter: the subject, an empty line, the text
  func coverLetter(_ letter: CoverLetter, patches: [RenderedPatch]) -> RenderedPatch {
    var text = letter.body + "\n\nPatches:\n"
    for (index, patch) in patches.enumerated() { text += "  [\(number(index + 1))/\(count)] \(patch.subject)\n" }
    text += "-- \nvirgil kernel-bundle\n\n"
    let start = header(0, subject: letter.subject, author: nil, isASCII: text.utf8.allSatisfy { $0 < 0x80 })
    return RenderedPatch(
      fileName: "0000-cover-letter.patch", name: CoverLetter.file, subject: letter.subject,
      bytes: Array((start + text).utf8), paths: [], added: [], needsGit: false)
  }

  private static func fileName(_ index: Int, _ slug: String) -> String {
    let text = "\(index)"
    return String(repeating: "0", count: max(0, 4 - text.count)) + text + "-" + slug + ".patch"
  }
}
