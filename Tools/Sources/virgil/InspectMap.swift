// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import CarriedImage

/// The layout of a file as text: a line for each part, its bar to the file's scale.
struct InspectMap {
  /// Columns of a bar.
  private static let width = 40
  private let map: FileMap
  private let size: Int

  init(_ report: ImageReport) {
    map = FileMap(report)
    size = max(map.size, 1)
  }

  var text: String {
    let end = "0x" + String(map.size, radix: 16)
    let scale = "0" + String(repeating: " ", count: max(1, Self.width - 1 - end.count)) + end
    var lines = ["  file offset  size        \(scale)  part"]
    for region in map.regions {
      lines.append(line(region, indent: 0))
      for part in region.parts { lines.append(line(part, indent: 2)) }
    }
    return lines.joined(separator: "\n")
  }

  private func line(_ region: FileMap.Region, indent: Int) -> String {
    let name = String(repeating: " ", count: indent) + printable(region.name)
    let rights = region.rights.isEmpty ? "   " : region.rights
    return "  " + padded("0x" + String(region.offset, radix: 16), 13) + padded(readable(region.size), 12)
      + bar(region, indent == 0 ? "#" : "=") + "  " + padded(name, 21) + rights + "  " + region.meaning
  }

  /// From the region's first to its last byte; one column at least.
  private func bar(_ region: FileMap.Region, _ mark: Character) -> String {
    func column(_ offset: Int) -> Int { min(Self.width, max(0, offset) * Self.width / size) }
    let start = min(column(region.offset), Self.width - 1)
    // Rounded up: what begins in a column shows in it.
    let end = min(Self.width, max(start + 1, (min(region.end, size) * Self.width + size - 1) / size))
    return String(repeating: ".", count: start) + String(repeating: mark, count: end - start)
      + String(repeating: ".", count: Self.width - end)
  }

  private func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(1, width - text.count))
  }
}

/// Bytes as people read them: `512 B`, `4 KiB`, `31.7 MiB`.
func readable(_ bytes: Int) -> String {
  var unit = 1
  for name in ["B", "KiB", "MiB", "GiB"] {
    if bytes / unit < 1024 || name == "GiB" {
      let tenths = bytes / unit * 10 + bytes % unit * 10 / unit
      return "\(tenths / 10)" + (tenths % 10 == 0 ? "" : ".\(tenths % 10)") + " \(name)"
    }
    unit *= 1024
  }
  return "\(bytes) B"
}

/// A file's text may hold what moves a terminal's cursor.
func printable(_ text: String) -> String {
  String(text.unicodeScalars.map { $0.value < 0x20 || (0x7f..<0xa0).contains($0.value) ? "?" : Character($0) })
}
