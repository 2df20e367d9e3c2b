// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import LinuxBoot
import PE
import UKI

/// What a carried image will be, byte for byte, before anything is written.
public struct Plan {
  /// A run of the file. The runs follow each other without a hole.
  public struct Run {
    public let name: String
    public let fileOffset: Int
    public let contents: FileContents
    /// Where it lies under firmware. Headers are at 0.
    public let rva: UInt32
    /// Bytes under firmware; what the file does not have is zeros.
    public let sizeInMemory: UInt32
    /// nil for the headers.
    public let characteristics: UInt32?

    /// As `r-x`.
    public var rights: String { characteristics.map(accessRights) ?? "r--" }
    /// What it is, in a few words.
    public var meaning: String { SectionMeaning.text(name) ?? "a section of the payload" }
  }

  public let machine: UInt16
  public let payloadKind: ImageKind
  public let runs: [Run]
  /// Bytes of memory from where kexec places the image: payload, emulator, scratch.
  public let memorySize: UInt64
  /// RVA of `.virgil`, and of the blob in it.
  public let virgil: UInt32
  public let emulator: UInt32
  public let buildID: [UInt8]
  /// In the order in which the kernel sees them.
  public let initrds: [InitrdPart]
  /// Whether it carries load options.
  public let hasCommandLine: Bool
  /// What somebody who has the payload should know.
  public let notes: [String]
  /// The one of them that is about the payload's signature.
  public let lostSignature: String?

  /// Bytes of the file.
  public var fileSize: Int { runs.last.map { $0.fileOffset + $0.contents.count } ?? 0 }

  /// Bytes of memory without which it cannot boot: itself, and the kernel's copy of the initrds.
  public var leastMemory: UInt64 {
    let largest = initrds.reduce(into: [:] as [String: Int]) { sizes, part in
      // Of profiles, one is booted.
      sizes[part.source.rawValue] = max(sizes[part.source.rawValue] ?? 0, part.size ?? 0)
    }
    return memorySize + UInt64(largest.values.reduce(0, +))
  }

  /// Hands the file's bytes to `sink` in order.
  public func write(
    progress: (Int) -> Void = { _ in }, to sink: (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    var done = 0
    for run in runs {
      try run.contents.write(progress: { progress(done + $0) }, to: sink)
      done += run.contents.count
    }
  }
}

extension Plan: CustomStringConvertible {
  /// The layout as a table.
  public var description: String {
    var lines = [
      "carried image for \(Machine.name(machine)): \(fileSize) bytes, \(memorySize) in memory under kexec",
      "emulator at RVA \(hex(emulator)), build ID \(buildID.isEmpty ? "none" : hexadecimal(buildID))", "",
      row("file offset", "bytes", "part", "RVA", "in memory", "rights", "what it is"),
    ]
    for run in runs {
      lines.append(
        row(
          hex(run.fileOffset), hex(run.contents.count), run.name, hex(run.rva), hex(run.sizeInMemory),
          run.rights, run.meaning))
    }
    if !initrds.isEmpty {
      lines += ["", "initrds, in the order in which the kernel sees them:"]
      lines += initrds.enumerated().map { "  \($0 + 1). \($1)" }
      lines.append("  The machine needs \(leastMemory >> 20) MiB or more, and what is given when it is loaded.")
    }
    if !notes.isEmpty { lines.append("") }
    lines += notes.map { "note: \($0)" }
    return lines.joined(separator: "\n")
  }

  private func row(_ columns: String...) -> String {
    let widths = [12, 12, 10, 12, 12, 6, 0]
    let cells = zip(columns, widths).map { text, width in
      text + String(repeating: " ", count: max(0, width - text.count))
    }
    var line = cells.joined(separator: " ")
    while line.last == " " { line.removeLast() }
    return line
  }

  private func hex(_ value: some BinaryInteger) -> String { "0x" + String(value, radix: 16) }
}

/// A section's rights, as `r-x`.
func accessRights(_ characteristics: UInt32) -> String {
  (characteristics & SectionCharacteristics.read != 0 ? "r" : "-")
    + (characteristics & SectionCharacteristics.write != 0 ? "w" : "-")
    + (characteristics & SectionCharacteristics.execute != 0 ? "x" : "-")
}
