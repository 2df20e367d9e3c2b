// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import ArgumentParser
import Foundation
import PE

/// An architecture under the name that EFI's file names have (UEFI 2.10, 3.5.1.1).
enum EFIArchitecture: String, CaseIterable, ExpressibleByArgument {
  case ia32, x64, arm, aa64, riscv32, riscv64, loongarch32, loongarch64

  /// - Parameter machine: PE's machine type
  init?(machine: UInt16) {
    guard let found = Self.allCases.first(where: { $0.machines.contains(machine) }) else { return nil }
    self = found
  }

  /// This machine's.
  static let ofThisMachine: EFIArchitecture? = {
    var name = utsname()
    guard uname(&name) == 0 else { return nil }
    let machine = withUnsafeBytes(of: name.machine) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    let names: [String: EFIArchitecture] = ["x86_64": .x64, "aarch64": .aa64, "i686": .ia32, "armv7l": .arm]
    return names[machine] ?? EFIArchitecture(rawValue: machine)
  }()

  /// PE's machine types of images for it.
  var machines: [UInt16] {
    switch self {
    case .ia32: [0x014c]
    case .x64: [PEMachine.x86_64]
    case .arm: [0x01c2, 0x01c0, 0x01c4]
    case .aa64: [PEMachine.arm64]
    case .riscv32: [0x5032]
    case .riscv64: [0x5064]
    case .loongarch32: [0x6232]
    case .loongarch64: [0x6264]
    }
  }

  /// Where systemd has its stubs.
  func stub(forAddon isAddon: Bool) -> String {
    "/usr/lib/systemd/boot/efi/\(isAddon ? "addon" : "linux")\(rawValue).efi.stub"
  }

  /// Where systemd has descriptions of hardware.
  var hardwareIDs: String { "/usr/lib/systemd/boot/hwids/\(rawValue)" }
}
