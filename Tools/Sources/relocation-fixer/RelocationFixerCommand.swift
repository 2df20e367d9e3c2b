// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import ArgumentParser
import AtomicFile
import Bytes
import Foundation
import RelocationFixer
import SystemPackage

/// `relocation-fixer EMULATOR.elf -o OUT.blob`
@main
struct RelocationFixerCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "relocation-fixer",
    abstract: "Prove that a linked emulator needs relative relocations only, and write it as a flat blob.",
    discussion: """
      The ELF file is refused when anything but its RELR table would have to be resolved before it runs, or when \
      a page of it would be writable and executable. The blob is written with its header filled in and all but \
      its head packed, and a description of it in JSON beside it.

      EXAMPLES
        relocation-fixer Emulator --runtime Runtime -o virgil-aarch64.blob

      EXIT STATUS
        0   written
        1   an ELF file is refused, or the blob is over the limit
        64  the command line is wrong
        74  a file could not be read or written
      """)

  @Argument(help: ArgumentHelp("The linked emulator.", valueName: "emulator.elf"), completion: .file())
  var emulator: String

  @Option(help: ArgumentHelp("The linked runtime image, which the blob is to carry.", valueName: "runtime.elf"))
  var runtime: String?

  @Option(name: [.short, .long], help: ArgumentHelp("The blob to write.", valueName: "out.blob"))
  var output: String

  @Option(help: ArgumentHelp("The description to write. (default: the blob's name with .json)", valueName: "out.json"))
  var description: String?

  @Option(help: ArgumentHelp("Refuse a blob that is larger.", valueName: "bytes"))
  var limit: Int?

  @Flag(help: "Leave the blob as it is in memory instead of packing what lies behind its head.")
  var plain = false

  @Flag(help: "Print the description instead of one line.")
  var json = false

  /// ArgumentParser's own errors look like all others.
  static var _errorPrefix: String { "relocation-fixer: error: " }

  func run() throws {
    let path = FilePath(output)
    guard let stem = path.stem else { throw ValidationError("--output must name a file, not '\(output)'.") }
    let images = (emulator: try prove(emulator, .emulator), runtime: try runtime.map { try prove($0, .runtime) })
    let bytes: [UInt8]
    let blob: BlobDescription
    do {
      let unpacked = try EmulatorBlob(images.emulator, runtime: images.runtime, name: stem)
      let packed = plain ? nil : try PackedBlob(unpacked)
      bytes = packed?.bytes ?? unpacked.bytes
      blob = packed?.description ?? unpacked.description
    } catch {
      throw fail(1, "\(runtime ?? emulator): \(error)")
    }
    if let limit, bytes.count > limit {
      throw fail(1, "\(emulator): the blob takes \(bytes.count) bytes; expected at most \(limit)")
    }
    let description = try blob.json()
    try write(bytes, to: path)
    try write(description, to: self.description.map { FilePath($0) } ?? beside(path, stem))
    if json {
      try FileHandle.standardOutput.write(contentsOf: Data(description))
    } else {
      print(blob.summary)
    }
  }

  private func beside(_ blob: FilePath, _ stem: String) -> FilePath {
    blob.removingLastComponent().appending(stem + ".json")
  }

  private func prove(_ path: String, _ role: ProvenImage.Role) throws -> ProvenImage {
    let data: Data
    do {
      let file = try FileDescriptor.open(FilePath(path), .readOnly)
      data = try file.closeAfter { try FileHandle(fileDescriptor: file.rawValue).readToEnd() ?? Data() }
    } catch {
      throw fail(74, "cannot read \(path): \((error as? Errno)?.description ?? "no regular file")")
    }
    do {
      return try data.withUnsafeBytes { try ProvenImage(ByteView($0), as: role) }
    } catch {
      throw fail(1, "\(path): \(error)")
    }
  }

  private func write(_ bytes: [UInt8], to path: FilePath) throws {
    do {
      try bytes.withUnsafeBytes { try AtomicFile.write($0, to: path) }
    } catch {
      throw fail(74, "\(error)")
    }
  }

  /// Says on standard error what is wrong; the result ends the command.
  private func fail(_ status: Int32, _ message: String) -> ExitCode {
    FileHandle.standardError.write(Data("relocation-fixer: error: \(message)\n".utf8))
    return ExitCode(status)
  }
}
