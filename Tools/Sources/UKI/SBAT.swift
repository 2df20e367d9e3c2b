// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Bytes
import PE

/// The `.sbat` section: which generations of which components an image holds, so that a security update can revoke
/// them (shim, SBAT.md).
enum SBAT {
  /// The first line of every SBAT.
  private static let version = "sbat,1,SBAT Version,sbat,1,https://github.com/rhboot/shim/blob/main/SBAT.md"

  /// What ukify adds for a UKI when no `--sbat` is given.
  static let uki =
    version + "\nuki,1,UKI,uki,1,https://uapi-group.org/specifications/specs/unified_kernel_image/\n"

  /// The same for an add-on.
  static let addon =
    version
    + "\nuki-addon,1,UKI Addon,addon,1,https://www.freedesktop.org/software/systemd/man/latest/systemd-stub.html\n"

  /// One SBAT with the components of all: the images' own first, then the texts'. An input whose first line is not
  /// SBAT's version is passed over. It ends with its last line, as ukify 262's does; 257's has a NUL behind it.
  static func merge(images: [(file: ByteView, headers: PEHeaders)], texts: [String]) -> [UInt8] {
    let own = images.compactMap { image -> String? in
      guard let section = image.headers.section(named: ".sbat"),
        let bytes = image.file.slice(Int(section.pointerToRawData), count: Int(section.sizeInFile))
      else { return nil }
      return String(decoding: bytes.buffer.prefix { $0 != 0 }, as: UTF8.self)
    }
    var lines = [version]
    for text in own + texts {
      let parts = text.split(whereSeparator: \.isNewline)
      guard let first = parts.first, first.hasPrefix("sbat,") else { continue }
      lines += parts.dropFirst().map(String.init)
    }
    return Array((lines.joined(separator: "\n") + "\n").utf8)
  }
}
