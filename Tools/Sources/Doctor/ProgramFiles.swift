// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Foundation
import Subprocess
import SystemPackage

/// The programs that have to do with kexec and EFI images, and how to ask each for its version.
enum ProgramFiles {
  static let known: [(name: String, arguments: [String])] = [
    ("kexec", ["--version"]), ("kexec-efi-load", ["--version"]), ("systemctl", ["--version"]),
    ("ukify", ["--version"]), ("sbsign", ["--version"]), ("osslsigncode", ["--version"]),
    ("qemu-system-x86_64", ["--version"]), ("qemu-system-aarch64", ["--version"]),
  ]

  /// Where they are looked for besides $PATH: users' paths often lack what is root's.
  private static let folders = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"]

  static func find(_ name: String, in files: MachineFiles, path: String?) -> String? {
    let own = files.root.isEmpty ? (path ?? "").split(separator: ":").map(String.init).filter { $0.hasPrefix("/") } : []
    return (own + folders + ["/usr/lib/systemd"]).lazy.map { "\($0)/\(name)" }.first { files.isExecutable($0) }
  }

  /// What a program says of its version; nil when it does not say it within seconds.
  static func version(of path: String, _ arguments: [String]) async -> String? {
    // Not Foundation's Process: it waits for ever where there are no sockets, as in an initramfs.
    await withTaskGroup(of: String?.self) { group in
      group.addTask {
        var options = PlatformOptions()
        options.teardownSequence = [.send(signal: .kill, allowedDurationToNextStep: .zero)]
        let ended = try? await Subprocess.run(
          .path(FilePath(path)), arguments: Arguments(arguments), platformOptions: options, input: .none,
          output: .string(limit: 64 << 10), error: .discarded)
        return ended.flatMap { version(in: $0.standardOutput) }
      }
      group.addTask {
        try? await Task.sleep(for: .seconds(10))
        return nil
      }
      let first = await group.next() ?? nil
      group.cancelAll()
      return first
    }
  }

  /// The first word with a digit in front and, if it is not all, a dot: `kexec-tools 2.0.25 released …`, `systemd 257`.
  static func version(in text: String) -> String? {
    guard let line = text.split(whereSeparator: \.isNewline).first else { return nil }
    let words = line.split { " ,()".contains($0) }.map { $0.hasPrefix("v") ? $0.dropFirst() : $0 }
    return words.first {
      $0.first?.isNumber == true && $0.allSatisfy { $0.isLetter || $0.isNumber || ".-+~:".contains($0) }
    }
    .map(String.init)
  }
}
