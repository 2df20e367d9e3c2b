// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// The bill of materials as SPDX 2.3 writes it in JSON.
struct SPDXDocument: Encodable {
  static let form = "SPDX-2.3"
  private static let none = "NOASSERTION"

  struct CreationInfo: Encodable {
    let created: String
    let creators: [String]
  }

  struct Checksum: Encodable {
    let algorithm: String
    let checksumValue: String
  }

  struct VerificationCode: Encodable { let packageVerificationCodeValue: String }

  struct Reference: Encodable {
    let referenceCategory = "PACKAGE-MANAGER"
    let referenceType = "purl"
    let referenceLocator: String
  }

  struct Package: Encodable {
    let SPDXID: String
    let name: String
    let versionInfo: String?
    let supplier: String?
    let downloadLocation: String
    let filesAnalyzed: Bool
    let packageVerificationCode: VerificationCode?
    let licenseConcluded: String
    let licenseDeclared: String
    let licenseInfoFromFiles: [String]?
    let copyrightText = SPDXDocument.none
    let summary: String
    let comment: String?
    let externalRefs: [Reference]?
    let primaryPackagePurpose: String
  }

  struct File: Encodable {
    let SPDXID: String
    let fileName: String
    let checksums: [Checksum]
    let licenseConcluded: String
    let licenseInfoInFiles: [String]
    let copyrightText = SPDXDocument.none
  }

  struct Relationship: Encodable {
    let spdxElementId: String
    let relationshipType: String
    let relatedSpdxElement: String
  }

  let spdxVersion = SPDXDocument.form
  let dataLicense = "CC0-1.0"
  let SPDXID = "SPDXRef-DOCUMENT"
  let name: String
  let documentNamespace: String
  let creationInfo: CreationInfo
  let packages: [Package]
  let files: [File]
  let relationships: [Relationship]

  init(_ bill: BillOfMaterials) {
    name = bill.name
    documentNamespace = "urn:uuid:\(bill.uuid(Self.form))"
    creationInfo = CreationInfo(
      created: bill.date, creators: ["Tool: virgil-\(bill.version)", "Organization: Virgil maintainers"])
    var packages: [Package] = []
    var files: [File] = []
    var relationships = [
      Relationship(
        spdxElementId: SPDXID, relationshipType: "DESCRIBES",
        relatedSpdxElement: Self.reference(BillOfMaterials.release))
    ]
    for component in bill.components {
      packages.append(Self.package(component))
      for (index, item) in component.items.filter({ $0.bytes != nil }).enumerated() {
        let file = Self.file(item, "\(Self.reference(component.identifier))-File-\(index)")
        files.append(file)
        relationships.append(
          Relationship(
            spdxElementId: Self.reference(component.identifier), relationshipType: "CONTAINS",
            relatedSpdxElement: file.SPDXID))
      }
    }
    relationships += bill.relations.map {
      Relationship(
        spdxElementId: Self.reference($0.from), relationshipType: Self.type($0.link),
        relatedSpdxElement: Self.reference($0.to))
    }
    self.packages = packages
    self.files = files
    self.relationships = relationships
  }

  private static func reference(_ identifier: String) -> String {
    "SPDXRef-"
      + String(identifier.map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "." || $0 == "-") ? $0 : "-" })
  }

  private static func type(_ link: BillOfMaterials.Link) -> String {
    switch link {
    case .contains: "CONTAINS"
    case .generatedFrom: "GENERATED_FROM"
    case .staticLink: "STATIC_LINK"
    case .dynamicLink: "DYNAMIC_LINK"
    case .dependsOn: "DEPENDS_ON"
    }
  }

  private static func package(_ component: BillOfMaterials.Component) -> Package {
    let files = component.items.filter { $0.bytes != nil }
    let isAnalyzed = !files.isEmpty
    // 7.9: the SHA-1 of all SHA-1s in their order.
    let code = Digests.sha1(Array(files.compactMap(\.sha1).inOrder().joined().utf8))
    let licences = Set(files.flatMap { LicenceLine.names(in: $0.licence ?? "") }).inOrder()
    let archives = component.archives.map { "\($0.file): SHA-256 \($0.sha256)" }.joined(separator: "; ")
    return Package(
      SPDXID: reference(component.identifier), name: component.name, versionInfo: component.version,
      supplier: (component.supplier ?? (component.role == .library ? nil : "Virgil maintainers")).map {
        "Organization: \($0)"
      },
      downloadLocation: component.origin ?? none, filesAnalyzed: isAnalyzed,
      packageVerificationCode: isAnalyzed ? VerificationCode(packageVerificationCodeValue: code) : nil,
      licenseConcluded: component.licence ?? none, licenseDeclared: component.licence ?? none,
      licenseInfoFromFiles: isAnalyzed ? (licences.isEmpty ? [none] : licences) : nil, summary: component.summary,
      comment: archives.isEmpty ? nil : "Packed as \(archives)",
      externalRefs: component.purl.map { [Reference(referenceLocator: $0)] },
      primaryPackagePurpose: purpose(component.role))
  }

  private static func purpose(_ role: BillOfMaterials.Role) -> String {
    switch role {
    case .release, .part(.programs): "APPLICATION"
    case .part(.source), .part(.kernelBundle): "SOURCE"
    case .part(.emulators), .part(.emulatorsDebug): "FIRMWARE"
    case .part(.headersAndDocumentation): "ARCHIVE"
    case .library: "LIBRARY"
    }
  }

  private static func file(_ item: Item, _ identifier: String) -> File {
    let licences = LicenceLine.names(in: item.licence ?? "")
    return File(
      SPDXID: identifier, fileName: "./" + item.path,
      checksums: [
        Checksum(algorithm: "SHA1", checksumValue: item.sha1 ?? ""),
        Checksum(algorithm: "SHA256", checksumValue: item.sha256 ?? ""),
      ],
      licenseConcluded: item.licence ?? none, licenseInfoInFiles: licences.isEmpty ? [none] : licences)
  }
}
