// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// What was found out about a machine. Nothing here is judged: `Findings` does that.
///
/// `nil` means that it could not be found out, which is something else than "not there".
public struct Facts: Codable, Sendable, Equatable {
  /// `aarch64`, `x86_64`, or what else the kernel calls it.
  public var architecture: String?
  public var kernelRelease: String?
  /// Whether it was looked at with root's rights. Much cannot be seen without.
  public var isRoot: Bool

  /// Where the kernel's configuration was found.
  public var configurationFile: String?
  /// Its options, of those that matter here: `y`, `m` or a value; what is not set is `n`.
  public var configuration: [String: String]?

  public var kexec = Kexec()
  public var trust = Trust()
  public var firmware = Firmware()
  public var programs = Programs()

  /// The system calls, and what is loaded.
  public struct Kexec: Codable, Sendable, Equatable {
    public var load: Probe?
    public var fileLoad: Probe?
    /// kernel.kexec_load_disabled
    public var isDisabled: Bool?
    /// kernel.kexec_load_limit_reboot and …_panic: how often something may still be loaded; -1: always.
    public var rebootLimit: Int?
    public var panicLimit: Int?
    public var isLoaded: Bool?
    public var isCrashLoaded: Bool?
    /// Memory kept free for a crash kernel, in bytes.
    public var crashMemory: Int?
  }

  /// How a system call answered a question that it cannot fulfil.
  public enum Probe: String, Codable, Sendable {
    /// It is there, and may be used.
    case permitted
    /// It says EPERM: to this user, or to anybody (lockdown, kexec_load_disabled).
    case notPermitted = "not-permitted"
    /// It says EACCES: an integrity policy (IMA) is against it.
    case againstPolicy = "against-policy"
    /// It says ENOSYS.
    case absent
    /// It was not asked, because asking counts against kernel.kexec_load_limit_reboot.
    case notAsked = "not-asked"
    /// It says something that it should not.
    case strange
  }

  /// Who decides what may be loaded.
  public struct Trust: Codable, Sendable, Equatable {
    /// `none`, `integrity` or `confidentiality`.
    public var lockdown: String?
    /// Security modules, in their order.
    public var securityModules: [String]?
    /// The kernel's keyrings and how many entries each has; nil where they cannot be seen.
    public var keyrings: [String: Int]?
    /// The names of the certificates that can be seen.
    public var certificates: [String]?
    public var secureBoot: Bool?
    public var setupMode: Bool?
  }

  public struct Firmware: Codable, Sendable, Equatable {
    /// Whether the kernel was booted by UEFI (or by Virgil).
    public var isEFI = false
    /// 32 or 64.
    public var efiBits: Int?
    /// Whether variables can be read.
    public var efivarsMounted = false
    /// Whether this very kernel was started through Virgil.
    public var isVirgil = false
    public var hasDeviceTree = false
    /// Whether the device tree says where memory is.
    public var deviceTreeHasMemory = false
    public var hasACPI = false
    public var model: String?
    /// Whether memory can be kept over kexec (Kexec HandOver), and is.
    public var keepsMemory = false
  }

  public struct Programs: Codable, Sendable, Equatable {
    /// Versions of programs that were found, by name; empty where it could not be found out.
    public var versions: [String: String] = [:]
    public var stubs: [Stub] = []
    /// Virgil's emulators: architecture and path.
    public var emulators: [String: String] = [:]
  }

  /// A systemd-stub.
  public struct Stub: Codable, Sendable, Equatable {
    public var path: String
    public var architecture: String
    public var version: String?
  }

  public init(isRoot: Bool) { self.isRoot = isRoot }

  /// A kernel option's value; nil where the configuration is not known.
  func option(_ name: String) -> String? { configuration.map { $0[name] ?? "n" } }

  func has(_ name: String) -> Bool? { option(name).map { $0 == "y" || $0 == "m" } }
}
