// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Foundation

/// What was built: the folder `artefacts/`.
struct Artefacts {
  let folder: String
  let tree: SourceTree
  /// The folders in targets/ of the source.
  let architectures: [String]
  private let licences: [Item]

  init(_ folder: String, of tree: SourceTree) throws(ReleaseError) {
    self.folder = folder
    self.tree = tree
    architectures = Set(
      tree.files.compactMap { file -> String? in
        let parts = file.path.split(separator: "/")
        return parts.count > 2 && parts[0] == "targets" ? String(parts[1]) : nil
      }
    ).inOrder()
    guard !architectures.isEmpty else { throw ReleaseError("targets", "no target is in the source") }
    var licences: [Item] = []
    for file in tree.files where file.path.hasPrefix("LICENSES/") && file.kind == .file {
      licences.append(try Item(file.path, file: tree.root + "/" + file.path, called: file.path))
    }
    self.licences = licences
  }

  /// All parts but the source.
  func parts(installTree: String?) throws(ReleaseError) -> [Part] {
    let emulators = try self.emulators()
    return [
      Part(.emulators, suffix: "emulators", "The emulators: a blob for each target and its description.", emulators),
      Part(
        .emulatorsDebug, suffix: "emulators-debug",
        "The emulators with the ELF files they were made of, symbols included.",
        emulators + (try symbols())),
    ] + (try kernelBundles()) + [try programs(installTree), try headersAndDocumentation()]
  }

  private func file(_ name: String, made target: String) throws(ReleaseError) -> [UInt8] {
    guard FileManager.default.fileExists(atPath: folder + "/" + name) else {
      throw ReleaseError(folder + "/" + name, "is not there; make \(target) makes it", isIO: true)
    }
    return try WholeFile.bytes(folder + "/" + name)
  }

  private func emulators() throws(ReleaseError) -> [Item] {
    var items = licences
    for architecture in architectures {
      let name = "virgil-\(architecture)"
      let blob = Item(name + ".blob", bytes: try file(name + ".blob", made: "emulators"))
      let description = Item(name + ".json", bytes: try file(name + ".json", made: "emulators"))
      let said = try ReleaseJSON.read(BlobDigest.self, description.bytes ?? [], path: "\(folder)/\(name).json")
      guard said.sha256 == blob.sha256 else {
        throw ReleaseError("\(folder)/\(name).json", "describes another blob than \(name).blob; make emulators anew")
      }
      items += [blob, description]
      // As an image that kexec loads alone.
      if FileManager.default.fileExists(atPath: "\(folder)/\(name).img") {
        items.append(Item(name + ".img", bytes: try file(name + ".img", made: "images")))
      }
    }
    return items
  }

  /// The one fact of a blob's description that has to fit.
  private struct BlobDigest: Decodable { let sha256: String }

  private func symbols() throws(ReleaseError) -> [Item] {
    var items: [Item] = []
    for architecture in architectures {
      for name in ["virgil-\(architecture).elf", "virgil-\(architecture)-runtime.elf"] {
        let bytes = try file(name, made: "emulators")
        _ = try ProgramFacts(bytes, path: folder + "/" + name)
        items.append(Item(name, bytes: bytes))
      }
    }
    return items
  }

  private func kernelBundles() throws(ReleaseError) -> [Part] {
    let place = folder + "/kernel-bundle"
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: place), !names.isEmpty else {
      throw ReleaseError(place, "is not there; make kernel-bundle makes it", isIO: true)
    }
    var parts: [Part] = []
    for line in names.inOrder() {
      let items = try FolderItems.read(place + "/" + line)
      guard items.contains(where: { $0.path == Checksums.file }) else {
        throw ReleaseError(place + "/" + line, "is no kernel bundle: it has no \(Checksums.file)")
      }
      for architecture in architectures {
        let blob = Digests.sha256(try file("virgil-\(architecture).blob", made: "emulators"))
        if let carried = items.first(where: { $0.path == "firmware/virgil/\(architecture).blob" }),
          carried.sha256 != blob
        {
          throw ReleaseError(
            place + "/" + line, "has another emulator for \(architecture) than \(folder); make kernel-bundle anew")
        }
      }
      parts.append(
        Part(
          .kernelBundle, suffix: "kernel-bundle-\(line)",
          "Patches for Linux \(line) that let kexec_file_load() take EFI images.",
          licence: Licences.kernel, items + licences.filter { item in !items.contains { $0.path == item.path } }))
    }
    return parts
  }

  /// The programs, for the machine that they were built for; with an install tree, all that it has.
  private func programs(_ installTree: String?) throws(ReleaseError) -> Part {
    var items = licences
    var facts: [ProgramFacts] = []
    for name in ["relocation-fixer", "virgil"] {
      let bytes = try file(name, made: "tool")
      facts.append(try ProgramFacts(bytes, path: folder + "/" + name))
      items.append(Item("bin/" + name, bytes: bytes, executable: true))
    }
    guard Set(facts.map(\.machine)).count == 1 else {
      throw ReleaseError(folder, "virgil and relocation-fixer are for different machines; make tool anew")
    }
    for architecture in architectures {
      let name = "virgil-\(architecture).blob"
      items.append(Item("lib/virgil/" + name, bytes: try file(name, made: "emulators")))
    }
    if let installTree {
      var inside = Set(items.map(\.path))
      for item in try FolderItems.read(installTree, without: ["usr/local/", "usr/"])
      where inside.insert(item.path).inserted { items.append(item) }
    }
    return Part(
      .programs, suffix: "linux-\(facts[0].machine)", "virgil and relocation-fixer for Linux on \(facts[0].machine).",
      items,
      programs: facts)
  }

  private func headersAndDocumentation() throws(ReleaseError) -> Part {
    var items: [Item] = []
    let headers = "Sources/CHandover/include/"
    for file in tree.files where file.kind == .file {
      let isDocument =
        file.path.hasPrefix("Documentation/") || file.path.hasPrefix("schemas/") || file.path.hasPrefix("LICENSES/")
        || !file.path.contains("/") && file.path.hasSuffix(".md")
      guard isDocument || file.path.hasPrefix(headers) else { continue }
      let path = file.path.hasPrefix(headers) ? "include/" + file.path.dropFirst(headers.count) : file.path
      items.append(try Item(path, file: tree.root + "/" + file.path, called: file.path))
    }
    return Part(
      .headersAndDocumentation, suffix: "headers-docs",
      "The C headers of the handover block and the blob, the documentation, the schemas.", items)
  }
}
