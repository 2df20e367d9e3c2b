// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Bytes
import Foundation
import PE
import UKI

/// From options to an image: reads the parts and puts them in ukify's order, which is also the order of measurement.
struct PartBuilder {
  private let options: PartOptions
  private let signatures: PCROptions
  /// OpenSSL's, that has the keys.
  private let engine: String?
  /// What the image's views are of.
  private var files: [MappedFile] = []

  /// Builds the image and calls `body` with it; it is good until that returns.
  static func withImage(
    _ options: PartOptions, _ signatures: PCROptions, engine: String?, _ body: (UnifiedKernelImage) throws -> Void
  ) throws {
    var builder = PartBuilder(options: options, signatures: signatures, engine: engine)
    let image = try builder.build()
    try withExtendedLifetime(builder.files) { try body(image) }
  }

  private init(options: PartOptions, signatures: PCROptions, engine: String?) {
    self.engine = engine
    self.options = options
    self.signatures = signatures
  }

  private mutating func map(_ path: String) throws -> ByteView {
    let file = try MappedFile(path: path)
    files.append(file)
    return file.unsafeBytes
  }

  /// Text, or a file's bytes for `@file`; nil for no text, which leaves a part out.
  private mutating func piece(_ value: String?) throws -> FileContents.Piece? {
    guard let value, !value.isEmpty else { return nil }
    return value.hasPrefix("@") ? .view(try map(String(value.dropFirst()))) : .bytes(Array(value.utf8))
  }

  private mutating func view(_ path: String?) throws -> FileContents.Piece? {
    try path.map { .view(try map($0)) }
  }

  private mutating func build() throws -> UnifiedKernelImage {
    let kernel = try options.linux.map { try mapKernel($0) }
    let architecture = try architecture(kernel?.headers.machine)
    let stubPath = try stub(architecture)
    let stub = try map(stubPath)
    let isProfile = options.profile != nil && options.joinProfile.isEmpty

    var parts: [UnifiedKernelImage.Part] = []
    // A profile's image begins with it; in a UKI all before it is shared by the profiles.
    if isProfile { parts += try profilePart() }
    parts += try ownParts(kernel?.bytes, architecture)
    let measured = parts.count
    for text in options.section {
      guard let (name, value) = PartOptions.parse(section: text) else { continue }
      if let piece = try piece(value) { parts.append(.init(name, piece)) }
    }
    let texts = try options.sbat.map { try text($0) }
    let sbat: UnifiedKernelImage.SBATRule = isProfile ? .keep : .merge(texts, before: parts.count)
    var signer = PCRSigner(signatures, engine: engine)
    if signer.isNeeded, !isProfile {
      signer.share(parts[..<measured])
      if kernel != nil { signer.share(sbat: UnifiedKernelImage.mergedSBAT(stub, kernel?.bytes, texts)) }
    }
    if !isProfile {
      let profile = try profilePart()
      parts += profile
      parts += try signer.signatures(of: profile)
    }
    for path in options.joinProfile {
      let joined: [UnifiedKernelImage.Part]
      do {
        joined = try ProfileSections.parts(of: map(path), withRelease: parts.contains { $0.isNamed(".osrel") })
      } catch let error as ProfileSections.Failure {
        throw Problem(path: path, reason: "\(error)")
      }
      parts += joined
      parts += try signer.signatures(of: joined)
    }
    do {
      return try UnifiedKernelImage(stub: stub, kernel: kernel?.bytes, parts: parts, sbat: sbat)
    } catch {
      throw Problem(path: error.concernsStub ? stubPath : options.linux ?? stubPath, reason: "\(error)")
    }
  }

  /// What one profile has, or all share, but for sections of other names.
  private mutating func ownParts(
    _ kernel: ByteView?, _ architecture: EFIArchitecture
  ) throws -> [UnifiedKernelImage.Part] {
    var parts: [UnifiedKernelImage.Part] = []
    func add(_ name: StaticString, _ piece: FileContents.Piece?) {
      if let piece { parts.append(.init(SectionName(literal: name), piece)) }
    }
    add(".osrel", try piece(osRelease))
    // Text may be folded and indented; a file is meant as it is.
    add(".cmdline", try piece(options.cmdline.map { $0.hasPrefix("@") ? $0 : Self.singleSpaced($0) }))
    add(".dtb", try view(options.devicetree))
    for path in options.devicetreeAuto { add(".dtbauto", try view(path)) }
    add(".hwids", try hardwareIDs(architecture))
    let release = options.uname ?? kernel.flatMap { KernelRelease.find(in: $0) }
    add(".uname", release.flatMap { $0.isEmpty ? nil : .bytes(Array($0.utf8)) })
    add(".splash", try view(options.splash))
    add(".pcrpkey", try publicKey())
    add(".linux", kernel.map { .view($0) })
    if !options.initrd.isEmpty {
      var archives: [ByteView] = []
      for path in options.initrd { archives.append(try map(path)) }
      parts.append(.init(SectionName(literal: ".initrd"), Self.joined(archives)))
    }
    for folder in options.efifw { parts.append(try firmware(folder)) }
    add(".ucode", try view(options.microcode))
    return parts
  }

