// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Foundation
import SystemPackage
import UKI

/// Signatures of PCR 11 for the profiles of an image (UAPI.5): what a profile has, and what it shares, is handed to
/// systemd-measure, and what that returns becomes a section `.pcrsig`.
struct PCRSigner {
  private let options: PCROptions
  private let engine: String?
  private typealias Section = (name: String, contents: FileContents)
  /// What all profiles have, as long as they have no other.
  private var shared: [Section] = []
  private var isBase = true

  /// - Parameter engine: OpenSSL's, that has the keys
  init(_ options: PCROptions, engine: String?) {
    self.options = options
    self.engine = engine
  }

  var isNeeded: Bool { options.measure == true || options.policyDigest == true || !options.pcrPrivateKey.isEmpty }

  mutating func share(_ parts: ArraySlice<UnifiedKernelImage.Part>) {
    // Firmware images are not measured.
    shared += parts.map { ($0.name.description, $0.contents) }.filter { $0.0 != ".efifw" }
  }

  mutating func share(sbat: [UInt8]) {
    var contents = FileContents()
    contents.append(.bytes(sbat))
    shared.append((".sbat", contents))
  }

  /// The section for the main profile at the first call, for a joined one at the others.
  mutating func signatures(of profile: [UnifiedKernelImage.Part]) throws -> [UnifiedKernelImage.Part] {
    guard isNeeded else { return [] }
    let own: [Section] = profile.map { ($0.name.description, $0.contents) }
    let wasBase = isBase
    isBase = false
    guard try isWanted(own) else { return [] }
    let section = ".dtbauto"
    var trees: [Section?] = (wasBase ? shared + own : own).filter { $0.name == section }
    if trees.isEmpty { trees = [nil] }
    var measured: [Section] = wasBase ? [] : own.filter { $0.name != section }
    for part in shared + (wasBase ? own : []) where !measured.contains(where: { $0.name == part.name }) {
      if wasBase, part.name == section { continue }
      measured.append(part)
    }
    let folder = NSTemporaryDirectory() + "/virgil-pcr-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    var digests = Signatures()
    var signed = Signatures()
    for tree in trees {
      var sections = measured
      if let tree { sections = sections.filter { $0.name != section } + [tree] }
      let files = try write(sections, to: folder)
      try calculate(files, &digests)
      try sign(files, &signed)
    }
    return options.policyDigest == true ? part(digests.padded()) : part(signed.json)
  }

