// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import ArchiveWriter
import SystemPackage

/// The initramfs archives that the two kernels of a guest start with.
public enum Initramfs {
  /// The commands that the scripts use; `sh`'s own are not among them.
  static let applets = [
    "cat", "cut", "dmesg", "find", "grep", "head", "insmod", "ls", "mount", "od", "poweroff", "reboot", "sed", "sh",
    "sha256sum", "sort", "stat", "tail", "tr", "uname", "wc", "xargs",
  ]

  /// Modules to load where the running kernel has this release.
  public struct Modules: Sendable {
    public let release: String
    /// Compressed or not.
    public let files: [FilePath]

    public init(release: String, files: [FilePath]) {
      self.release = release
      self.files = files
    }

    /// What the scripts need of a kernel's modules: efivarfs.
    public init(of kernel: Material.Kernel) {
      // Debian's kernels before 6.6 have their modules uncompressed.
      let plain = kernel.modules.appending("kernel/fs/efivarfs/efivarfs.ko")
      let isPlain = (try? FileDescriptor.open(plain, .readOnly).closeAfter { true }) ?? false
      self.init(
        release: kernel.release,
        files: [isPlain ? plain : kernel.modules.appending("kernel/fs/efivarfs/efivarfs.ko.xz")])
    }
  }

  /// The first kernel's: kexec-tools, the image, and a script that loads the one with the other.
  ///
  /// - Parameters:
  ///   - kexec: the program and the folder of its libraries
  ///   - command: how kexec is run, without its name; files are those that `carrying` names
  ///   - carrying: files by the name they get in the guest
  public static func first(
    busybox: FilePath, kexec: (program: FilePath, root: FilePath), command: [String], carrying: [String: FilePath],
    modules: [Modules]
  ) throws -> Cpio {
    var archive = try base(busybox: busybox, script: firstScript, modules: modules)
    try archive.add("bin/kexec", .file(kexec.program))
    try archive.add(tree: kexec.root)
    for (name, path) in carrying { try archive.add(name, .file(path), permissions: 0o644) }
    try archive.add("virgil/kexec", .bytes(Array(kexecScript(command).utf8)))
    return archive
  }

  /// The second kernel's: a script that prints what it finds.
  public static func second(busybox: FilePath, modules: [Modules]) throws -> Cpio {
    var archive = try base(busybox: busybox, script: secondScript, modules: modules)
    try archive.add("virgil/state", .bytes(Array(stateScript.utf8)), permissions: 0o644)
    return archive
  }

  /// The file that the first script runs.
  static func kexecScript(_ command: [String]) -> String {
    (["exec", "kexec"] + command.map(shellQuoted)).joined(separator: " ") + "\n"
  }

  private static func base(busybox: FilePath, script: String, modules: [Modules]) throws -> Cpio {
    var archive = Cpio()
    for folder in ["dev", "proc", "sys", "tmp"] { try archive.add(folder, .folder) }
    // The kernel opens it for us before devtmpfs can be mounted.
    try archive.add("dev/console", .characterDevice(major: 5, minor: 1), permissions: 0o600)
    try archive.add("bin/busybox", .file(busybox))
    for applet in applets { try archive.add("bin/\(applet)", .link(to: "busybox")) }
    try archive.add("init", .bytes(Array(script.utf8)))
    for set in modules {
      for file in set.files {
        guard let name = file.lastComponent?.string.split(separator: ".").first else { continue }
        try archive.add(
          "virgil/modules/\(set.release)/\(name).ko", .bytes(try Decompressed.contents(of: file)), permissions: 0o644)
      }
    }
    return archive
  }
}

/// A word as a POSIX shell takes it literally.
func shellQuoted(_ word: String) -> String {
  let plain = word.utf8.allSatisfy { byte in
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
      || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || "-_./=,:+@%".utf8.contains(byte)
  }
  if plain && !word.isEmpty { return word }
  return "'" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
}
