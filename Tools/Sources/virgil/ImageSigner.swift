// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import AtomicFile
import Authenticode
import Bytes
import Foundation
import SystemPackage
import UKI
import X509

/// Signs images by a signing tool: it makes the signature, of a copy without any, and everything else in the file stays
/// as it was. What comes out is checked before it gets its name.
struct ImageSigner {
  /// A file or a PKCS#11 URI, both.
  let key: String
  let certificate: String
  /// nil for a URI.
  let parsed: Certificate?
  let tool: SigningTool
  let engine: String?
  let module: String?

  static func isURI(_ text: String) -> Bool { text.lowercased().hasPrefix("pkcs11:") }

  /// Signs what `body` writes, and puts it at `output`.
  ///
  /// - Returns: what it now says of itself.
  @discardableResult
  func write(_ output: String, _ body: (FileDescriptor) throws -> Void) throws -> SignatureSummary {
    try Self.inFolder(beside: output) { folder in
      let unsigned = folder + "/unsigned.efi"
      try AtomicFile.write(to: FilePath(unsigned), body)
      return try MappedFile(path: unsigned).withBytes { try sign($0, named: output, kept: [], to: output, folder) }
    }
  }

  /// Signs an image, and puts it at `output`.
  ///
  /// - Parameters:
  ///   - name: what errors call it
  ///   - kept: entries of its certificate table that stay, behind the new one: Linux looks at the first only
  ///   - permissions: of the file
  func sign(
    _ file: ByteView, named name: String, kept: [[UInt8]], to output: String,
    permissions: FilePermissions = [.ownerReadWrite, .groupRead, .otherRead]
  ) throws -> SignatureSummary {
    try Self.inFolder(beside: output) {
      try sign(file, named: name, kept: kept, to: output, $0, permissions: permissions)
    }
  }

  private func sign(
    _ file: ByteView, named name: String, kept: [[UInt8]], to output: String, _ folder: String,
    permissions: FilePermissions = [.ownerReadWrite, .groupRead, .otherRead]
  ) throws -> SignatureSummary {
    let image: SignedFile
    do { image = try SignedFile(file) } catch { throw Problem(path: name, reason: "cannot be signed: \(error)") }
    // The copy for the tool, the tool's, ours, and the one that gets the name.
    var progress = Progress("signing \(name)", total: 4 * file.count)
    let bare = folder + "/bare.efi"
    try AtomicFile.write(to: FilePath(bare)) { target in try image.write(entries: []) { try target.writeAll($0) } }
    progress.report(file.count)
    let entry = try entryMade(of: bare, in: folder, name)
    progress.report(2 * file.count)
    let result = folder + "/result.efi"
    try AtomicFile.write(to: FilePath(result)) { target in
      try image.write(entries: [entry] + kept) { try target.writeAll($0) }
    }
    return try MappedFile(path: result).withBytes { bytes in
      progress.report(3 * file.count)
      let summary = try check(bytes, name)
      try AtomicFile.write(to: FilePath(output), permissions: permissions) { try $0.writeAll(bytes.buffer) }
      return summary
    }
  }

  /// The entry that the tool adds to the certificate table of a file that has none.
  private func entryMade(of bare: String, in folder: String, _ name: String) throws -> [UInt8] {
    let signed = folder + "/signed.efi"
    try run(from: bare, to: signed, name)
    return try MappedFile(path: signed).withBytes { bytes in
      let found = (try? ImageDigest(bytes)).map { ImageSignature.all(of: $0, in: bytes) }
      guard let signature = found?.signatures.first, found?.signatures.count == 1 else {
        throw Problem(path: name, reason: "\(tool.rawValue) has not made one signature of it")
      }
      return CertificateTable.entry(signature.entry.contents.buffer)
    }
  }

  private func check(_ bytes: ByteView, _ name: String) throws -> SignatureSummary {
    do {
      let found = ImageSignature.all(of: try ImageDigest(bytes), in: bytes)
      guard let signature = found.signatures.first, found.problem == nil else {
        throw Problem(path: name, reason: "\(tool.rawValue) signs it, but: \(found.problem ?? "there is no signature")")
      }
      if case .wrongSignature? = signature.signers.first?.fault {
        throw Problem(path: key, reason: "not the key of the certificate \(certificate)")
      }
      if let fault = signature.fault {
        throw Problem(path: name, reason: "signed by \(tool.rawValue), but the signature does not hold: \(fault)")
      }
      return SignatureSummary(signature)
    } catch let failure as ImageDigest.Failure {
      throw Problem(path: name, reason: "\(failure)")
    }
  }

  private func run(from input: String, to output: String, _ name: String) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: tool.path ?? tool.rawValue)
    process.arguments = tool.arguments(self, from: input, to: output)
    process.standardOutput = FileHandle.nullDevice
    // Standard input stays: a token's PIN or a key's passphrase may be asked for.
    let pipe = Pipe()
    process.standardError = pipe
    do { try process.run() } catch {
      throw Problem(path: tool.rawValue, reason: "cannot be started; Debian has it in the package \(tool.package)")
    }
    let said = String(decoding: (try? pipe.fileHandleForReading.readToEnd()) ?? Data(), as: UTF8.self)
    process.waitUntilExit()
    guard process.terminationReason == .exit, process.terminationStatus == 0 else {
      let lines = said.split(separator: "\n").suffix(3).joined(separator: "; ")
      throw Problem(path: name, reason: "\(tool.rawValue) cannot sign it: \(lines)")
    }
  }

  /// Makes a folder for the steps, and removes it with all it holds.
  private static func inFolder<Result>(beside output: String, _ body: (String) throws -> Result) throws -> Result {
    let parent = FilePath(output).removingLastComponent()
    var name = Array(((parent.isEmpty ? "." : parent.string) + "/.virgil-sign.XXXXXX").utf8CString)
    guard mkdtemp(&name) != nil else {
      throw IOProblem(path: output, reason: "no folder can be made beside it: \(String(cString: strerror(errno)))")
    }
    let folder = String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    return try body(folder)
  }
}