  private func isWanted(_ own: [Section]) throws -> Bool {
    guard !options.signProfile.isEmpty else { return true }
    guard let profile = own.first(where: { $0.name == ".profile" }) else { return false }
    var bytes: [UInt8] = []
    try profile.contents.write { bytes += Array($0) }
    let id = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline).last { $0.hasPrefix("ID=") }
    guard let id else { return false }
    let text = id.dropFirst(3).trimmingCharacters(in: CharacterSet(charactersIn: "\"' "))
    return options.signProfile.contains(text)
  }

  private func part(_ json: String?) -> [UnifiedKernelImage.Part] {
    json.map { [.init(SectionName(literal: ".pcrsig"), .bytes(Array($0.utf8)))] } ?? []
  }

  /// - Returns: the options that name them to systemd-measure
  private func write(_ sections: [Section], to folder: String) throws -> [String] {
    try sections.map { section in
      let name = String(section.name.dropFirst())
      let path = FilePath("\(folder)/\(name)")
      let file = try FileDescriptor.open(path, .writeOnly, options: [.create, .truncate], permissions: .ownerReadWrite)
      try file.closeAfter { try section.contents.write { try file.writeAll($0) } }
      return "--\(name)=\(path)"
    }
  }

  private var measureTool: String {
    get throws { try options.tool("systemd-measure", "it comes with systemd (Debian: systemd), as new as the stub") }
  }

  private func calculate(_ files: [String], _ digests: inout Signatures) throws {
    guard options.measure == true || options.policyDigest == true else { return }
    let all = files + options.banks.map { "--bank=\($0)" }
    if options.measure == true {
      let phases = options.keys.flatMap(\.phases).map { "--phase=\($0)" }
      let text = try ToolRun.output(of: measureTool, ["calculate", "--json=off"] + all + phases)
      print(String(decoding: text, as: UTF8.self), terminator: "")
      return
    }
    var key = options.pcrPublicKey.first.map { ["--public-key=\($0)"] } ?? []
    if key.isEmpty, let certificate = options.pcrCertificate.first {
      key = ["--certificate=\(certificate)"]
      if let provider = options.certificateProvider { key += ["--certificate-source=provider:\(provider)"] }
    }
    try digests.add(ToolRun.output(of: measureTool, ["policy-digest", "--json=short"] + all + key))
    if options.signInitrdPcrs == true {
      let initrd = all + ["--phase=enter-initrd"] + key + ["--policyref=initrd"]
      try digests.add(ToolRun.output(of: measureTool, ["policy-digest", "--json=short"] + initrd))
    }
    print(digests.json ?? "{}")
  }

  private func sign(_ files: [String], _ signatures: inout Signatures) throws {
    var keys = options.keys
    if options.signInitrdPcrs == true, var first = keys.first {
      first.phases = ["enter-initrd"]
      first.policyref = "initrd"
      keys.append(first)
    }
    for key in keys {
      var arguments = ["sign"] + files + options.banks.map { "--bank=\($0)" } + ["--private-key=\(key.privateKey)"]
      let source = engine.map { "engine:\($0)" } ?? options.signingProvider.map { "provider:\($0)" }
      if let source {
        guard let certificate = key.publicKey ?? key.certificate else {
          throw Problem(path: key.privateKey, reason: "a key in an engine or a provider needs --pcr-certificate")
        }
        arguments += ["--private-key-source=\(source)", "--certificate=\(certificate)"]
      } else if let certificate = key.certificate {
        arguments.append("--certificate=\(certificate)")
      } else if let publicKey = key.publicKey {
        arguments.append("--public-key=\(publicKey)")
      }
      if let provider = options.certificateProvider { arguments.append("--certificate-source=provider:\(provider)") }
      arguments += key.phases.map { "--phase=\($0)" }
      if let policyref = key.policyref { arguments.append("--policyref=\(policyref)") }
      try signatures.add(ToolRun.output(of: measureTool, arguments))
    }
  }
}

/// What systemd-measure prints: for each bank, a list of policies with their signatures.
struct Signatures {
  private var banks: [String: [NSDictionary]] = [:]

  init() {}

  /// - Throws: `Problem` for what is no JSON of that shape
  init(json: [UInt8], path: String) throws {
    guard let object = try? JSONSerialization.jsonObject(with: Data(json)) as? [String: [NSDictionary]] else {
      throw Problem(path: path, reason: "no JSON object of PCR banks, each with a list of policies")
    }
    banks = object
  }

  mutating func add(_ output: [UInt8]) throws {
    for (bank, policies) in try Signatures(json: output, path: "systemd-measure's output").banks {
      for policy in policies where !banks[bank, default: []].contains(policy) {
        banks[bank, default: []].append(policy)
      }
    }
  }

  /// Puts the signatures of the same policies in.
  mutating func apply(_ signatures: Signatures) {
    for (bank, signed) in signatures.banks {
      banks[bank] = banks[bank]?.map { policy in
        func same(_ other: NSDictionary) -> Bool {
          if let own = policy["tbs"] as? String, let theirs = other["tbs"] as? String { return own == theirs }
          return policy["pol"] as? String == other["pol"] as? String
            && policy["ref"] as? String == other["ref"] as? String
        }
        guard let signature = signed.last(where: same)?["sig"], let copy = policy.mutableCopy() as? NSMutableDictionary
        else { return policy }
        copy["sig"] = signature
        return copy
      }
    }
  }

  /// The same for the same signatures; nil: there are none.
  var json: String? {
    guard !banks.isEmpty,
      let data = try? JSONSerialization.data(withJSONObject: banks, options: [.sortedKeys, .withoutEscapingSlashes])
    else { return nil }
    return String(decoding: data, as: UTF8.self)
  }

  /// With room for signatures: 1 KiB each, more than RSA 4096 takes in base 64.
  func padded() -> String? {
    json.map { $0 + String(repeating: " ", count: 1024 * banks.values.reduce(0) { $0 + $1.count }) }
  }
}
