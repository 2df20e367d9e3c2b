// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// The Swift that built.
struct SwiftToolchain: Equatable {
  /// Such as `6.3.1`.
  let version: String
  /// What `swift --version` says of its build, such as `swift-6.3.1-RELEASE`.
  let tag: String?

  static func ofThisMachine() throws(ReleaseError) -> SwiftToolchain {
    let output = try Program.run(["swift", "--version"])
    guard output.isSuccess, let found = SwiftToolchain(output.text) else {
      throw ReleaseError("swift", "swift --version names no version: \(output.text.prefix(200))", isIO: true)
    }
    return found
  }

  /// - Parameter text: `… Swift version 6.3.1 (swift-6.3.1-RELEASE)…`
  init?(_ text: String) {
    guard let range = text.firstRange(of: "Swift version ") else { return nil }
    let words = text[range.upperBound...].prefix { !$0.isNewline }.split(separator: " ")
    guard let version = words.first, version.utf8.first.map({ 0x30...0x39 ~= $0 }) == true else { return nil }
    self.version = String(version)
    tag = words.dropFirst().first.flatMap { $0.hasPrefix("(") ? String($0.dropFirst().prefix { $0 != ")" }) : nil }
  }

  var component: BillOfMaterials.Component { component("swift", "The Swift toolchain") }

  func component(_ identifier: String, _ summary: String) -> BillOfMaterials.Component {
    var component = BillOfMaterials.Component(
      identifier: identifier, role: .library, name: identifier, version: version,
      licence: "Apache-2.0 WITH Swift-exception", summary: summary)
    component.supplier = "Swift project"
    component.purl = "pkg:generic/\(identifier)@\(version)"
    return component
  }
}
