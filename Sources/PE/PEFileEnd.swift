// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

extension PEHeaders {
  /// Where a file ends by what its headers say: behind headers, sections and certificate table; and behind the COFF symbols
  /// that GNU's linker leaves in it, with their names (PE/COFF specification, "COFF Symbol Table" and "COFF String Table").
  ///
  /// - Parameter file: what the headers were read from; it may go on
  public func fileEnd(in file: ByteView) -> Int {
    var end = Int(sizeOfHeaders)
    for section in sections where section.sizeOfRawData > 0 {
      end = max(end, Int(section.pointerToRawData) + Int(section.sizeOfRawData))
    }
    if let table = dataDirectory(.certificateTable) { end = max(end, Int(table.rva) + Int(table.size)) }
    if let symbols = file[PEFields.File.PointerToSymbolTable, at: peOffset], symbols > 0,
      let count = file[PEFields.File.NumberOfSymbols, at: peOffset]
    {
      // The names' table starts with its size, which counts itself.
      let names = Int(symbols) + 18 * Int(count)
      if let size = file.littleEndian(names, as: UInt32.self), names + Int(size) <= file.count {
        end = max(end, names + Int(size))
      }
    }
    return end
  }
}
