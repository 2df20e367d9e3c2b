// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Bytes
import PE

/// What a signature of a PE file is a signature of (Windows Authenticode Portable Executable Signature Format,
/// "Calculating the PE Image Hash"): all of the headers but the checksum and the place of the certificate table, the
/// sections in the order in which they lie in the file, and what follows them up to the certificate table.
///
/// Firmware, Linux and the signing tools compute it alike as long as the file has no holes: what follows is found by
/// the *sum* of the sizes so far. `uncovered` has what that leaves out.
///
/// ```swift
/// let digest = try ImageDigest(file)
/// let hash = digest.hash(.sha256)
/// ```
public struct ImageDigest {
  public enum Failure: Error, Equatable, CustomStringConvertible {
    case pe(PEError)
    /// A section's raw data, of an empty section as well.
    case sectionOutsideFile(index: Int)
    /// Sections have more bytes than the file has before the certificate table.
    case tooMuch(hashed: Int, available: Int)

    public var description: String {
      switch self {
      case .pe(let error): "\(error)"
      case .sectionOutsideFile(let index): "section \(index) has bytes beyond the end of the file"
      case .tooMuch(let hashed, let available):
        "headers and sections have \(hashed) bytes, the file without its certificate table \(available): "
          + "some would be hashed twice"
      }
    }
  }

  /// What is hashed, in this order.
  public let ranges: [Range<Int>]
  /// Bytes of the file in no range, apart from the checksum, the certificate table and its place in the headers.
  public let uncovered: [Range<Int>]
  /// Bytes that are hashed more than once, and in whose stead others are not.
  public let overlaps: Bool
  /// Zeros that a signer puts behind the file: certificate tables start at a multiple of 8.
  public let padding: Int
  /// nil: the file has none.
  public let certificateTable: Range<Int>?
  private let file: ByteView

  /// - Parameter file: must outlive the value
  public init(_ file: ByteView) throws(Failure) {
    let headers: PEHeaders
    do { headers = try PEHeaders(file) } catch { throw .pe(error) }
    try self.init(headers, of: file)
  }

  public init(_ headers: PEHeaders, of file: ByteView) throws(Failure) {
    self.file = file
    let table = headers.dataDirectory(.certificateTable)
    certificateTable = table.map { Int($0.rva)..<Int($0.rva) + Int($0.size) }
    let tableSize = certificateTable?.count ?? 0

    var ranges = Self.headerRanges(headers)
    var sum = Int(headers.sizeOfHeaders)
    let sections = headers.sections.enumerated().filter { $0.element.sizeOfRawData > 0 }
      .sorted { ($0.element.pointerToRawData, $0.offset) < ($1.element.pointerToRawData, $1.offset) }
    for (index, section) in sections {
      let start = Int(section.pointerToRawData)
      let end = start + Int(section.sizeOfRawData)
      guard end <= file.count else { throw .sectionOutsideFile(index: index) }
      ranges.append(start..<end)
      sum += end - start
    }
    let rest = file.count - tableSize - sum
    guard rest >= 0 else { throw .tooMuch(hashed: sum, available: file.count - tableSize) }
    if rest > 0 { ranges.append(sum..<sum + rest) }
    self.ranges = ranges
    padding = certificateTable == nil ? -file.count & 7 : 0
    (uncovered, overlaps) = Self.gaps(ranges + Self.exempt(headers) + [certificateTable ?? 0..<0], size: file.count)
  }

  /// Whether every byte but those that no signature can cover is covered, once.
  public var isComplete: Bool { uncovered.isEmpty && !overlaps }

  /// The hash, with the padding that a signer of an unsigned file would add.
  ///
  /// - Parameter progress: is told how many bytes have been hashed
  public func hash(_ algorithm: DigestAlgorithm, progress: (Int) -> Void = { _ in }) -> [UInt8] {
    var done = 0
    return algorithm.hash { feed in
      for range in ranges {
        for start in stride(from: range.lowerBound, to: range.upperBound, by: Self.step) {
          let end = min(start + Self.step, range.upperBound)
          feed(UnsafeRawBufferPointer(rebasing: file.buffer[start..<end]))
          done += end - start
          progress(done)
        }
      }
      [UInt8](repeating: 0, count: padding).withUnsafeBytes { feed($0) }
    }
  }

  /// Bytes at a time.
  private static let step = 4 << 20

  /// The checksum and the certificate table's entry, where the headers have one.
  private static func exempt(_ headers: PEHeaders) -> [Range<Int>] {
    let checkSum = headers.peOffset + PEFields.Optional.CheckSum.offset
    let index = DataDirectory.certificateTable.rawValue
    let entry = headers.peOffset + PEFields.Optional.dataDirectories + index * 8
    return [checkSum..<checkSum + 4] + (headers.numberOfDataDirectories > index ? [entry..<entry + 8] : [])
  }

  private static func headerRanges(_ headers: PEHeaders) -> [Range<Int>] {
    var ranges: [Range<Int>] = []
    var start = 0
    // Both lie in the headers: PEHeaders has checked that these hold the section table, which comes after them.
    for hole in exempt(headers) {
      ranges.append(start..<hole.lowerBound)
      start = hole.upperBound
    }
    ranges.append(start..<Int(headers.sizeOfHeaders))
    return ranges
  }

  private static func gaps(_ ranges: [Range<Int>], size: Int) -> (gaps: [Range<Int>], overlaps: Bool) {
    var gaps: [Range<Int>] = []
    var overlaps = false
    var end = 0
    for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) where !range.isEmpty {
      if range.lowerBound > end { gaps.append(end..<range.lowerBound) }
      if range.lowerBound < end { overlaps = true }
      end = max(end, range.upperBound)
    }
    if end < size { gaps.append(end..<size) }
    return (gaps, overlaps)
  }
}
