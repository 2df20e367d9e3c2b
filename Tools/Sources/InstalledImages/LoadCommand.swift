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

  public var image: String
  public var method = Method.auto
  public var isCrash = false
  /// Whether the image has a command line of its own, or none is wanted.
  public var hasCommandLine = true
  public var commandLine: String?
  public var initrd: String?
  public var options: [String] = []

  public init(image: String) { self.image = image }

  public var arguments: [String] {
    var list = [method.option, isCrash ? "--load-panic" : "--load", image]
    // A blank line means the image's own; none at all, and kexec-tools on arm64 would hand the running kernel's on.
    if let commandLine {
      list.append("--command-line=\(commandLine)")
    } else {
      list.append(hasCommandLine ? "--command-line= " : "--reuse-cmdline")
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
