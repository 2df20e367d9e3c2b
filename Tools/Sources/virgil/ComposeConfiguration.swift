// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import ArgumentParser
import Foundation
import UKI

/// A configuration file: ukify's, and a section of our own.
struct ComposeConfiguration {
  let path: String
  private let file: INIFile

  /// Where ukify looks for one by itself; the first that is there counts.
  static let defaultPaths = ["/etc/systemd", "/run/systemd", "/usr/local/lib/systemd", "/usr/lib/systemd"].map {
    $0 + "/ukify.conf"
  }

  /// - Parameter root: what is in front of the paths; for tests
  static func defaultPath(root: String = "") -> String? {
    defaultPaths.map { root + $0 }.first { FileManager.default.fileExists(atPath: $0) }
  }

  init(path: String) throws {
    self.path = path
    // Settings are a few lines.
    let limit = 1 << 20
    guard let handle = FileHandle(forReadingAtPath: path), let data = try? handle.read(upToCount: limit + 1) else {
      throw IOProblem(path: path, reason: "cannot be read")
    }
    guard data.count <= limit, let text = String(data: data, encoding: .utf8) else {
      throw Problem(path: path, reason: "a configuration file is UTF-8 text of at most 1 MiB")
    }
    do throws(INIFile.Failure) {
      file = try INIFile(text)
      for section in file.sections { try Self.check(section) }
      for entry in file.entries { _ = try Self.setting(entry) }
    } catch {
      throw Problem(path: "\(path):\(error.line)", reason: error.reason)
    }
  }

  /// Fills in what the command line has not.
  ///
  /// - Parameter builds: whether the image is built from parts: they are not for one that is finished
  /// - Returns: the keys that were left out for that
  func apply(to compose: inout Compose, builds: Bool) throws -> [String] {
    // Keys of the command line have no names; those of the file come behind them.
    var groups: [String?] = compose.signatures.pcrPrivateKey.map { _ in nil }
    var left: [String] = []
    for entry in file.entries {
      let setting: ComposeSetting
      do { setting = try Self.setting(entry) } catch {
        throw Problem(path: "\(path):\(error.line)", reason: error.reason)
      }
      guard builds || setting.section == "Virgil" || Self.isForSigning(setting) else {
        left.append(entry.key)
        continue
      }
      var group = 0
      if let name = Self.group(entry.section) {
        if !groups.contains(name) { groups.append(name) }
        group = groups.firstIndex(of: name)!
      }
      if let wrong = setting.apply(entry.value, group: group, to: &compose) {
        throw Problem(path: "\(path):\(entry.line)", reason: "\(entry.key)= \(wrong)")
      }
    }
    return left
  }

  private static func isForSigning(_ setting: ComposeSetting) -> Bool {
    setting.key.hasPrefix("SecureBoot") || setting.key.hasPrefix("Signing") || setting.key == "CertificateProvider"
  }

  private static func group(_ section: String) -> String? {
    section.hasPrefix("PCRSignature:") ? String(section.dropFirst("PCRSignature:".count)) : nil
  }

  private static func check(_ section: INIFile.Section) throws(INIFile.Failure) {
    if let group = group(section.name) {
      guard !group.isEmpty, !group.contains(":") else {
        throw .init(line: section.line, reason: "[\(section.name)]: must be [PCRSignature:NAME], with a NAME without :")
      }
      return
    }
    guard !ComposeSetting.sections.contains(section.name) || section.name.contains(":") else { return }
    let near = NearestName.find(section.name, in: ComposeSetting.sections).map { "; did you mean [\($0)]?" }
    throw .init(
      line: section.line,
      reason: "there is no section [\(section.name)]" + (near ?? "; there are [UKI], [PCRSignature:NAME], [Virgil]"))
  }

  private static func setting(_ entry: INIFile.Entry) throws(INIFile.Failure) -> ComposeSetting {
    let section = group(entry.section) == nil ? entry.section : "PCRSignature:NAME"
    let known = ComposeSetting.all.filter { $0.section == section }
    if let setting = known.first(where: { $0.key == entry.key }) { return setting }
    var advice = NearestName.find(entry.key, in: known.map(\.key)).map { "; did you mean \($0)?" } ?? ""
    if let other = ComposeSetting.all.first(where: { $0.key == entry.key }) {
      advice = "; it belongs to [\(other.section)]"
    }
    throw .init(line: entry.line, reason: "[\(entry.section)] has no key \(entry.key)\(advice)")
  }
}
