// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// Where a release comes from: an in-toto Statement v1 with SLSA's provenance v1 as its predicate.
///
/// It has no times of its own: a build says when it was in what CI signs; here the same build gives the same bytes.
struct Provenance: Encodable {
  static let form = "SLSA-provenance-1"

  struct Resource: Encodable {
    var name: String?
    var uri: String?
    var digest: [String: String]?
    var mediaType: String?
    var annotations: [String: String]?
  }

  struct ExternalParameters: Encodable {
    let target = "release"
    let source: Resource
    let version: String
  }

  struct InternalParameters: Encodable {
    let sourceDateEpoch: UInt64
    let dirty: Bool
  }

  struct Definition: Encodable {
    /// `make release` of the source, nothing else given.
    let buildType = "urn:virgil:build:make-release:1"
    let externalParameters: ExternalParameters
    let internalParameters: InternalParameters
    let resolvedDependencies: [Resource]
  }

  struct BuilderName: Encodable { let id: String }

  struct Metadata: Encodable { let invocationId: String }

  struct Run: Encodable {
    let builder: BuilderName
    let metadata: Metadata?
    let byproducts: [Resource]
  }

  struct Predicate: Encodable {
    let buildDefinition: Definition
    let runDetails: Run
  }

  let type = "https://in-toto.io/Statement/v1"
  let subject: [Resource]
  let predicateType = "https://slsa.dev/provenance/v1"
  let predicate: Predicate

  enum CodingKeys: String, CodingKey {
    case subject, predicateType, predicate
    case type = "_type"
  }

  /// - Parameters:
  ///   - tarballs: digests by name of what was made
  ///   - byproducts: those of what describes it
  init(_ tree: SourceTree, _ facts: BuildFacts, tarballs: [String: String], byproducts: [String: String]) {
    func resources(_ sums: [String: String]) -> [Resource] {
      sums.keys.inOrder().map { Resource(name: $0, digest: ["sha256": sums[$0]!]) }
    }
    let source = Resource(
      name: "source", uri: facts.sourceURI.map { "git+\($0)" }, digest: tree.commit.map { ["gitCommit": $0] })
    subject = resources(tarballs)
    var dependencies = [source]
    dependencies += facts.pins.map {
      Resource(
        name: $0.identity, uri: "git+\($0.location)", digest: ["gitCommit": $0.revision],
        annotations: $0.version.map { ["version": $0] })
    }
    let swift = facts.toolchain
    var said = ["version": swift.version]
    if let tag = swift.tag { said["tag"] = tag }
    dependencies.append(Resource(name: "swift", uri: "pkg:generic/swift@\(swift.version)", annotations: said))
    dependencies += facts.libraries.map(\.library.component).compactMap { library in
      library.purl.map { Resource(name: library.name, uri: $0) }
    }
    predicate = Predicate(
      buildDefinition: Definition(
        externalParameters: ExternalParameters(source: source, version: tree.fullVersion),
        internalParameters: InternalParameters(sourceDateEpoch: tree.date, dirty: tree.isDirty),
        resolvedDependencies: dependencies),
      runDetails: Run(
        builder: BuilderName(id: facts.builder.identifier),
        metadata: facts.builder.invocation.map { Metadata(invocationId: $0) }, byproducts: resources(byproducts)))
  }
}
