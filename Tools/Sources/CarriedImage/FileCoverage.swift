// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import PE

/// Which bytes of a PE file Authenticode accounts for: headers, sections and the certificate table.
///
/// kexec loads a file whole. A byte that none of these holds would be loaded without having been signed.
public struct FileCoverage {
  /// Ranges of the file that belong to nothing, in ascending order.
  public let uncovered: [Range<Int>]
  /// Whether two sections, or a section and the headers, share bytes of the file.
  public let overlaps: Bool

  /// - Parameter size: of the file
  public init(_ headers: PEHeaders, size: Int) {
    var ranges = [0..<Int(headers.sizeOfHeaders)]
    for section in headers.sections where section.sizeOfRawData > 0 {
      let start = Int(section.pointerToRawData)
      ranges.append(start..<start + Int(section.sizeOfRawData))
    }
    if let table = headers.dataDirectory(.certificateTable) {
      ranges.append(Int(table.rva)..<Int(table.rva) + Int(table.size))
    }
    var end = 0
    var uncovered: [Range<Int>] = []
    var overlaps = false
    for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      if range.lowerBound > end { uncovered.append(end..<range.lowerBound) }
      if range.lowerBound < end { overlaps = true }
      end = max(end, range.upperBound)
    }
    if end < size { uncovered.append(end..<size) }
    self.uncovered = uncovered
    self.overlaps = overlaps
  }
}
