// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import SystemPackage

/// A machine of QEMU's, as a value; `arguments` is its command line.
public struct QEMU: Sendable {
  public var architecture: Architecture
  public var memory = Memory(mebibytes: 1024)
  public var cpus = 1
  /// The exception level that an arm64 guest starts at: 1 or 2. Of no meaning on x86_64.
  public var exceptionLevel = 1
  /// A model of QEMU's with its features, instead of the usual one.
  public var cpu: String?
  /// Added to the machine's name: `acpi=off`.
  public var machineOptions: String?
  public var firmware: Firmware?
  public var kernel: FilePath?
  public var initrd: FilePath?
  /// The command line of `kernel`.
  public var append: String?
  /// A folder that the guest sees as a read-only disk with a FAT file system.
  public var disk: FilePath?
  /// Whether the firmware's variables say what it boots; else it is the disk.
  public var hasBootOption = false
  /// A source of random numbers that firmware can drive: EDK2 offers none without.
  public var hasEntropy = false
  /// A PCI device that nobody uses, with the resources of a disk or a source of random numbers.
  public var hasIdleDevice = false

  /// EDK2 in two flash banks.
  public struct Firmware: Sendable {
    public let code: FilePath
    /// A copy that the guest may write to.
    public let variables: FilePath
    /// Whether it is built for Secure Boot: then only its system management mode may write the variables.
    public let isSecure: Bool

    public init(code: FilePath, variables: FilePath, isSecure: Bool = false) {
      self.code = code
      self.variables = variables
      self.isSecure = isSecure
    }
  }

  public init(architecture: Architecture) { self.architecture = architecture }

  /// Name of the program.
  public var program: String { "qemu-system-\(architecture.rawValue)" }

  /// A bare machine: one serial port on standard output, no network, no second boot.
  public var arguments: [String] {
    var list = ["-nodefaults", "-no-user-config", "-display", "none", "-serial", "stdio", "-no-reboot", "-net", "none"]
    switch architecture {
    case .aarch64:
      list += ["-M", machine(exceptionLevel == 2 ? "virt,virtualization=on" : "virt"), "-cpu", cpu ?? "cortex-a57"]
    case .x86_64:
      // Without cmpxchg16b: QEMU 7.2 now and then panics 6.12 with it.
      let board = machine(firmware?.isSecure == true ? "q35,smm=on" : "q35")
      list += ["-M", board, "-accel", "tcg", "-cpu", cpu ?? "qemu64,-cx16"]
    }
    list += ["-m", memory.description, "-smp", String(cpus)]
    if let firmware {
      if firmware.isSecure { list += ["-global", "driver=cfi.pflash01,property=secure,value=on"] }
      list += ["-drive", "if=pflash,unit=0,format=raw,readonly=on,file=\(Self.escaped(firmware.code))"]
      list += ["-drive", "if=pflash,unit=1,format=raw,file=\(Self.escaped(firmware.variables))"]
    }
    if let disk {
      list += ["-drive", "if=none,id=disk,format=raw,readonly=on,file=fat:\(Self.escaped(disk))"]
      list += ["-device", "virtio-blk-pci,drive=disk" + (hasBootOption ? "" : ",bootindex=0")]
    }
    if hasEntropy { list += ["-device", "virtio-rng-pci"] }
    if hasIdleDevice { list += ["-device", "virtio-serial-pci"] }
    if let kernel { list += ["-kernel", kernel.string] }
    if let initrd { list += ["-initrd", initrd.string] }
    if let append { list += ["-append", append] }
    return list
  }

  /// The command line as a shell takes it.
  public var commandLine: String { ([program] + arguments).map(shellQuoted).joined(separator: " ") }

  private func machine(_ name: String) -> String { name + (machineOptions.map { "," + $0 } ?? "") }

  /// In a QEMU option a comma is written twice.
  private static func escaped(_ path: FilePath) -> String {
    path.string.split(separator: ",", omittingEmptySubsequences: false).joined(separator: ",,")
  }
}
