// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Foundation
import KernelBundle
import UKI

/// Where the kernel series is, and the emulators that go into it.
enum KernelSeries {
  /// - Parameter path: what the user has given
  static func open(_ path: String?) throws -> Series {
    var date: UInt64?
    if let text = ProcessInfo.processInfo.environment["SOURCE_DATE_EPOCH"], !text.isEmpty {
      guard let seconds = UInt64(text), seconds < 253_402_300_800 else {
        throw Problem(path: "SOURCE_DATE_EPOCH", reason: "'\(text)' is no number of seconds since 1970")
      }
      date = seconds
    }
    return try Series(folder(path), date: date)
  }

  private static func folder(_ path: String?) throws -> SeriesFolder {
    if let path { return try SeriesFolder(path) }
    if let path = ProcessInfo.processInfo.environment["VIRGIL_KERNEL_SERIES"], !path.isEmpty {
      return try SeriesFolder(path)
    }
    // A checkout has the program in artefacts/; a release has all in one folder, or below lib/.
    let candidates = EmulatorFile.besideProgram(["../kernel", "kernel", "../lib/virgil/kernel"])
    guard let found = candidates.first(where: { FileManager.default.fileExists(atPath: $0 + "/lines") }) else {
      throw IOProblem(
        path: "kernel",
        reason: "the kernel series is in none of \(candidates.joined(separator: ", ")); give --source FOLDER")
    }
    return try SeriesFolder(found)
  }

  /// The emulators that the series needs, by target.
  static func blobs(for series: Series, in folder: String?) throws -> [String: EmulatorBlob] {
    let version = try series.blobVersion()
    var blobs: [String: EmulatorBlob] = [:]
    for target in series.targets {
      let name = EmulatorBlob.fileName(target)
      let file =
        try folder.map { try MappedFile(path: $0 + "/" + name) }
        ?? EmulatorFile.find(name, option: "--emulators FOLDER")
      let bytes = file.withBytes { Array($0.buffer) }
      blobs[target] = try EmulatorBlob(bytes, target: target, path: file.path, version: version)
    }
    return blobs
  }

  /// The static loader's programs, as far as they are where emulators are. Says which are not.
  static func loaders(in folder: String?) throws -> [String: [UInt8]] {
    var loaders: [String: [UInt8]] = [:]
    for target in EmulatorBlob.targets {
      let name = SeriesBundle.loaderName(target)
      let path = folder.map { $0 + "/" + name } ?? EmulatorFile.path(of: name)
      guard let path, FileManager.default.fileExists(atPath: path) else {
        complain("note: there is no \(name) beside the emulators: the bundle has its source only")
        continue
      }
      loaders[target] = try MappedFile(path: path).withBytes { Array($0.buffer) }
    }
    return loaders
  }
}
