// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Foundation
import Subprocess
import SystemPackage

/// kexec-tools' program.
enum KexecProgram {
  enum Failure: Error, CustomStringConvertible {
    case missing
    case refused(String, status: String, isLockedDown: Bool)
    case notComposed(String, status: String)

    var isMissing: Bool { if case .missing = self { true } else { false } }

    var description: String {
      switch self {
      case .missing: "there is no kexec in $PATH, /usr/sbin and /sbin: install kexec-tools"
      case .refused(let words, let status, let isLockedDown):
        "kexec failed (\(status)): \(words)"
          + (isLockedDown ? "; the kernel is locked down: it takes images only that are signed by a key it trusts" : "")
      case .notComposed(let image, let status): "\(image): could not be composed (\(status)), as said above"
      }
    }
  }

  static func unloading(crash: Bool) -> [String] { ["--unload"] + (crash ? ["--load-panic"] : []) }

  /// Runs kexec; throws what it says if it fails.
  static func run(_ arguments: [String]) async throws {
    // Users' PATH may lack the folder of the administrator's programs.
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":") + ["/usr/sbin", "/sbin"]
    guard let program = folders.map({ "\($0)/kexec" }).first(where: FileManager.default.isExecutableFile) else {
      throw Failure.missing
    }
    let done = try await Subprocess.run(
      .path(FilePath(program)), arguments: Arguments(arguments),
      output: .fileDescriptor(.standardError, closeAfterSpawningProcess: false),
      error: .string(limit: 64 << 10))
    guard done.terminationStatus.isSuccess else {
      let words = done.standardError.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
      throw Failure.refused(
        words.isEmpty ? "it said nothing" : words.joined(separator: "; "), status: "\(done.terminationStatus)",
        isLockedDown: KernelState.isLockedDown)
    }
  }

  /// Composes an image by a `virgil compose` of this program's own, with the image's name for its place.
  static func compose(_ image: String, to output: String) async throws {
    let done = try await Subprocess.run(
      .path("/proc/self/exe"), arguments: ["compose", image, "--output", output], output: .discarded,
      error: .fileDescriptor(.standardError, closeAfterSpawningProcess: false))
    guard done.terminationStatus.isSuccess else {
      throw Failure.notComposed(image, status: "\(done.terminationStatus)")
    }
  }
}

/// What the running kernel says of itself.
enum KernelState {
  static func isLoaded(crash: Bool) -> Bool {
    text(crash ? "/sys/kernel/kexec_crash_loaded" : "/sys/kernel/kexec_loaded") == "1"
  }

  /// Of `none [integrity] confidentiality`, the one in brackets counts.
  static var isLockedDown: Bool {
    text("/sys/kernel/security/lockdown").map { !$0.contains("[none]") } ?? false
  }

  /// Why no crash kernel can be loaded; nil if nothing is known to be in the way.
  static func crashProblem() -> String? {
    guard let size = text("/sys/kernel/kexec_crash_size") else { return "the running kernel has no kexec for crashes" }
    return size == "0"
      ? "the running kernel has reserved no memory for a crash kernel: boot it with crashkernel=512M or so" : nil
  }

  private static func text(_ path: String) -> String? {
    FileManager.default.contents(atPath: path).map {
      String(decoding: $0, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }
  }
}
