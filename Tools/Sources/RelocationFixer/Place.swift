// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import ELF

/// A virtual address as a person looks for it: by section and nearest symbol.
public struct Place: Equatable, Sendable, CustomStringConvertible {
  public let address: UInt64
  /// The section that holds the address; nil when none does.
  public let section: String?
  /// The last symbol of that section at or before the address; nil when there is none.
  public let symbol: String?
  /// Bytes from the symbol to the address.
  public let offset: UInt64

  public var description: String {
    guard let section else { return "\(hexadecimal(address)) (in no section)" }
    guard let symbol else { return "\(hexadecimal(address)) in \(section)" }
    return "\(hexadecimal(address)) in \(section) (\(symbol)\(offset == 0 ? "" : "+\(hexadecimal(offset))"))"
  }
}

/// Finds the section and the symbol nearest to an address.
struct Places {
  private let sections: [Section]
  private let symbols: [Symbol]

  init(_ file: ELFFile, _ symbols: [Symbol]) {
    sections = file.sections
    // A sized symbol is a better name than a label at the same address: let it come last.
    self.symbols = symbols.filter(Self.isName).sorted { ($0.value, $0.size, $0.name) < ($1.value, $1.size, $1.name) }
  }

  func place(_ address: UInt64) -> Place {
    let section = sections.first { $0.contains(address) }
    guard let section, let symbol = nearest(to: address), symbol.value >= section.address else {
      return Place(address: address, section: section?.name, symbol: nil, offset: 0)
    }
    return Place(address: address, section: section.name, symbol: symbol.name, offset: address - symbol.value)
  }

  /// Section, file and mapping symbols do not name code or data.
  private static func isName(_ symbol: Symbol) -> Bool {
    symbol.isDefined && symbol.type != Symbol.STT_SECTION && symbol.type != Symbol.STT_FILE
      && symbol.type != Symbol.STT_TLS && !symbol.name.isEmpty && !symbol.isMapping
  }

  /// The last symbol at or before an address, by bisection.
  private func nearest(to address: UInt64) -> Symbol? {
    var low = 0
    var high = symbols.count
    while low < high {
      let middle = (low + high) / 2
      if symbols[middle].value <= address { low = middle + 1 } else { high = middle }
    }
    return low == 0 ? nil : symbols[low - 1]
  }
}
