// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Bytes

/// The attribute certificate table of a PE file: `WIN_CERTIFICATE`s, each at a multiple of 8 (Microsoft's PE/COFF
/// specification, "The Attribute Certificate Table").
public struct CertificateTable {
  /// One `WIN_CERTIFICATE`.
  public struct Entry {
    /// Of the entry in the file.
    public let offset: Int
    /// `dwLength`: header and contents, without padding.
    public let length: Int
    /// `wRevision`.
    public let revision: UInt16
    /// `wCertificateType`.
    public let type: UInt16
    /// What stands behind the header.
    public let contents: ByteView
  }

  public static let headerSize = 8
  public static let revision2: UInt16 = 0x0200
  /// WIN_CERT_TYPE_PKCS_SIGNED_DATA.
  public static let pkcsSignedData: UInt16 = 2

  private enum Fields {
    static let dwLength = Field<UInt32>(0)
    static let wRevision = Field<UInt16>(4)
    static let wCertificateType = Field<UInt16>(6)
  }

  public let entries: [Entry]
  /// Why the table ends before its size says; nil when it does not. Firmware then starts the file no more.
  public let problem: String?

  /// - Parameters:
  ///   - range: of the table in the file
  ///   - file: must outlive the value
  public init(_ range: Range<Int>, in file: ByteView) {
    var entries: [Entry] = []
    var problem: String?
    var offset = range.lowerBound
    while offset < range.upperBound {
      guard let header = file.slice(offset, count: Self.headerSize), let length = header[Fields.dwLength],
        let revision = header[Fields.wRevision], let type = header[Fields.wCertificateType],
        range.upperBound - offset > Self.headerSize
      else {
        problem = "the certificate table ends inside the header of an entry at 0x\(String(offset, radix: 16))"
        break
      }
      guard Int(length) > Self.headerSize, Int(length) <= range.upperBound - offset,
        let contents = file.slice(offset + Self.headerSize, count: Int(length) - Self.headerSize)
      else {
        problem =
          "the certificate at 0x\(String(offset, radix: 16)) says that it has \(length) bytes; "
          + "the table has \(range.upperBound - offset) for it"
        break
      }
      entries.append(
        Entry(offset: offset, length: Int(length), revision: revision, type: type, contents: contents))
      offset += (Int(length) + 7) & ~7
    }
    // pesign leaves the last entry's padding out of the size.
    let end = entries.last.map { $0.offset + $0.length }
    if problem == nil, offset != range.upperBound, end != range.upperBound {
      problem = "the certificate table's size is no sum of its entries'"
    }
    self.entries = entries
    self.problem = problem
  }

  /// An entry with its padding.
  public static func entry(_ contents: some Collection<UInt8>) -> [UInt8] {
    let length = UInt32(headerSize + contents.count)
    var bytes = [UInt8](repeating: 0, count: headerSize)
    bytes.withUnsafeMutableBytes {
      Fields.dwLength.write(length, to: $0)
      Fields.wRevision.write(revision2, to: $0)
      Fields.wCertificateType.write(pkcsSignedData, to: $0)
    }
    bytes += contents
    return bytes + [UInt8](repeating: 0, count: -bytes.count & 7)
  }
}
