// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import AtomicFile
import Bytes
import CarriedImage
import Foundation
import Handover
import PE
import SystemPackage
import UKI

/// What `virgil compose` does once its options are known.
extension Compose {
  func compose() throws {
    // A wrong key is told before the work.
    _ = try signing.signer()
    if let input {
      try MappedFile(path: input).withBytes { try carry($0, named: input) }
    } else if noEmulator || isAddon {
      try writeUKI()
    } else {
      try withUKI { try carry($0, named: builtName) }
    }
  }

  // MARK: A carried image

  private func carry(_ payload: ByteView, named name: String) throws {
    // The payload's fault is told first: without a machine there is no emulator to look for.
    let machine = try EmulatorFile.machine(of: payload)
    let emulator = try EmulatorFile.open(self.emulator, machine: machine)
    var options = CarriedImage.Options()
    options.console = consoleDefault(payload, machine)
    options.policy = policy.policy
    options.signatures = try trust.signatures().bytes
    try sidecars.withSidecars(for: output) { sidecars in
      options.sidecars = sidecars
      // What goes with a built image is in its sections.
      try parts.withExtras(ifNotBuilt: input != nil) { initrd, commandLine in
        options.initrd = initrd
        options.commandLine = commandLine
        if console == nil, let commandLine {
          options.console = ConsoleOption.find(in: commandLine, machine) ?? options.console
        }
        try emulator.withBytes { blob in
          try finish(plan(payload, named: name, blob, emulator.path, options))
        }
      }
    }
  }

  private func plan(
    _ payload: ByteView, named name: String, _ blob: ByteView, _ blobPath: String, _ options: CarriedImage.Options
  ) throws -> Plan {
    var hashing = Progress("reading \(name)", total: payload.count)
    do {
      return try CarriedImage.plan(payload: payload, emulator: blob, options: options) { hashing.report($0) }
    } catch {
      if error.concernsEmulator { throw Problem(path: blobPath, reason: "\(error)") }
      throw error
    }
  }

  private func finish(_ plan: Plan) throws {
    let kexec = KexecCommand(output ?? "OUT.efi", plan)
    guard !dryRun, let output else {
      print(json ? try ComposePlanReport(plan, output: output, kexec).text : "\(plan)\n\n\(kexec)")
      return
    }
    // What is lost is said even where nobody looks at a plan.
    if let signature = plan.lostSignature { complain("note: \(signature)") }
    try write(output, size: plan.fileSize) { try plan.write(progress: $0, to: $1) }
    print("\(output): \(plan.fileSize) bytes; boot it with: \(kexec.load) && systemctl kexec")
  }

  private func consoleDefault(_ payload: ByteView, _ machine: UInt16) -> ConsoleDescription? {
    if let console { return ConsoleOption.parse(console) }
    return ConsoleOption.fromCommandLine(of: payload, machine: machine)
  }

  private func write(
    _ path: String, size: Int,
    _ body: ((Int) -> Void, (UnsafeRawBufferPointer) throws -> Void) throws -> Void
  ) throws {
    var progress = Progress("writing \(path)", total: size)
    func write(_ file: FileDescriptor) throws {
      try body({ progress.report($0) }, { try file.writeAll($0) })
    }
    if let signer = try signing.signer() {
      let signature = try signer.write(path, write)
      print("\(path): \(Sign.line(signature)) (\(signer.tool.rawValue))")
    } else {
      try AtomicFile.write(to: FilePath(path), write)
    }
  }

  // MARK: A Unified Kernel Image

  private var builtName: String { "the image built from \(parts.linux ?? signatures.joinPcrsig ?? "")" }

  private func withImage(_ body: (FileContents) throws -> Void) throws {
    guard let path = signatures.joinPcrsig, let text = signatures.pcrsig else {
      return try PartBuilder.withImage(parts, signatures, engine: signing.signingEngine) { try body($0.contents) }
    }
    let source = text.hasPrefix("@") ? String(text.dropFirst()) : "--pcrsig"
    let json = text.hasPrefix("@") ? try MappedFile(path: source).withBytes { Array($0.buffer) } : Array(text.utf8)
    let signatures = try Signatures(json: json, path: source)
    try MappedFile(path: path).withBytes { try body(PCRJoin.contents($0, path: path, signatures)) }
  }

  private func writeUKI() throws {
    try withImage { image in
      let what = parts.profile != nil && isAddon ? "profile" : isAddon ? "add-on" : "UKI"
      guard !dryRun, let output else {
        try printLayout(of: image, what)
        return
      }
      try write(output, size: image.count) { try image.write(progress: $0, to: $1) }
      let text = ["UKI": "a Unified Kernel Image", "profile": "a profile, for --join-profile"][what]
      print("\(output): \(image.count) bytes, \(text ?? "an add-on to UKIs")")
    }
  }

  /// The layout of an image without an emulator.
  private func printLayout(of image: FileContents, _ what: String) throws {
    try withFile(image, in: NSTemporaryDirectory()) { bytes in
      let report = try reporting { () throws(PEError) in try ImageReport(file: output ?? "OUT.efi", bytes: bytes) }
      print(json ? try report.json : "\(what): \(image.count) bytes\n\n" + InspectMap(report).text)
    }
  }

  private func reporting<Result>(_ body: () throws(PEError) -> Result) throws -> Result {
    do { return try body() } catch { throw Problem(path: builtName, reason: "\(error)") }
  }

  /// Builds the image into a file without a name, beside the output, and hands it over mapped: a carried image is
  /// made from a file, and an initrd may be larger than the memory.
  private func withUKI(_ body: (ByteView) throws -> Void) throws {
    let beside = output.map { FilePath($0).removingLastComponent() } ?? FilePath(NSTemporaryDirectory())
    try withImage { try withFile($0, in: beside.isEmpty ? "." : beside.string, body) }
  }

  private func withFile(_ contents: FileContents, in folder: String, _ body: (ByteView) throws -> Void) throws {
    let file = try UnnamedFile(in: folder)
    defer { file.close() }
    var progress = Progress("building the image", total: contents.count)
    do {
      try contents.write(progress: { progress.report($0) }) { try file.descriptor.writeAll($0) }
    } catch let error as Errno {
      throw IOProblem(path: folder, reason: error.description)
    }
    try MappedFile(descriptor: file.descriptor.rawValue, path: builtName).withBytes(body)
  }
}
