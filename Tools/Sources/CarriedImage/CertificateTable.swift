// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Bytes

/// The certificate table of a PE file: WIN_CERTIFICATEs, each at a multiple of 8 (PE/COFF specification, "The Attribute
/// Certificate Table").
enum CertificateTable {
  /// Its length stands first; the rest of the header has 4 bytes.
  private static let length = Field<UInt32>(0)
  private static let headerSize = 8

  /// How many there are, up to the first that is broken.
  static func count(_ file: ByteView, at offset: Int, size: Int) -> Int {
    guard let table = file.slice(offset, count: size) else { return 0 }
    var count = 0
    var place = 0
    while let length = table[length, at: place], length >= headerSize, Int(length) <= table.count - place {
      count += 1
      place = (place + Int(length) + 7) & ~7
    }
    return count
  }
}
