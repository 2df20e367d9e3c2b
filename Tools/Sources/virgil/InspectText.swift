// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import CarriedImage

/// A report for people to read.
struct InspectText {
  private var lines: [String] = []

  init(_ report: ImageReport) {
    lines.append("\(report.file): \(report.title)")
    add("machine", report.machine)
    add("size", "\(report.size) bytes")
    add("subsystem", "\(report.subsystem)\(Self.subsystem(report.subsystem))")
    add("loader info", report.loaderInfo)
    add("kernel", report.kernelRelease)
    add("command line", report.commandLine.map(printable))
    for (index, part) in report.initrds.enumerated() { add(index == 0 ? "initrds" : "", "\(index + 1). \(part)") }
    addSignatures(report)
    addHeaders(report.headers)
    addBootHeaders(report)
    if let carried = report.carried { add(carried) }
    addSections(report.sections)
    lines += ["", InspectMap(report).text]
    if let mixed = report.mixedPages {
      lines.append(
        "note: sections may share pages; under Virgil a page is writable or executable as it is used, never both: "
          + "\(mixed) with code and data")
    }
    for range in report.uncovered {
      lines.append("\(range.size) bytes at \(hex(range.offset)) belong to no section: no signature would cover them")
    }
    for problem in report.problems { lines.append("problem: \(problem)") }
  }

  var text: String { lines.joined(separator: "\n") }

  private mutating func add(_ name: String, _ value: String?) {
    guard let value else { return }
    lines.append("  \(Self.padded(name, 14))\(value)")
  }

  private mutating func addSignatures(_ report: ImageReport) {
    if let table = report.certificateTable, report.signatures.isEmpty {
      add("signature", "none that can be read in \(table.size) bytes at \(hex(table.offset))")
    } else if report.certificateTable == nil {
      add("signature", "none")
    }
    for signature in report.signatures { lines += SignatureText(signature).lines.map { "  \($0)" } }
  }

  private mutating func addHeaders(_ headers: ImageReport.Headers) {
    add("PE header", "at \(hex(headers.offset)), \(hex(headers.sizeOfHeaders)) bytes of headers")
    add("image", "\(hex(headers.sizeOfImage)) bytes at \(hex(headers.imageBase)), entry \(hex(headers.entryPoint))")
    add("alignment", "sections \(hex(headers.sectionAlignment)), file \(hex(headers.fileAlignment))")
  }

  private mutating func addBootHeaders(_ report: ImageReport) {
    if let header = report.arm64Image {
      add(
        "arm64 Image",
        "image_size \(hex(header.imageSize)), text_offset \(hex(header.textOffset)), flags \(hex(header.flags))")
    }
    if let header = report.setupHeader {
      add(
        "setup header",
        "protocol \(header.version >> 8).\(header.version & 0xff), setup_sects \(header.setupSectors), "
          + "init_size \(hex(header.initSize)), xloadflags \(hex(header.xloadflags)), "
          + "kernel_alignment \(hex(header.kernelAlignment)), pref_address \(hex(header.preferredAddress))")
    }
  }

  private mutating func add(_ carried: ImageReport.Carried) {
    add("payload", carried.payloadKind.title)
    add(
      "emulator",
      "build ID \(carried.buildID.isEmpty ? "none" : carried.buildID), header version \(carried.emulatorVersion), "
        + "\(hex(carried.emulatorMemorySize)) bytes of memory at RVA \(hex(carried.emulatorRVA))")
    for record in carried.records {
      var text = record.type
      if let console = record.console { text += " \(console)" }
      if let policy = record.policy { text += " \(policy)" }
      if let rva = record.rva { text += " at RVA \(hex(rva))" }
      if let size = record.size { text += ", \(hex(size)) bytes" }
      if let path = record.path { text += " \(printable(path))" }
      add("record", text)
      add("", record.sha256.map { "SHA-256 \($0)" })
    }
    add("its line", carried.commandLine.map(printable))
    for file in carried.sidecars ?? [] { add("sidecar", "\(printable(file.path)), \(file.size) bytes") }
  }

  private mutating func addSections(_ sections: [ImageReport.Section]) {
    lines.append("  section   RVA         in memory   file offset bytes       rights")
    for section in sections {
      let columns = [
        Self.padded(section.name, 10), Self.padded(hex(section.rva), 12), Self.padded(hex(section.memorySize), 12),
        Self.padded(hex(section.fileOffset), 12), Self.padded(hex(section.fileSize), 12), section.rights,
      ]
      lines.append("  " + columns.joined())
    }
  }

  private static func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(1, width - text.count))
  }

  private static func subsystem(_ value: UInt16) -> String {
    switch value {
    case 10: " (EFI application)"
    case 11: " (EFI boot service driver)"
    case 12: " (EFI runtime driver)"
    default: ""
    }
  }

  private func hex(_ value: some BinaryInteger) -> String { "0x" + String(value, radix: 16) }
}
