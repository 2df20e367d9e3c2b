// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Foundation

/// All files and links below a folder.
enum FolderItems {
  /// - Parameter prefixes: what is taken from the beginning of a path, the first that fits
  static func read(_ folder: String, without prefixes: [String] = []) throws(ReleaseError) -> [Item] {
    guard let names = FileManager.default.subpaths(atPath: folder) else {
      throw ReleaseError(folder, "is no folder that can be read", isIO: true)
    }
    var items: [Item] = []
    for name in names.inOrder() {
      let place = folder + "/" + name
      var status = stat()
      guard lstat(place, &status) == 0 else { throw ReleaseError(place, String(cString: strerror(errno)), isIO: true) }
      if status.st_mode & S_IFMT == S_IFDIR { continue }
      guard SafePath.isSafe(name) else {
        throw ReleaseError(place, "is no name for a release: printable ASCII without blanks and backslashes is")
      }
      let path = prefixes.first { name.hasPrefix($0) }.map { String(name.dropFirst($0.count)) } ?? name
      switch try SourceTree.kind(of: place) {
      case .link: items.append(Item(path, linkTo: try SourceTree.target(ofLink: place)))
      case .file: items.append(try Item(path, file: place))
      case .executable: items.append(try Item(path, file: place, executable: true))
      }
    }
    return items
  }
}
