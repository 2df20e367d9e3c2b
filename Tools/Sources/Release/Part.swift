// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// What one tarball of a release holds, whichever way it is packed.
struct Part {
  enum Kind: String, Codable {
    case source
    case emulators
    case emulatorsDebug = "emulators-debug"
    case kernelBundle = "kernel-bundle"
    case programs
    case headersAndDocumentation = "headers-docs"
  }

  let kind: Kind
  /// Of the tarball, after the version: empty for the source.
  let suffix: String
  let summary: String
  /// Of the whole, as an SPDX expression.
  let licence: String
  /// In the order of their paths' bytes.
  let items: [Item]
  /// Facts of the programs in it; empty for all but programs.
  let programs: [ProgramFacts]

  init(
    _ kind: Kind, suffix: String, _ summary: String, licence: String = Licences.both, _ items: [Item],
    programs: [ProgramFacts] = []
  ) {
    self.kind = kind
    self.suffix = suffix
    self.summary = summary
    self.licence = licence
    self.items = items.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
    self.programs = programs
  }

  /// Of the tarball without its ending, and of its one top folder.
  func name(version: String) -> String { "virgil-\(version)" + (suffix.isEmpty ? "" : "-\(suffix)") }

  /// In documents, where the version stands elsewhere.
  var identifier: String { suffix.isEmpty ? "source" : suffix }
}

enum Licences {
  static let both = "Apache-2.0 OR GPL-2.0-only"
  static let kernel = "GPL-2.0-only AND (Apache-2.0 OR GPL-2.0-only)"
}
