// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import ArchiveWriter
import Foundation

/// A release of a source and of what was built from it.
public struct Release {
  public struct Options {
    /// The folder of what was built.
    public var artefacts: String
    /// A folder that `make install` has filled.
    public var installTree: String?
    /// Where the source is kept.
    public var sourceURI: String?
    /// What signs `SHA256SUMS`.
    public var key: String?

    public init(artefacts: String, installTree: String? = nil, sourceURI: String? = nil, key: String? = nil) {
      self.artefacts = artefacts
      self.installTree = installTree
      self.sourceURI = sourceURI
      self.key = key
    }
  }

  /// What will be written.
  public struct Plan: Encodable {
    public struct Tarball: Encodable {
      public let name: String
      public let files: [String]
      public let members: Int
      /// Of the members, in bytes.
      public let size: Int
    }

    public let version: String
    public let commit: String?
    public let dirty: Bool
    public let date: String
    public let tarballs: [Tarball]
    public let documents: [String]
    /// Nil when nothing is signed.
    public let signature: String?
  }

  let tree: SourceTree
  let options: Options
  let parts: [Part]
  let facts: BuildFacts

  /// Reads all that goes into the release. Throws where something is missing or does not fit.
  public init(_ tree: SourceTree, _ options: Options) throws(ReleaseError) {
    self.tree = tree
    self.options = options
    let artefacts = try Artefacts(options.artefacts, of: tree)
    parts = [try Part.source(of: tree)] + (try artefacts.parts(installTree: options.installTree))
    facts = try BuildFacts(tree, programs: parts.flatMap(\.programs), sourceURI: options.sourceURI)
  }

  public var plan: Plan {
    Plan(
      version: tree.fullVersion, commit: tree.commit, dirty: tree.isDirty, date: BillOfMaterials.date(tree.date),
      tarballs: parts.map { part in
        let name = part.name(version: tree.fullVersion)
        return Plan.Tarball(
          name: name, files: Compression.allCases.map { "\(name).tar.\($0.suffix)" }, members: part.items.count,
          size: part.items.reduce(0) { $0 + $1.size })
      },
      documents: [spdx, cycloneDX, provenance, Manifest.file, Checksums.file],
      signature: options.key == nil ? nil : Signature.file)
  }

  private var spdx: String { "virgil-\(tree.fullVersion).spdx.json" }
  private var cycloneDX: String { "virgil-\(tree.fullVersion).cdx.json" }
  private var provenance: String { "virgil-\(tree.fullVersion)\(Self.provenanceEnding)" }
  static let provenanceEnding = ".intoto.json"

  /// Writes the release as a folder that appears whole or not at all.
  ///
  /// - Parameter progress: is told what is being packed, how much of it is done and how much there is, in bytes
  public func write(
    to path: String, replacing: Bool, progress: @escaping (String, Int, Int) -> Void
  ) throws -> Manifest {
    try NewFolder.make(path, replacing: replacing, isOurs: Self.isRelease) { folder in
      let packer = Packer(version: tree.fullVersion, date: tree.date, progress: progress)
      let packed = try parts.map { (part: $0, tarball: try packer.pack($0, into: folder)) }
      let manifest = try describe(packed, in: folder)
      try sum(in: folder)
      if let key = options.key {
        let signature = folder + "/" + Signature.file
        try Signature.sign(folder + "/" + Checksums.file, with: key, to: signature)
        chmod(signature, 0o644)
      }
      return manifest
    }
  }

  static func isRelease(_ folder: String) -> Bool {
    [Checksums.file, Manifest.file].allSatisfy { FileManager.default.fileExists(atPath: folder + "/" + $0) }
  }

  /// Writes what stands beside the tarballs: bills of materials, manifest, provenance.
  private func describe(_ packed: [(part: Part, tarball: Manifest.Tarball)], in folder: String) throws -> Manifest {
    let bill = BillOfMaterials(tree, facts, parts: packed)
    let forms: [(String, String, [UInt8])] = [
      (cycloneDX, CycloneDXDocument.form, try ReleaseJSON.bytes(CycloneDXDocument(bill))),
      (spdx, SPDXDocument.form, try ReleaseJSON.bytes(SPDXDocument(bill))),
    ]
    for (name, _, bytes) in forms { try NewFile.write(bytes, to: folder + "/" + name) }
    let documents = forms.map { name, form, bytes in
      Manifest.Document(file: name, form: form, size: Int64(bytes.count), sha256: Digests.sha256(bytes))
    }
    let manifest = Manifest(
      schema: Manifest.schema, name: "virgil", version: tree.fullVersion, date: bill.date, sourceDateEpoch: tree.date,
      source: Manifest.Source(commit: tree.commit, uri: facts.sourceURI, dirty: tree.isDirty),
      tarballs: packed.map(\.tarball), documents: documents)
    let bytes = try ReleaseJSON.bytes(manifest)
    try NewFile.write(bytes, to: folder + "/" + Manifest.file)
    var byproducts = [Manifest.file: Digests.sha256(bytes)]
    for document in documents { byproducts[document.file] = document.sha256 }
    let made = packed.flatMap { $0.tarball.files.map { ($0.file, $0.sha256) } }
    let statement = Provenance(
      tree, facts, tarballs: Dictionary(uniqueKeysWithValues: made), byproducts: byproducts)
    try NewFile.write(try ReleaseJSON.bytes(statement), to: folder + "/" + provenance)
    return manifest
  }

  private func sum(in folder: String) throws {
    var sums: [String: String] = [:]
    for name in try FileManager.default.contentsOfDirectory(atPath: folder) {
      sums[name] = try Digests.sha256(ofFile: folder + "/" + name).digest
    }
    try NewFile.write(Array(Checksums.text(sums).utf8), to: folder + "/" + Checksums.file)
  }
}
