// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// The bill of materials as CycloneDX 1.6 writes it in JSON.
struct CycloneDXDocument: Encodable {
  static let form = "CycloneDX-1.6"

  struct Hash: Encodable {
    let alg = "SHA-256"
    let content: String
  }

  struct Licence: Encodable { let expression: String }

  struct Reference: Encodable {
    let type: String
    let url: String
    let hashes: [Hash]?
  }

  struct Supplier: Encodable { let name: String }

  struct Component: Encodable {
    let type: String
    let reference: String
    let name: String
    let version: String?
    let description: String?
    let supplier: Supplier?
    let hashes: [Hash]?
    let licenses: [Licence]?
    let purl: String?
    let externalReferences: [Reference]?
    let components: [Component]?

    enum CodingKeys: String, CodingKey {
      case type, name, version, description, supplier, hashes, licenses, purl, externalReferences, components
      case reference = "bom-ref"
    }
  }

  struct Tools: Encodable { let components: [Component] }

  struct Metadata: Encodable {
    let timestamp: String
    let tools: Tools
    let component: Component
  }

  struct Dependency: Encodable {
    let ref: String
    let dependsOn: [String]
  }

  let bomFormat = "CycloneDX"
  let specVersion = "1.6"
  let serialNumber: String
  let version = 1
  let metadata: Metadata
  let components: [Component]
  let dependencies: [Dependency]

  init(_ bill: BillOfMaterials) {
    serialNumber = "urn:uuid:\(bill.uuid(Self.form))"
    let tool = Component(
      type: "application", reference: "tool:virgil", name: "virgil", version: bill.version, description: nil,
      supplier: nil,
      hashes: nil, licenses: nil, purl: nil, externalReferences: nil, components: nil)
    let all = bill.components.map { ($0.identifier, Self.component($0)) }
    metadata = Metadata(
      timestamp: bill.date, tools: Tools(components: [tool]),
      component: all.first { $0.0 == BillOfMaterials.release }?.1 ?? tool)
    components = all.filter { $0.0 != BillOfMaterials.release }.map(\.1)
    // Whoever contains or links something depends on it; what a thing was made from is the source's part.
    dependencies = bill.components.map(\.identifier).inOrder().map { identifier in
      Dependency(
        ref: identifier, dependsOn: Set(bill.relations.filter { $0.from == identifier }.map(\.to)).inOrder())
    }
  }

  private static func component(_ component: BillOfMaterials.Component) -> Component {
    let files = component.items.compactMap { item -> Component? in
      guard let digest = item.sha256 else { return nil }
      return Component(
        type: "file", reference: "\(component.identifier)/\(item.path)", name: item.path, version: nil,
        description: nil,
        supplier: nil, hashes: [Hash(content: digest)], licenses: item.licence.map { [Licence(expression: $0)] },
        purl: nil,
        externalReferences: nil, components: nil)
    }
    var references = component.archives.map {
      Reference(type: "distribution", url: $0.file, hashes: [Hash(content: $0.sha256)])
    }
    if let origin = component.origin { references.append(Reference(type: "vcs", url: origin, hashes: nil)) }
    return Component(
      type: type(component.role), reference: component.identifier, name: component.name, version: component.version,
      description: component.summary,
      supplier: (component.supplier ?? (component.role == .library ? nil : "Virgil maintainers")).map {
        Supplier(name: $0)
      },
      hashes: nil, licenses: component.licence.map { [Licence(expression: $0)] }, purl: component.purl,
      externalReferences: references.isEmpty ? nil : references, components: files.isEmpty ? nil : files)
  }

  private static func type(_ role: BillOfMaterials.Role) -> String {
    switch role {
    case .release, .part(.programs): "application"
    case .part(.emulators), .part(.emulatorsDebug): "firmware"
    case .part: "data"
    case .library: "library"
    }
  }
}
