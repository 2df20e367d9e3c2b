// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Foundation

/// A C library that the programs are linked with, as far as it is not Swift's own.
struct LinkedLibrary {
  let library: SystemLibrary
  let isDynamic: Bool

  /// What the host package itself asks for (`CArchive`, `CLZ4`), and what every program has.
  private static let direct = ["archive", "lz4", "c", "stdc++", "gcc_s"]

  /// In the order of their names.
  static func of(_ programs: [ProgramFacts]) throws(ReleaseError) -> [LinkedLibrary] {
    guard !programs.isEmpty else { return [] }
    let needed = Set(programs.flatMap(\.needed).compactMap(base))
    // What libarchive brings along when it is inside.
    var wanted = Set(direct).union(needed)
    if !needed.contains("archive"), Program.isInstalled("pkg-config") {
      let output = try Program.run(["pkg-config", "--static", "--libs-only-l", "libarchive"])
      wanted.formUnion(
        output.text.split { $0.isWhitespace }.filter { $0.hasPrefix("-l") }.map { String($0.dropFirst(2)) })
    }
    let system = DebianSystem()
    var found: [LinkedLibrary] = []
    for name in wanted.inOrder() {
      guard let facts = SystemLibrary.known[name] else { continue }
      found.append(
        LinkedLibrary(library: SystemLibrary(facts, on: system), isDynamic: needed.contains(name)))
    }
    return found
  }

  /// `libarchive.so.13` → `archive`
  private static func base(_ soname: String) -> String? {
    guard soname.hasPrefix("lib"), let end = soname.firstRange(of: ".so") else { return nil }
    return String(soname[..<end.lowerBound].dropFirst(3))
  }
}

/// A library of the distribution, in the version that is installed.
struct SystemLibrary {
  struct Facts {
    let name: String
    /// Debian's packages that have it, in the order to be asked for: what a static link takes from comes first.
    let packages: [String]
    /// Nil where it cannot be said in one expression.
    let licence: String?
  }

  /// By the name that the linker has for it.
  static let known: [String: Facts] = [
    "archive": Facts(
      name: "libarchive", packages: ["libarchive-dev", "libarchive13t64", "libarchive13"], licence: "BSD-2-Clause"),
    "lz4": Facts(name: "lz4", packages: ["liblz4-dev", "liblz4-1"], licence: "BSD-2-Clause"),
    "lzma": Facts(name: "xz-utils", packages: ["liblzma-dev", "liblzma5"], licence: nil),
    "zstd": Facts(name: "zstd", packages: ["libzstd-dev", "libzstd1"], licence: "BSD-3-Clause OR GPL-2.0-only"),
    "z": Facts(name: "zlib", packages: ["zlib1g-dev", "zlib1g"], licence: "Zlib"),
    "bz2": Facts(name: "bzip2", packages: ["libbz2-dev", "libbz2-1.0"], licence: "bzip2-1.0.6"),
    "nettle": Facts(
      name: "nettle", packages: ["nettle-dev", "libnettle8t64", "libnettle8"],
      licence: "LGPL-3.0-or-later OR GPL-2.0-or-later"),
    "acl": Facts(name: "acl", packages: ["libacl1-dev", "libacl1t64", "libacl1"], licence: "LGPL-2.1-or-later"),
    "xml2": Facts(name: "libxml2", packages: ["libxml2-dev", "libxml2"], licence: "MIT"),
    "crypto": Facts(name: "openssl", packages: ["libssl-dev", "libssl3t64", "libssl3"], licence: "Apache-2.0"),
    "c": Facts(name: "glibc", packages: ["libc6-dev", "libc6"], licence: "LGPL-2.1-or-later"),
    "stdc++": Facts(name: "libstdc++", packages: ["libstdc++6"], licence: "GPL-3.0-or-later WITH GCC-exception-3.1"),
    "gcc_s": Facts(name: "libgcc", packages: ["libgcc-s1"], licence: "GPL-3.0-or-later WITH GCC-exception-3.1"),
  ]

  let component: BillOfMaterials.Component

  init(_ facts: Facts, on system: DebianSystem) {
    let installed = facts.packages.lazy.compactMap { name in system.version(of: name).map { (name, $0) } }.first
    var component = BillOfMaterials.Component(
      identifier: facts.name.replacing("++", with: "xx"), role: .library, name: facts.name, version: installed?.1,
      licence: facts.licence, summary: "A library of the system.")
    if let (name, version) = installed {
      let escaped = version.replacing("+", with: "%2B").replacing(":", with: "%3A")
      component.purl =
        "pkg:deb/\(system.vendor)/\(name.replacing("+", with: "%2B"))@\(escaped)?arch=\(system.architecture)&distro=\(system.vendor)-\(system.release)"
    }
    self.component = component
  }
}

/// What is installed on a machine with dpkg. Another machine has no versions to offer.
struct DebianSystem {
  /// `debian`, `ubuntu`.
  let vendor: String
  let release: String
  let architecture: String
  private let versions: [String: String]

  init() {
    var facts: [String: String] = [:]
    for line in ((try? WholeFile.text("/etc/os-release", limit: 1 << 16)) ?? "").split(separator: "\n") {
      let halves = line.split(separator: "=", maxSplits: 1)
      if halves.count == 2 { facts[String(halves[0])] = halves[1].trimmingCharacters(in: ["\""]) }
    }
    vendor = facts["ID"] ?? "unknown"
    release = facts["VERSION_ID"] ?? "unknown"
    var versions: [String: String] = [:]
    let names = SystemLibrary.known.values.flatMap(\.packages).inOrder()
    let format = "${db:Status-Status} ${Package} ${Version} ${Architecture}\n"
    let native = ((try? Program.run(["dpkg", "--print-architecture"]))?.text ?? "").trimmed
    // It fails for names that are not known, and prints the others.
    let list = (try? Program.run(["dpkg-query", "-W", "-f", format] + names, environment: ["LC_ALL": "C"]))?.text ?? ""
    for line in list.split(separator: "\n") {
      let words = line.split(separator: " ")
      if words.count == 4, words[0] == "installed", words[3] == native { versions[String(words[1])] = String(words[2]) }
    }
    architecture = native.isEmpty ? "unknown" : native
    self.versions = versions
  }

  func version(of package: String) -> String? { versions[package] }
}
