// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Foundation

/// The systemd-stubs of a machine.
enum StubFiles {
  private static let folder = "/usr/lib/systemd/boot/efi"
  private static let architectures = ["aa64": "aarch64", "x64": "x86_64", "riscv64": "riscv64", "ia32": "i386"]

  static func find(in files: MachineFiles) -> [Facts.Stub] {
    files.names(in: folder).compactMap { name in
      guard name.hasPrefix("linux"), name.hasSuffix(".efi.stub") else { return nil }
      let short = String(name.dropFirst("linux".count).dropLast(".efi.stub".count))
      let path = "\(folder)/\(name)"
      return Facts.Stub(
        path: path, architecture: architectures[short] ?? short, version: files.bytes(path).flatMap { version(in: $0) })
    }
  }

  /// From `#### LoaderInfo: systemd-stub 257.9-1 ####`, which all but the oldest have (section .sdmagic).
  static func version(in bytes: Data) -> String? {
    guard let place = bytes.range(of: Data("LoaderInfo: systemd-stub ".utf8)) else { return nil }
    let text = bytes[place.upperBound...].prefix(64).prefix { $0 > 0x20 && $0 < 0x7f }
    return text.isEmpty ? nil : String(decoding: text, as: UTF8.self)
  }
}
