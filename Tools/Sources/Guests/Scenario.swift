// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import SystemPackage

/// An image, the road it is booted by, and the machine it is booted on.
public struct Scenario: Sendable {
  public enum Road: String, Sendable, CaseIterable {
    /// The system call kexec_load: `kexec -c`.
    case kexec
    /// The system call kexec_file_load: `kexec -s`.
    case kexecFile = "kexec-file"
    /// `kexec -c -p`, and then the first kernel panics.
    case kexecCrash = "kexec-crash"
    /// UEFI firmware, no first kernel.
    case firmware
  }

  public enum Failure: Error, CustomStringConvertible {
    case noKexecFile(Architecture)
    case unknownArchitecture(FilePath)
    case otherArchitecture(FilePath, is: Architecture, machine: Architecture)
    case initrdNeedsKernel
    case cannotExport(FilePath, reason: String)
    case noSecureBoot(Architecture)

    public var description: String {
      switch self {
      case .noKexecFile(let architecture):
        "--via kexec-file: Debian's \(architecture.rawValue) kernels have no kexec_file_load; "
          + "use --via kexec, or --first-kernel with one that has it"
      case .unknownArchitecture(let path):
        "\(path) is neither a PE file nor a kernel image for aarch64 or x86_64; if it is to be booted all the same, "
          + "give --arch"
      case .otherArchitecture(let path, let own, let machine):
        "\(path) is an image for \(own.rawValue), not for \(machine.rawValue)"
      case .initrdNeedsKernel:
        "--via firmware with --initrd needs --command-line as well"
      case .cannotExport(let folder, let reason): "--export \(folder): \(reason)"
      case .noSecureBoot(let architecture):
        "--secure-boot: the material's firmware for \(architecture.rawValue) has none; it is for x86_64"
      }
    }
  }

  public var image: BootImage
  public var architecture: Architecture
  public var road = Road.kexec
  public var memory = Memory(mebibytes: 1024)
  public var cpus = 1
  public var exceptionLevel = 1
  /// As in `QEMU`.
  public var cpu: String?
  public var machineOptions: String?
  /// Given to the image by kexec, or by the firmware's own kernel loader.
  public var initrd: FilePath?
  /// The same; an image that brings its own needs none.
  public var commandLine: String?
  /// A folder whose files are on the disk that firmware boots from, besides the image.
  public var diskFiles: FilePath?
  public var kernelLine = "6.12"
  /// Instead of the material's kernel of `kernelLine`.
  public var firstKernel: FilePath?
  /// Whether the first kernel is booted by UEFI; with Secure Boot it always is.
  public var firstFirmware = false
  /// Secure Boot with this key: the first kernel is signed with it, the image is up to whoever made it.
  public var secureBoot: SecureBootKey?
  /// Added to the first kernel's command line.
  public var appendFirst: String?
  public var kexecTools = "2.0.29"
  /// Whether the machine is hardware, of whose memory nothing is known: for export, not for QEMU.
  public var isHardware = false

  /// - Parameter architecture: the machine's, unless the image's header names it. Throws `Failure`.
  public init(image: BootImage, architecture: Architecture? = nil) throws(Failure) {
    switch (image.architecture, architecture) {
    case (nil, nil): throw .unknownArchitecture(image.path)
    case (let own?, let wanted?) where own != wanted:
      throw .otherArchitecture(image.path, is: own, machine: wanted)
    case (let own, let wanted): self.architecture = wanted ?? own ?? .aarch64
    }
    self.image = image
  }

  /// Whether there is a first kernel that firmware boots.
  var firstIsByFirmware: Bool { road != .firmware && (firstFirmware || secureBoot != nil) }

  /// The arguments of kexec in the first kernel's script.
  var kexecCommand: [String] {
    var list = [road == .kexecFile ? "-s" : "-c"]
    if architecture == .aarch64, road == .kexecCrash {
      list.append("--no-checks")
    } else if architecture == .aarch64, road == .kexec, !isHardware {
      // Without these, loading takes up to a minute at random under QEMU, and purgatory's SHA-256 another quarter of
      // one. Memory begins at 1 GiB on the virt machine: the image goes into its upper half.
      let base = 1 << 30
      list += ["--no-checks", "--mem-min=0x" + String(base + memory.bytes / 2, radix: 16)]
    }
    list += [road == .kexecCrash ? "-p" : "-l", "/image"]
    if initrd != nil { list.append("--initrd=/initrd") }
    // Blank rather than none: kexec-tools on arm64 would hand the first kernel's line on, which is not this image's.
    list.append("--command-line=\(commandLine ?? " ")")
    return list
  }

  /// The first kernel's command line. On a busy machine the timer's ticks may come so late that an x86 kernel takes the
  /// interrupt controller for broken, and panics: `no_timer_check`.
  var firstCommandLine: String {
    "console=\(architecture.console) loglevel=4 panic=-1 rdinit=/init"
      + (architecture == .x86_64 ? " no_timer_check" : "") + (road == .kexecCrash ? " crashkernel=256M" : "")
      + (appendFirst.map { " " + $0 } ?? "")
  }

  /// Checks what can be checked before anything is made. Throws `Failure` and `BootImage.Failure`.
  func check(initrdSize: Int) throws {
    if secureBoot != nil, architecture != .x86_64 { throw Failure.noSecureBoot(architecture) }
    switch road {
    case .kexecFile where architecture == .aarch64 && firstKernel == nil: throw Failure.noKexecFile(architecture)
    case .kexec, .kexecFile, .kexecCrash: try image.checkFits(initrd: initrdSize, memory: memory)
    case .firmware: if initrd != nil && commandLine == nil { throw Failure.initrdNeedsKernel }
    }
  }
}
