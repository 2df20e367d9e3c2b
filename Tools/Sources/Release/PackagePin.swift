// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// A SwiftPM dependency at its exact version, as `Package.resolved` has it.
struct PackagePin: Equatable {
  let identity: String
  let location: String
  let version: String?
  /// Git's commit.
  let revision: String

  private struct Resolved: Decodable {
    struct Pin: Decodable {
      struct State: Decodable {
        let revision: String
        let version: String?
      }
      let identity: String
      let location: String
      let state: State
    }
    let pins: [Pin]
    let version: Int
  }

  /// What each says in its LICENSE.txt.
  private static let licences = [
    "swift-argument-parser": "Apache-2.0 WITH Swift-exception", "swift-asn1": "Apache-2.0",
    "swift-certificates": "Apache-2.0", "swift-collections": "Apache-2.0 WITH Swift-exception",
    "swift-crypto": "Apache-2.0", "swift-log": "Apache-2.0",
    "swift-subprocess": "Apache-2.0 WITH Swift-exception", "swift-system": "Apache-2.0 WITH Swift-exception",
  ]

  /// In the order of their names.
  static func read(_ path: String) throws(ReleaseError) -> [PackagePin] {
    let resolved = try ReleaseJSON.read(Resolved.self, WholeFile.bytes(path, limit: 1 << 20), path: path)
    guard (2...3).contains(resolved.version) else {
      throw ReleaseError(path, "has version \(resolved.version); 2 and 3 are known")
    }
    for pin in resolved.pins where !GitTree.isCommit(pin.state.revision) || !SafePath.isName(pin.identity) {
      throw ReleaseError(path, "has no revision of git for '\(pin.identity)'")
    }
    return resolved.pins.map {
      PackagePin(
        identity: $0.identity, location: canonical($0.location), version: $0.state.version,
        revision: $0.state.revision)
    }.sorted { $0.identity.utf8.lexicographicallyPrecedes($1.identity.utf8) }
  }

  /// Without `.git`: whether it is there depends on which manifest SwiftPM read the address in.
  private static func canonical(_ location: String) -> String {
    location.hasSuffix(".git") ? String(location.dropLast(4)) : location
  }

  var component: BillOfMaterials.Component {
    var component = BillOfMaterials.Component(
      identifier: identity, role: .library, name: identity, version: version ?? revision,
      licence: Self.licences[identity], summary: "A SwiftPM package, compiled in.")
    // swift-crypto and its like: pkg:swift/HOST/OWNER/NAME@VERSION
    var place = location
    for prefix in ["https://", "ssh://git@", "git@"] where place.hasPrefix(prefix) { place.removeFirst(prefix.count) }
    component.purl = "pkg:swift/\(place.replacing(":", with: "/"))@\(version ?? revision)"
    component.origin = "git+\(location)@\(revision)"
    return component
  }
}
