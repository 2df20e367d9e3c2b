// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Bytes
import CarriedImage
import EmbeddedEmulators
import Foundation
import PE
import UKI

/// Where the emulator's blob is.
enum EmulatorFile {
  /// The PE machine type of a payload. Throws what makes it no PE file.
  static func machine(of payload: ByteView) throws -> UInt16 {
    do {
      return try PEHeaders(payload).machine
    } catch {
      throw Refusal.notPE(error)
    }
  }

  /// - Parameters:
  ///   - path: what the user has given
  ///   - machine: the payload's
  static func open(_ path: String?, machine: UInt16) throws -> MappedFile {
    if let path { return try MappedFile(path: path) }
    guard machine == PEMachine.arm64 || machine == PEMachine.x86_64 else { throw Refusal.machine(machine) }
    return try find("virgil-\(Machine.name(machine)).blob", option: "--emulator FILE")
  }

  /// Looks for a file where emulators are: in $VIRGIL_EMULATORS, beside this program, inside of it.
  ///
  /// - Parameter option: what to give instead, for the error
  static func find(_ name: String, option: String) throws -> MappedFile {
    if let path = path(of: name) { return try MappedFile(path: path) }
    if let inside = EmbeddedEmulator.all.first(where: { $0.fileName == name }) {
      return MappedFile(named: "\(name) inside this program", bytes: inside.blob)
    }
    throw IOProblem(
      path: name, reason: "no such file in \(folders().joined(separator: ", ")), nor in this program; give \(option)")
  }

  /// The path of a file that is where emulators are, on disk.
  static func path(of name: String) -> String? {
    folders().map { $0 + "/" + name }.first { FileManager.default.fileExists(atPath: $0) }
  }

  private static func folders() -> [String] {
    var folders: [String] = []
    if let folder = ProcessInfo.processInfo.environment["VIRGIL_EMULATORS"], !folder.isEmpty {
      folders.append(folder)
    }
    return folders + besideProgram(["", "../lib/virgil"])
  }

  /// Folders by their place relative to that of this program.
  static func besideProgram(_ places: [String]) -> [String] {
    guard let program = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") else { return [] }
    let beside = URL(fileURLWithPath: program).deletingLastPathComponent()
    return places.map { beside.appendingPathComponent($0).standardizedFileURL.path }
  }
}
