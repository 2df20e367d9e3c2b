// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Bytes
import CarriedImage
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
    return try MappedFile(path: find("virgil-\(Machine.name(machine)).blob", option: "--emulator FILE"))
  }

  /// Looks for a file where emulators are.
  ///
  /// - Parameter option: what to give instead, for the error
  static func find(_ name: String, option: String) throws -> String {
    let candidates = folders().map { $0 + "/" + name }
    guard let found = candidates.first(where: { FileManager.default.fileExists(atPath: $0) }) else {
      throw IOProblem(
        path: name, reason: "no such emulator in \(folders().joined(separator: ", ")); give \(option)")
    }
    return found
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