  private mutating func profilePart() throws -> [UnifiedKernelImage.Part] {
    let text = options.profile ?? (options.joinProfile.isEmpty ? nil : "ID=main")
    return try piece(text).map { [.init(SectionName(literal: ".profile"), $0)] } ?? []
  }

  private mutating func text(_ value: String) throws -> String {
    value.hasPrefix("@") ? String(decoding: try map(String(value.dropFirst())).buffer, as: UTF8.self) : value
  }

  // MARK: Single parts

  private mutating func mapKernel(_ path: String) throws -> (bytes: ByteView, headers: PEHeaders) {
    var bytes = try map(path)
    if CompressedKernel.isThere(bytes) {
      do {
        let unpacked = try CompressedKernel.unpack(bytes)
        let file = try UnnamedFile(in: NSTemporaryDirectory())
        defer { file.close() }
        try unpacked.withUnsafeBytes { _ = try file.descriptor.writeAll($0) }
        files.append(try MappedFile(descriptor: file.descriptor.rawValue, path: path))
        bytes = files[files.count - 1].unsafeBytes
      } catch let error as CompressedKernel.Failure {
        throw Problem(path: path, reason: "\(error)")
      }
    }
    do {
      return (bytes, try PEHeaders(bytes))
    } catch {
      throw Problem(path: path, reason: "\(error)")
    }
  }

  private var osRelease: String? {
    if let given = options.osRelease { return given }
    guard options.linux != nil else { return nil }
    return ["/etc/os-release", "/usr/lib/os-release"].first { FileManager.default.fileExists(atPath: $0) }.map {
      "@" + $0
    }
  }

  private func hardwareIDs(_ architecture: EFIArchitecture) throws -> FileContents.Piece? {
    let folder: String
    if let given = options.hwids {
      guard !given.isEmpty else { return nil }
      folder = given
    } else {
      guard options.linux != nil, FileManager.default.fileExists(atPath: architecture.hardwareIDs) else { return nil }
      folder = architecture.hardwareIDs
    }
    return .bytes(try HardwareIDs.section(folder: folder))
  }

  private mutating func publicKey() throws -> FileContents.Piece? {
    if let path = options.pcrpkey { return try view(path) }
    return try signatures.publicKeyForSection(engine).map { .bytes($0) }
  }

  private mutating func firmware(_ folder: String) throws -> UnifiedKernelImage.Part {
    let (path, id) = try FirmwareImage.find(folder: folder)
    let image = try map(path)
    guard image.count > 0, let size = UInt32(exactly: image.count) else {
      throw Problem(path: path, reason: "a firmware image has 1 byte to 4 GiB")
    }
    var contents = FileContents()
    contents.append(.bytes(FirmwareImage.header(id: id, size: size)))
    contents.append(.view(image))
    return .init(SectionName(literal: ".efifw"), contents)
  }

  /// The archives one after the other, each starting at a multiple of 4.
  static func joined(_ archives: [ByteView]) -> FileContents {
    var contents = FileContents()
    for archive in archives {
      contents.pad(to: (contents.count + 3) & ~3)
      contents.append(.view(archive))
    }
    if archives.count > 1 { contents.pad(to: (contents.count + 3) & ~3) }
    return contents
  }

  private static func singleSpaced(_ text: String) -> String {
    text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }

  // MARK: The stub

  private func architecture(_ machine: UInt16?) throws -> EFIArchitecture {
    guard let machine else {
      guard let own = options.efiArch ?? EFIArchitecture.ofThisMachine else {
        throw Problem(path: "--efi-arch", reason: "is missing: this machine's architecture has no name in EFI")
      }
      return own
    }
    guard let kernel = EFIArchitecture(machine: machine) else {
      throw Problem(path: options.linux ?? "", reason: "no stub is known for \(Machine.name(machine)); give --stub")
    }
    guard options.efiArch ?? kernel == kernel else {
      throw Problem(
        path: options.linux ?? "",
        reason: "the kernel is for \(kernel.rawValue), --efi-arch says \(options.efiArch!.rawValue)")
    }
    return kernel
  }

  private func stub(_ architecture: EFIArchitecture) throws -> String {
    if let stub = options.stub { return stub }
    let path = architecture.stub(forAddon: options.linux == nil)
    guard FileManager.default.fileExists(atPath: path) else {
      throw Problem(
        path: path, reason: "this machine has no such stub (Debian's package systemd-boot-efi); give --stub")
    }
    return path
  }
}
