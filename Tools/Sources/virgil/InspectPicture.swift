// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import CarriedImage

/// The layout of a file as a picture (SVG 1.1, with nothing outside of it): on the left the file to scale, on the right a
/// row for each part, its details as a title. Colours follow the reader's light or dark scheme.
struct InspectPicture {
  private let report: ImageReport
  private let rows: [(region: FileMap.Region, depth: Int)]
  private let size: Int

  // In user units.
  private static let rowHeight = 24
  private static let top = 64
  private static let left = 96
  private static let barWidth = 56
  private static let rowsAt = 232
  private static let width = 900

  init(_ report: ImageReport) {
    self.report = report
    let map = FileMap(report)
    size = max(map.size, 1)
    rows = map.regions.flatMap { region in [(region, 0)] + region.parts.map { ($0, 1) } }
  }

  private var height: Int { rows.count * Self.rowHeight }

  var text: String {
    var lines = [
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(Self.width) \(Self.top + height + 32)\" "
        + "role=\"img\" font-family=\"system-ui, sans-serif\" font-size=\"13\">",
      "<title>\(escaped(report.file)): \(escaped(report.title))</title>", Self.style,
      "<rect class=\"page\" width=\"100%\" height=\"100%\"/>",
      "<text class=\"ink\" x=\"16\" y=\"26\" font-size=\"17\" font-weight=\"600\">\(escaped(report.file))</text>",
      "<text class=\"dim\" x=\"16\" y=\"46\">\(escaped(report.title)), \(report.machine), \(readable(report.size))"
        + (report.certificateTable == nil ? "" : ", signed") + "</text>",
    ]
    lines.append(offset(0, at: Self.top))
    lines.append(offset(report.size, at: Self.top + height))
    for (index, row) in rows.enumerated() { lines += draw(row.region, depth: row.depth, row: index) }
    return (lines + ["</svg>"]).joined(separator: "\n")
  }

  private func draw(_ region: FileMap.Region, depth: Int, row: Int) -> [String] {
    // In tenths of a unit: integers print the same everywhere.
    func place(_ offset: Int) -> Int { Self.top * 10 + min(max(offset, 0), size) * height * 10 / size }
    let start = place(region.offset)
    let end = max(place(region.end), start + 5)
    let top = Self.top + row * Self.rowHeight
    let inset = depth * 16
    let kind = region.kind.rawValue
    var lines = ["<g><title>\(escaped(title(region)))</title>"]
    let x = Self.left + depth * Self.barWidth / 2
    lines.append(
      "<rect class=\"\(kind)\" x=\"\(x)\" y=\"\(decimal(start))\" width=\"\(Self.barWidth - depth * Self.barWidth / 2)\" "
        + "height=\"\(decimal(end - start))\"/>")
    if depth == 0 {
      lines.append(
        "<path class=\"link\" d=\"M\(Self.left + Self.barWidth) \(decimal((start + end) / 2)) C"
          + "\(Self.rowsAt - 40) \(decimal((start + end) / 2)) \(Self.left + Self.barWidth + 40) "
          + "\(top + Self.rowHeight / 2) \(Self.rowsAt - 4) \(top + Self.rowHeight / 2)\"/>")
    }
    lines.append(
      "<rect class=\"\(kind)\" x=\"\(Self.rowsAt + inset)\" y=\"\(top + 4)\" width=\"14\" height=\"\(Self.rowHeight - 8)\"/>"
    )
    let columns = [
      (Self.rowsAt + inset + 22, "ink", region.name),
      (Self.rowsAt + 160, "dim", "0x" + String(region.offset, radix: 16)),
      (Self.rowsAt + 250, "dim", readable(region.size)), (Self.rowsAt + 330, "dim", region.rights),
      (Self.rowsAt + 372, "dim", region.meaning),
    ]
    for (x, ink, text) in columns where !text.isEmpty {
      lines.append("<text class=\"\(ink)\" x=\"\(x)\" y=\"\(top + 17)\">\(escaped(text))</text>")
    }
    return lines + ["</g>"]
  }

  private func offset(_ value: Int, at y: Int) -> String {
    "<text class=\"dim\" text-anchor=\"end\" x=\"\(Self.left - 8)\" y=\"\(y + 4)\">0x\(String(value, radix: 16))</text>"
  }

  private func title(_ region: FileMap.Region) -> String {
    var text = "\(region.name): \(region.meaning)\nfile 0x\(String(region.offset, radix: 16)), \(region.size) bytes"
    if let rva = region.rva {
      text += "\nRVA 0x\(String(rva, radix: 16))" + (region.memorySize.map { ", \($0) bytes in memory" } ?? "")
    }
    return region.rights.isEmpty ? text : text + "\n\(region.rights)"
  }

  private func decimal(_ tenths: Int) -> String { "\(tenths / 10)" + (tenths % 10 == 0 ? "" : ".\(tenths % 10)") }

  private func escaped(_ text: String) -> String {
    printable(text.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\u{2028}"))
      .reduce(into: "") { result, character in
        switch character {
        case "&": result += "&amp;"
        case "<": result += "&lt;"
        case ">": result += "&gt;"
        case "\"": result += "&quot;"
        case "\u{2028}": result += "&#10;"
        // XML has no place for them, in any form.
        case "\u{fffe}", "\u{ffff}": result += "?"
        default: result.append(character)
        }
      }
  }

  private static let style = """
    <style>
    .page{fill:#fff}.ink{fill:#1b1f24}.dim{fill:#57606a}.link{fill:none;stroke:#b6bec8}
    .header{fill:#8c959f}.code{fill:#2f81d0}.data{fill:#9cc4ea}.kernel{fill:#d98a1c}.initrd{fill:#e8c15a}
    .description{fill:#6fb37d}.emulator{fill:#9a5fc0}.certificate{fill:#cf4f5f}.gap{fill:none;stroke:#cf222e}
    rect:not(.page){stroke:#fff;stroke-width:.5}g:hover .ink{text-decoration:underline}
    @media (prefers-color-scheme:dark){
    .page{fill:#14181d}.ink{fill:#e6edf3}.dim{fill:#9aa5b1}.link{stroke:#475160}rect:not(.page){stroke:#14181d}}
    </style>
    """
}
