// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Foundation

/// Real files from Debian's packages, which `make material` fetches into the user's cache.
enum Material {
  static var folder: URL {
    let environment = ProcessInfo.processInfo.environment
    let cache = environment["XDG_CACHE_HOME"].map { URL(fileURLWithPath: $0) }
    let home = URL(fileURLWithPath: environment["HOME"] ?? "/")
    return (cache ?? home.appendingPathComponent(".cache")).appendingPathComponent("virgil/material")
  }

  struct Architecture: Sendable, CustomStringConvertible {
    let name: String
    let machine: UInt16
    /// What EFI file names of this architecture end in.
    let suffix: String
    var description: String { name }
  }
  static let architectures = [
    Architecture(name: "aarch64", machine: PEMachine.arm64, suffix: "aa64"),
    Architecture(name: "x86_64", machine: PEMachine.x86_64, suffix: "x64"),
  ]

  /// All EFI images of an architecture: kernels, stubs, boot managers.
  static func images(_ architecture: Architecture) -> [URL] {
    let base = folder.appendingPathComponent(architecture.name)
    let names = [
      "linux\(architecture.suffix).efi.stub", "addon\(architecture.suffix).efi.stub",
      "systemd-boot\(architecture.suffix).efi",
    ]
    let manager = FileManager.default
    func versions(_ kind: String) -> [URL] {
      let folder = base.appendingPathComponent(kind)
      return (try? manager.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil))?
        .sorted { $0.path < $1.path } ?? []
    }
    let candidates =
      versions("kernel").map { $0.appendingPathComponent("vmlinuz") }
      + versions("stub").flatMap { folder in names.map { folder.appendingPathComponent($0) } }
    return candidates.filter { manager.isReadableFile(atPath: $0.path) }
  }

  /// Says why a test has nothing to do.
  static func reportAbsence(_ what: String) { print("skipped: no \(what) in \(folder.path) (make material)") }
}
