// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Foundation

/// The images that the hooks in packaging/ make of installed kernels: a folder of files VERSION.efi.
public struct ImageStore: Sendable {
  /// Where the hooks put them.
  public static let standardFolder = "/var/lib/virgil"

  public struct Image: Sendable, Equatable {
    public let version: Version
    public let path: String
  }

  public enum Failure: Error, CustomStringConvertible {
    case unreadable(String, reason: String)
    case empty(String)
    case noSuchVersion(String, folder: String, there: [Version])

    public var description: String {
      switch self {
      case .unreadable(let folder, let reason): "\(folder): \(reason)"
      case .empty(let folder):
        "\(folder): there is no image; the hooks make one of each kernel that is installed from now on, "
          + "'/usr/lib/virgil/kernel-hook all' of those that are there; or name a file"
      case .noSuchVersion(let name, let folder, let there):
        "\(name): there is no such file, and no image of that version in \(folder), which has: "
          + (there.isEmpty ? "none" : there.map(\.description).joined(separator: ", "))
      }
    }
  }

  public let folder: String
  /// The newest first.
  public let images: [Image]

  /// A folder that is not there holds no images.
  public init(folder: String) throws(Failure) {
    self.folder = folder
    let names: [String]
    do {
      names = try FileManager.default.contentsOfDirectory(atPath: folder)
    } catch let error as CocoaError where error.code == .fileReadNoSuchFile {
      names = []
    } catch let error as CocoaError where error.code == .fileReadNoPermission {
      throw .unreadable(folder, reason: "not to be read by this user; try as root")
    } catch {
      throw .unreadable(folder, reason: "cannot be read")
    }
    images = names.filter { $0.hasSuffix(".efi") && !$0.hasPrefix(".") }
      .map { Image(version: Version(String($0.dropLast(4))), path: "\(folder)/\($0)") }
      // Names decide between versions of one rank: the order is the same everywhere.
      .sorted { $0.version == $1.version ? $0.path > $1.path : $0.version > $1.version }
  }

  /// The image that a name means: a file's path, if it has a slash or there is such a file, or an image's version; the
  /// newest image if there is no name.
  public func choose(_ name: String?) throws(Failure) -> String {
    guard let name else {
      guard let newest = images.first else { throw .empty(folder) }
      return newest.path
    }
    if let image = images.first(where: { $0.version.description == name }) { return image.path }
    guard name.contains("/") || FileManager.default.fileExists(atPath: name) else {
      throw .noSuchVersion(name, folder: folder, there: images.map(\.version))
    }
    return name
  }
}
