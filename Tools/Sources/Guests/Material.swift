// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Foundation
import SystemPackage

/// The cache of kernels, tools and firmware that `scripts/material` fills.
public struct Material: Sendable {
  public let root: FilePath

  public enum Failure: Error, CustomStringConvertible {
    case noHome
    case missing(FilePath, item: String)

    public var description: String {
      switch self {
      case .noHome: "neither XDG_CACHE_HOME nor HOME is set: no place to look for material"
      case .missing(let path, let item): "\(path) is missing; run: scripts/material fetch \(item)"
      }
    }
  }

  public init(root: FilePath) { self.root = root }

  /// `$XDG_CACHE_HOME/virgil/material`, else `$HOME/.cache/virgil/material`. A relative XDG_CACHE_HOME is ignored, as
  /// the XDG base directory specification wants it.
  public init(environment: [String: String] = ProcessInfo.processInfo.environment) throws(Failure) {
    let base: FilePath
    if let cache = environment["XDG_CACHE_HOME"], cache.hasPrefix("/") {
      base = FilePath(cache)
    } else if let home = environment["HOME"], !home.isEmpty {
      base = FilePath(home).appending(".cache")
    } else {
      throw .noHome
    }
    self.init(root: base.appending("virgil").appending("material"))
  }

  /// A kernel and the folder of its modules.
  public struct Kernel: Sendable {
    public let image: FilePath
    public let release: String
    /// `…/lib/modules/RELEASE`
    public let modules: FilePath
  }

  /// The kernel of a line, such as 6.12.
  public func kernel(_ architecture: Architecture, line: String) throws(Failure) -> Kernel {
    let item = "\(architecture.rawValue)/kernel/\(line)"
    let image = try file("vmlinuz", of: item)
    let path = try file("release", of: item)
    guard let text = try? String(contentsOfFile: path.string, encoding: .utf8) else { throw .missing(path, item: item) }
    let release = text.trimmingCharacters(in: .whitespacesAndNewlines)
    return Kernel(image: image, release: release, modules: try file("lib/modules/\(release)", of: item))
  }

  /// kexec-tools of a version: the program, and a folder with its libraries at their places.
  public func kexecTools(
    _ architecture: Architecture, version: String
  ) throws(Failure) -> (program: FilePath, root: FilePath) {
    let item = "\(architecture.rawValue)/kexec-tools/\(version)"
    return (try file("kexec", of: item), try file("root", of: item))
  }

  /// A statically linked busybox.
  public func busybox(_ architecture: Architecture) throws(Failure) -> FilePath {
    try file("busybox", of: "\(architecture.rawValue)/busybox")
  }

  /// EDK2: its code, and its variables, which must be copied before a guest writes to them.
  ///
  /// - Parameter isSecure: with Secure Boot
  public func firmware(
    _ architecture: Architecture, isSecure: Bool = false
  ) throws(Failure) -> (code: FilePath, variables: FilePath) {
    let item = "\(architecture.rawValue)/firmware"
    return (try file(isSecure ? "code.secboot.fd" : "code.fd", of: item), try file("vars.fd", of: item))
  }

  private func file(_ name: String, of item: String) throws(Failure) -> FilePath {
    let path = root.appending(item).appending(name)
    guard FileManager.default.fileExists(atPath: path.string) else { throw .missing(path, item: item) }
    return path
  }
}
