// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// The kexec command that loads a composed image.
public struct LoadCommand: Sendable {
  /// Which of the kernel's two system calls loads it.
  public enum Method: String, Sendable, CaseIterable {
    /// The kernel reads the file (kexec_file_load), where it can; else as `classic`.
    case auto
    /// The kernel reads the file. With lockdown it takes no other way.
    case file
    /// kexec-tools reads the file (kexec_load).
    case classic

    var option: String {
      switch self {
      case .auto: "--kexec-syscall-auto"
      case .file: "--kexec-file-syscall"
      case .classic: "--kexec-syscall"
      }
    }
  }

  /// What the image is started with.
  public enum Line: Sendable {
    /// A command line that the image has of its own.
    case own(String)
    /// The running kernel's, for a kernel that has none.
    case running
    case given(String)
  }

  /// What every crash kernel wants: one CPU, for the one that has crashed need not be the first, and devices that are
  /// taken for being in the midst of something.
  public static let crashWords = "nr_cpus=1 reset_devices"

  public var image: String
  public var method = Method.auto
  public var isCrash = false
  public var line = Line.own("")
  public var initrd: String?
  public var options: [String] = []

  public init(image: String) { self.image = image }

  public var arguments: [String] {
    var list = [method.option, isCrash ? "--load-panic" : "--load", image]
    switch (line, isCrash) {
    // A blank line means the image's own; none at all, and kexec-tools on arm64 would hand the running kernel's on.
    case (.own, false): list.append("--command-line= ")
    // kexec-tools or the kernel adds where the crashed kernel's memory is. Then the line is no longer blank, and counts.
    case (.own(let line), true): list.append("--command-line=\(line.isEmpty ? "" : line + " ")\(Self.crashWords)")
    case (.running, false): list.append("--reuse-cmdline")
    case (.running, true): list += ["--reuse-cmdline", "--append=\(Self.crashWords)"]
    case (.given(let line), _): list.append("--command-line=\(line)")
    }
    if let initrd { list.append("--initrd=\(initrd)") }
    return list + options
  }

  /// The command as one would type it.
  public static func line(_ arguments: [String]) -> String {
    (["kexec"] + arguments).map(quoted).joined(separator: " ")
  }

  private static func quoted(_ word: String) -> String {
    let isPlain = word.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "/._-+=,:@".contains($0)) }
    return isPlain
      ? word : "'" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
  }
}
