// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

extension Part {
  /// The source: git's tracked files, and `SOURCE.json` with what git knows.
  static func source(of tree: SourceTree) throws(ReleaseError) -> Part {
    var items: [Item] = []
    var entries: [SourceRecord.File] = []
    for file in tree.files {
      let place = tree.root + "/" + file.path
      let item: Item
      if file.kind == .link {
        let target = try SourceTree.target(ofLink: place)
        guard isInside(target, from: file.path) else {
          throw ReleaseError(file.path, "leads to \(target), which is outside of the source")
        }
        item = Item(file.path, linkTo: target)
        entries.append(.init(path: file.path, sha256: nil, link: target, executable: false))
      } else {
        item = try Item(file.path, file: place, called: file.path, executable: file.kind == .executable)
        entries.append(.init(path: file.path, sha256: item.sha256, link: nil, executable: file.kind == .executable))
      }
      items.append(item)
    }
    let record = SourceRecord(
      format: SourceRecord.format, version: tree.version, commit: tree.commit, date: tree.date, dirty: tree.isDirty,
      files: entries)
    do {
      items.append(Item(SourceRecord.file, bytes: try ReleaseJSON.bytes(record)))
    } catch {
      throw ReleaseError(SourceRecord.file, "cannot be made: \(error)", isIO: true)
    }
    return Part(
      .source, suffix: "", "The source of everything, the kernel series and its shared headers included.",
      licence: Licences.kernel, items)
  }

  /// Whether a link's target, followed from its place, stays below the top.
  private static func isInside(_ target: String, from path: String) -> Bool {
    guard !target.hasPrefix("/") else { return false }
    var depth = path.split(separator: "/").count - 1
    for step in target.split(separator: "/") where step != "." {
      depth += step == ".." ? -1 : 1
      if depth < 0 { return false }
    }
    return true
  }
}
