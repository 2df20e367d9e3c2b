// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

extension PEHeaders {
  /// Where a file ends by what its headers say: behind headers, sections and certificate table. What linkers put behind these,
  /// such as symbols, is no part of it.
  public var fileEnd: Int {
    var end = Int(sizeOfHeaders)
    for section in sections where section.sizeOfRawData > 0 {
      end = max(end, Int(section.pointerToRawData) + Int(section.sizeOfRawData))
    }
    if let table = dataDirectory(.certificateTable) { end = max(end, Int(table.rva) + Int(table.size)) }
    return end
  }
}
