// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import ELF

/// The smallest page of both machines, in bytes: the unit in which the emulator maps itself.
let pageSize: UInt64 = 4096

/// The most memory an image may take, in bytes: a guard against fields that would make this tool allocate at will.
let memoryLimit: UInt64 = 64 << 20

/// The rules for segments: where they lie, what they allow.
struct Segments {
  /// The PT_LOAD segments that are not empty, in ascending, disjoint pages; the first is at 0.
  let loaded: [ProgramHeader]

  /// The first byte behind the image in memory.
  var memoryEnd: UInt64 { loaded.last?.end ?? 0 }

  /// The first byte behind what the file holds.
  var fileEnd: UInt64 { loaded.lazy.filter { $0.fileSize > 0 }.map { $0.virtualAddress + $0.fileSize }.max() ?? 0 }

  /// Checks every program header.
  init(_ file: ELFFile) throws(Refusal) {
    try Self.checkKinds(file)
    loaded = file.programHeaders.filter { $0.type == ProgramHeader.PT_LOAD && $0.memorySize > 0 }
    for segment in loaded {
      if segment.flags.isSuperset(of: [.write, .execute]) {
        let section = file.sections.first { $0.contains(segment.virtualAddress) }
        throw .writableExecutableSegment(
          index: segment.index, address: segment.virtualAddress, section: section?.name ?? "no section")
      }
    }
    try checkPlacement()
    guard memoryEnd <= memoryLimit else { throw .tooLarge(memory: memoryEnd, limit: memoryLimit) }
    for segment in loaded {
      _ = try reading { () throws(ELFError) in try file.contents(of: segment) }
    }
  }

  /// The segment that holds all of a range of addresses.
  func segment(containing address: UInt64, size: UInt64 = 1) -> ProgramHeader? {
    loaded.first {
      address >= $0.virtualAddress && address < $0.end && size <= $0.end - address
    }
  }

  /// Kinds that ask nothing of whoever starts the image. There is no interpreter, no thread and no unwinder.
  private static let servedKinds: Set<UInt32> = [
    ProgramHeader.PT_NULL, ProgramHeader.PT_LOAD, ProgramHeader.PT_DYNAMIC, ProgramHeader.PT_NOTE,
    ProgramHeader.PT_PHDR, ProgramHeader.PT_GNU_EH_FRAME, ProgramHeader.PT_GNU_STACK, ProgramHeader.PT_GNU_RELRO,
  ]

  private static func checkKinds(_ file: ELFFile) throws(Refusal) {
    for segment in file.programHeaders where !servedKinds.contains(segment.type) {
      if segment.type == ProgramHeader.PT_TLS,
        let section = file.sections.first(where: { $0.flags.contains(.threadLocal) })
      {
        throw .threadLocal(section: section.name, symbol: try file.threadLocalSymbol())
      }
      throw .segmentKind(index: segment.index, name: ProgramHeader.name(of: segment.type))
    }
  }

  private func checkPlacement() throws(Refusal) {
    guard let first = loaded.first, first.virtualAddress == 0, first.fileSize > 0 else {
      throw .segmentPlacement(
        index: loaded.first?.index ?? 0, address: loaded.first?.virtualAddress ?? 0,
        expected: "a first PT_LOAD segment at 0x0 that the file has bytes for")
    }
    var end: UInt64 = 0
    for segment in loaded {
      if let problem = Self.problem(segment, after: end) {
        throw .segmentPlacement(index: segment.index, address: segment.virtualAddress, expected: problem)
      }
      guard let following = roundUpToPage(segment.end) else { throw .tooLarge(memory: segment.end, limit: memoryLimit) }
      end = following
    }
  }

  /// What a segment behind a page boundary should have been; nil when it is in place.
  private static func problem(_ segment: ProgramHeader, after end: UInt64) -> String? {
    if segment.virtualAddress % pageSize != 0 { return "a multiple of \(pageSize)" }
    if segment.virtualAddress < end { return "\(hexadecimal(end)) or more, the page behind the segment before it" }
    if segment.fileSize > 0, segment.offset % pageSize != 0 {
      return "a file offset that is a multiple of \(pageSize)"
    }
    return nil
  }
}

/// The next multiple of the page size; nil when it is not below 2^64.
func roundUpToPage(_ value: UInt64) -> UInt64? {
  let (sum, overflow) = value.addingReportingOverflow(pageSize - 1)
  return overflow ? nil : sum / pageSize * pageSize
}

extension ELFFile {
  /// The name of a thread-local symbol, to say where the trouble comes from.
  func threadLocalSymbol() throws(Refusal) -> String? {
    let symbols = try reading { () throws(ELFError) in try self.symbols() }
    return symbols.first { $0.type == Symbol.STT_TLS && !$0.isMapping }?.name
  }
}
