// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Bytes
import PE
import Testing

/// What is accepted must be as `PEHeaders` promises, whatever was fed; nothing may trap.
@Suite("PE, hostile input")
struct PEHostileTests {
  /// Goes over everything a loader would touch.
  private func use(_ view: ByteView, _ layout: PELayout) -> Bool {
    guard let headers = try? PEHeaders(view, layout: layout) else { return false }
    var end = UInt64(headers.sizeOfHeaders)
    #expect(Int(headers.sizeOfHeaders) <= view.count)
    for section in headers.sections where section.sizeInMemory > 0 {
      #expect(UInt64(section.virtualAddress) >= end)
      end = UInt64(section.virtualAddress) + UInt64(section.sizeInMemory)
      if layout == .file {
        #expect(
          view.slice(Int(section.pointerToRawData), count: Int(section.sizeInFile)) != nil || section.sizeInFile == 0)
      }
    }
    #expect(end <= UInt64(headers.sizeOfImage))
    if layout == .mapped {
      var image = Array(view.buffer.prefix(Int(headers.sizeOfImage)))
      let before = image
      let result = image.withUnsafeMutableBytes {
        try? BaseRelocations.apply(to: $0, headers: headers, delta: 0x1_2340_0000)
      }
      if result == nil { #expect(image == before) }
    }
    return true
  }

  private static let relocated: PEBuilder = {
    var builder = PEBuilder(directories: [(5, 0x6000, 24)])
    builder.sections.append(
      .init(
        name: ".reloc", rva: 0x6000, memorySize: 24,
        data: [0, 0x30, 0, 0, 16, 0, 0, 0, 8, 0xa0, 16, 0xa0, 24, 0x30, 0, 0, 0, 0x10, 0, 0, 8, 0, 0, 0]))
    return builder
  }()

  @Test func `Every prefix of a file is survived`() {
    let file = Self.relocated.build()
    forEachTruncation(of: file) { view, length in
      // Only padding may be missing, and none of it is: raw sizes count it.
      #expect(!use(view, .file), "\(length) bytes")
    }
    let image = Self.relocated.mapped()
    forEachTruncation(of: Array(image.prefix(0x500))) { view, _ in #expect(!use(view, .mapped)) }
  }

  @Test(arguments: [1, 2, 3] as [UInt64])
  func `Changed headers are survived`(seed: UInt64) {
    let file = Self.relocated.build()
    var accepted = 0
    forEachMutation(of: file, count: 20000, seed: seed) { if use($0, .file) { accepted += 1 } }
    // Else the mutations would test nothing but the first checks.
    #expect(accepted > 1000)
  }

  @Test func `Each 32-bit word of the headers takes every extreme`() {
    let file = Self.relocated.build()
    let guarded = GuardedBytes(capacity: file.count)
    for offset in stride(from: 0, to: 0x400, by: 2) {
      for value in [0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_f000, 0xffff_ffff, 0x1000, 0x5000] as [UInt32] {
        guard offset + 4 <= file.count else { continue }
        _ = use(guarded.view(file.setting(offset, value)), .file)
      }
    }
  }

  @Test(arguments: [4, 5] as [UInt64])
  func `Changed images in memory are survived`(seed: UInt64) {
    let image = Self.relocated.mapped()
    // The headers and the relocations, next to each other, so that most mutations hit one of them.
    let parts = [0..<0x200, 0x6000..<0x6018]
    let compact = parts.flatMap { Array(image[$0]) }
    let guarded = GuardedBytes(capacity: image.count)
    var accepted = 0
    forEachMutation(of: compact, count: 4000, seed: seed) { view in
      guard view.count == compact.count else { return }
      var whole = image
      whole.replaceSubrange(parts[0], with: view.buffer.prefix(0x200))
      whole.replaceSubrange(parts[1], with: view.buffer.suffix(0x18))
      if use(guarded.view(whole), .mapped) { accepted += 1 }
    }
    #expect(accepted > 300)
  }
}
