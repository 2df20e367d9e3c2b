// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Bytes
import CarriedImage
import Console
import Handover
import PE
import UKI

/// The console that a carried image names for machines that describe none.
enum ConsoleOption {
  /// What would stand behind `earlycon=` or `console=`: the emulator has the same names.
  static func parse(_ text: String) -> ConsoleDescription? {
    find("earlycon=\(text)", legacyPorts: false) ?? find("console=\(text)", legacyPorts: true)
  }

  /// What a UKI's own command line names.
  static func fromCommandLine(of payload: ByteView, machine: UInt16) -> ConsoleDescription? {
    guard let headers = try? PEHeaders(payload), let section = headers.section(named: ".cmdline"),
      let text = payload.slice(Int(section.pointerToRawData), count: Int(section.sizeInFile))
    else { return nil }
    return ConsoleDescription.find(
      commandLine: text, firmware: nil, legacyPorts: machine == PEMachine.x86_64)
  }

  /// What a command line names.
  static func find(in line: String, _ machine: UInt16) -> ConsoleDescription? {
    find(line, legacyPorts: machine == PEMachine.x86_64)
  }

  private static func find(_ line: String, legacyPorts: Bool) -> ConsoleDescription? {
    Array(line.utf8).withUnsafeBytes {
      ConsoleDescription.find(commandLine: ByteView($0), firmware: nil, legacyPorts: legacyPorts)
    }
  }
}

/// What to type to boot a carried image.
struct KexecCommand: CustomStringConvertible {
  /// By the system call kexec_load.
  let load: String
  /// By kexec_file_load, which Secure Boot and lockdown leave as the only one; nil: stock kernels of the architecture have
  /// none for such files.
  let fileLoad: String?
  let boot = "systemctl kexec"

  init(_ path: String, _ plan: Plan) {
    // A UKI brings its own; a kernel alone needs what the running one has. Without a command line, kexec-tools on arm64
    // hands the running kernel's on, and the stub would prefer it: a blank one means the image's own.
    let line = plan.payloadKind == .uki || plan.hasCommandLine ? " --command-line=' '" : " --reuse-cmdline"
    let hasInitrd = plan.payloadKind == .uki || plan.initrds.contains { $0.source == .carried }
    let rest = Self.quoted(path) + line + (hasInitrd ? "" : " --initrd=INITRD")
    load = "kexec --load \(rest)"
    fileLoad = plan.machine == PEMachine.x86_64 ? "kexec --kexec-file-syscall --load \(rest)" : nil
  }

  var description: String {
    var lines = ["load it on the machine, as root:", "  \(load)"]
    if let fileLoad { lines += ["or, as Secure Boot and lockdown want it:", "  \(fileLoad)"] }
    return (lines + ["then boot it:", "  \(boot)"]).joined(separator: "\n")
  }

  static func quoted(_ path: String) -> String {
    let plain = path.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "/._-+".contains($0)) }
    return plain
      ? path : "'" + path.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
  }
}
