// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Foundation

/// What a release consists of and what went into it: the one source of both forms of SBOM.
struct BillOfMaterials {
  enum Role: Equatable {
    /// The release as a whole.
    case release
    case part(Part.Kind)
    /// Somebody else's.
    case library
  }

  struct Component {
    /// Letters, digits, dots and dashes.
    let identifier: String
    let role: Role
    let name: String
    let version: String?
    /// An SPDX expression; nil where nobody has said.
    let licence: String?
    let summary: String
    /// A package URL (purl).
    var purl: String?
    /// Where exactly this comes from, as SPDX writes it (`git+https://…@REVISION`).
    var origin: String?
    var supplier: String?
    /// The packed tarballs, with their SHA-256.
    var archives: [(file: String, sha256: String)] = []
    /// Of a part.
    var items: [Item] = []
  }

  enum Link: String {
    /// `dependsOn`: a SwiftPM package, of which the linker takes what is used.
    case contains, generatedFrom, dependsOn, staticLink, dynamicLink
  }

  struct Relation {
    let from: String
    let link: Link
    let to: String
  }

  let name: String
  let version: String
  /// RFC 3339, UTC.
  let date: String
  let components: [Component]
  let relations: [Relation]

  /// From content: the same bill has the same one.
  func uuid(_ form: String) -> String {
    let sums = components.flatMap { $0.archives.map(\.sha256) + $0.items.compactMap(\.sha256) }
    return Digests.uuid(
      ([form, name, date] + sums + components.map { "\($0.identifier) \($0.version ?? "")" }).joined(separator: "\n"))
  }

  static func date(_ seconds: UInt64) -> String {
    Date(timeIntervalSince1970: TimeInterval(seconds)).formatted(.iso8601)
  }
}

extension BillOfMaterials {
  static let release = "virgil"
  private static let embedded = "swift-embedded-stdlib"
  private static let runtime = "swift-runtime"

  init(_ tree: SourceTree, _ facts: BuildFacts, parts: [(part: Part, tarball: Manifest.Tarball)]) {
    var components = [
      Component(
        identifier: Self.release, role: .release, name: "virgil", version: tree.fullVersion, licence: Licences.kernel,
        summary: "Boots EFI images by kexec.")
    ]
    var relations: [Relation] = []
    for (part, tarball) in parts {
      var component = Component(
        identifier: part.identifier, role: .part(part.kind), name: tarball.name, version: tree.fullVersion,
        licence: part.licence, summary: part.summary)
      component.archives = tarball.files.map { ($0.file, $0.sha256) }
      component.items = part.items
      if part.kind == .source, let uri = facts.sourceURI, let commit = tree.commit {
        component.origin = "git+\(uri)@\(commit)"
      }
      components.append(component)
      relations.append(Relation(from: Self.release, link: .contains, to: part.identifier))
      relations += Self.relations(of: part, facts)
    }
    components.append(facts.toolchain.component(Self.embedded, "Swift's embedded standard library"))
    components.append(facts.toolchain.component(Self.runtime, "Swift's runtime and Foundation"))
    components += facts.pins.map(\.component) + facts.libraries.map(\.library.component)
    name = "virgil-\(tree.fullVersion)"
    version = tree.fullVersion
    date = Self.date(tree.date)
    self.components = components
    self.relations = relations
  }

  private static func relations(of part: Part, _ facts: BuildFacts) -> [Relation] {
    let from = part.identifier
    let made = Relation(from: from, link: .generatedFrom, to: "source")
    switch part.kind {
    case .source, .headersAndDocumentation: return []
    case .emulators, .emulatorsDebug: return [made, Relation(from: from, link: .staticLink, to: embedded)]
    case .kernelBundle: return [made, Relation(from: from, link: .contains, to: "emulators")]
    case .programs:
      let dynamic = part.programs.contains { $0.needed.contains { $0.hasPrefix("libswift") } }
      return [made, Relation(from: from, link: .contains, to: "emulators")]
        + facts.pins.map { Relation(from: from, link: .dependsOn, to: $0.component.identifier) }
        + [Relation(from: from, link: dynamic ? .dynamicLink : .staticLink, to: runtime)]
        + facts.libraries.map {
          Relation(from: from, link: $0.isDynamic ? .dynamicLink : .staticLink, to: $0.library.component.identifier)
        }
    }
  }
}
