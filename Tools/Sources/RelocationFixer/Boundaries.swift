// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import ELF

/// The addresses that a linker script defines and the image is mapped by.
///
/// That no segment is writable and executable is not enough: nothing sees the segments once the image is flat. So
/// each must lie between the symbols of its kind, and those on the boundaries of pages.
struct Boundaries {
  /// The RELR table as start-up code finds it.
  let relocations: Range<UInt64>
  /// The end of the part that is never packed, on a page; nil in an image that is not packed.
  let headEnd: UInt64?
  /// The end of the code, on a page; nil in an image that is not packed.
  let textEnd: UInt64?
  /// The end of the image in memory, on a page.
  let imageEnd: UInt64
  /// The first page that is written to after relocation.
  let dataStart: UInt64
  /// Where the runtime image goes, and the end of the room for it; nil in an image that carries none.
  let runtimeRoom: Range<UInt64>?

  /// Where segments of some rights may lie, with the words for it.
  private typealias Group = (name: String, range: Range<UInt64>)

  /// Those of targets/emulator.ld.
  static func emulator(_ symbols: [Symbol], _ segments: Segments) throws(Refusal) -> Boundaries {
    var chain = SymbolChain(symbols)
    for name in ["__image_start", "__text_start"] { _ = try chain.next(name, exactly: 0) }
    let headEnd = try chain.next("__head_end", onPage: true, atLeast: pageSize)
    let textEnd = try chain.next("__text_end", onPage: true)
    let rodataStart = try chain.next("__rodata_start", exactly: textEnd)
    let relroStart = try chain.next("__relro_start", onPage: true)
    let relroEnd = try chain.next("__relro_end", onPage: true)
    let dataStart = try chain.next("__data_start", exactly: chain.next("__rodata_end", exactly: relroEnd))
    _ = try chain.next("__data_end")
    let relrStart = try chain.next("__relr_start")
    let relrEnd = try chain.next("__relr_end")
    _ = try chain.next("__file_end", exactly: segments.fileEnd)
    let runtimeStart = try chain.next("__runtime_start", onPage: true)
    let runtimeEnd = try chain.next("__runtime_end", onPage: true)
    let bssStart = try chain.next("__bss_start", onPage: true)
    let guardPage = try chain.next("__stack_guard", onPage: true)
    _ = try chain.next("__stack_top", onPage: true, atLeast: guardPage + 2 * pageSize)
    let bssEnd = try chain.next("__bss_end", onPage: true)
    let imageEnd = try imageEnd(&chain, segments)
    let text: Group = ("__text_start to __text_end", 0..<textEnd)
    let rodata: Group = ("__rodata_start to __relro_start", rodataStart..<relroStart)
    let relro: Group = ("__relro_start to __relro_end", relroStart..<relroEnd)
    let data: Group = ("__data_start to __relr_end", dataStart..<relrEnd)
    let bss: Group = ("__bss_start to __bss_end", bssStart..<bssEnd)
    for segment in segments.loaded {
      switch (segment.flags.contains(.write), segment.flags.contains(.execute)) {
      case (_, true): try check(segment, [text])
      case (false, false): try check(segment, [rodata])
      case (true, false): try check(segment, segment.fileSize == 0 ? [bss] : [relro, data])
      }
    }
    return Boundaries(
      relocations: relrStart..<relrEnd, headEnd: headEnd, textEnd: textEnd, imageEnd: imageEnd, dataStart: dataStart,
      runtimeRoom: runtimeStart..<runtimeEnd)
  }

  /// Those of targets/runtime.ld: one part that is executed and read, one that is written.
  static func runtime(_ symbols: [Symbol], _ segments: Segments) throws(Refusal) -> Boundaries {
    var chain = SymbolChain(symbols)
    _ = try chain.next("__image_start", exactly: 0)
    let relrStart = try chain.next("__relr_start")
    let relrEnd = try chain.next("__relr_end")
    let dataStart = try chain.next("__data_start", onPage: true, atLeast: pageSize)
    _ = try chain.next("__file_end", exactly: segments.fileEnd)
    let imageEnd = try imageEnd(&chain, segments)
    for segment in segments.loaded {
      let group: Group =
        segment.flags.contains(.write)
        ? ("__data_start to __image_end", dataStart..<imageEnd) : ("__image_start to __data_start", 0..<dataStart)
      try check(segment, [group])
    }
    return Boundaries(
      relocations: relrStart..<relrEnd, headEnd: nil, textEnd: nil, imageEnd: imageEnd, dataStart: dataStart,
      runtimeRoom: nil)
  }

  private static func imageEnd(_ chain: inout SymbolChain, _ segments: Segments) throws(Refusal) -> UInt64 {
    // The page is below 2^64: `Segments` has held the end against a limit.
    try chain.next("__image_end", exactly: roundUpToPage(segments.memoryEnd))
  }

  private static func check(_ segment: ProgramHeader, _ groups: [Group]) throws(Refusal) {
    let isInPlace = groups.contains {
      $0.range.lowerBound <= segment.virtualAddress && segment.end <= $0.range.upperBound
    }
    if !isInPlace {
      throw .segmentPlacement(
        index: segment.index, address: segment.virtualAddress,
        expected: "a place from " + groups.map { $0.name }.joined(separator: " or "))
    }
  }
}
