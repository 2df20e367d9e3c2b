// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Bytes
import PE

/// A PE file with other signatures than it has: the same bytes, another certificate table.
public struct SignedFile {
  public enum Failure: Error, CustomStringConvertible {
    case digest(ImageDigest.Failure)
    case tableNotLast(end: Int, size: Int)
    case noDirectory(Int)
    case uncovered(Range<Int>)
    case tooLarge

    public var description: String {
      switch self {
      case .digest(let failure): "\(failure)"
      case .tableNotLast(let end, let size):
        "its certificate table ends at 0x\(String(end, radix: 16)) and the file at 0x\(String(size, radix: 16)): "
          + "the table must be last"
      case .noDirectory(let count):
        "its headers have \(count) data directories; the fifth says where signatures are, so link it with more"
      case .uncovered(let range):
        "\(range.count) bytes at 0x\(String(range.lowerBound, radix: 16)) belong to no section: no signature would "
          + "cover them"
      case .tooLarge: "with its signatures it would have 4 GiB or more"
      }
    }
  }

  /// Bytes of the file without its certificate table.
  public let contentSize: Int
  private let file: ByteView
  private let headers: PEHeaders
  private let padding: Int

  /// - Parameter file: must outlive the value
  public init(_ file: ByteView) throws(Failure) {
    let digest: ImageDigest
    do throws(PEError) { headers = try PEHeaders(file) } catch { throw .digest(.pe(error)) }
    do { digest = try ImageDigest(headers, of: file) } catch { throw .digest(error) }
    guard headers.numberOfDataDirectories > DataDirectory.certificateTable.rawValue else {
      throw .noDirectory(headers.numberOfDataDirectories)
    }
    if let table = digest.certificateTable, table.upperBound != file.count {
      throw .tableNotLast(end: table.upperBound, size: file.count)
    }
    if let range = digest.uncovered.first { throw .uncovered(range) }
    contentSize = digest.certificateTable?.lowerBound ?? file.count
    padding = -contentSize & 7
    self.file = file
  }

  /// Writes the file with `entries` as its certificate table; with none, it has none.
  ///
  /// - Parameter entries: each with its padding, as `CertificateTable.entry` has it
  public func write(entries: [[UInt8]], to sink: (UnsafeRawBufferPointer) throws -> Void) throws {
    let table = entries.flatMap { $0 }
    guard let start = UInt32(exactly: contentSize + padding), let size = UInt32(exactly: table.count),
      !start.addingReportingOverflow(size).overflow
    else { throw Failure.tooLarge }
    var head = Array(file.slice(0, count: Int(headers.sizeOfHeaders))!.buffer)
    let directory = headers.peOffset + PEFields.Optional.dataDirectories + DataDirectory.certificateTable.rawValue * 8
    head.withUnsafeMutableBytes {
      Field<UInt32>(directory).write(table.isEmpty ? 0 : start, to: $0)
      Field<UInt32>(directory + 4).write(size, to: $0)
      PEFields.Optional.CheckSum.write(0, to: $0, at: headers.peOffset)
    }
    let body = file.slice(head.count, count: contentSize - head.count)!
    // A file that is not signed any more keeps the padding it got: it was signed with it.
    let tail = table.isEmpty ? [] : [UInt8](repeating: 0, count: padding) + table
    var sum = PECheckSum()
    head.withUnsafeBytes { sum.add($0) }
    sum.add(body.buffer)
    tail.withUnsafeBytes { sum.add($0) }
    let value = sum.value
    head.withUnsafeMutableBytes { PEFields.Optional.CheckSum.write(value, to: $0, at: headers.peOffset) }
    try head.withUnsafeBytes { try sink($0) }
    try sink(body.buffer)
    try tail.withUnsafeBytes { try sink($0) }
  }
}

/// The optional header's `CheckSum`: the file's 16-bit words, folded, and its size. Nobody computes it at boot; signers
/// keep it right, and so do we.
struct PECheckSum {
  private var sum: UInt64 = 0
  private var count = 0

  mutating func add(_ bytes: UnsafeRawBufferPointer) {
    var index = 0
    if count & 1 == 1, let first = bytes.first {
      sum += UInt64(first) << 8
      index = 1
    }
    while index + 1 < bytes.count {
      sum += UInt64(UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt16.self)))
      index += 2
    }
    if index < bytes.count { sum += UInt64(bytes[index]) }
    count += bytes.count
  }

  var value: UInt32 {
    var folded = sum
    while folded > 0xffff { folded = (folded & 0xffff) + folded >> 16 }
    return UInt32(folded) &+ UInt32(truncatingIfNeeded: count)
  }
}
