// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Bytes
import PE
import Testing

@testable import CarriedImage

@Suite("File coverage")
struct CoverageTests {
  private func coverage(_ bytes: [UInt8]) throws -> FileCoverage {
    try bytes.withUnsafeBytes { FileCoverage(try PEHeaders(ByteView($0)), size: $0.count) }
  }

  @Test func `A file of headers and sections is covered`() throws {
    #expect(try coverage(PEBuilder().build()).uncovered.isEmpty)
    #expect(try !coverage(PEBuilder().build()).overlaps)
  }

  @Test func `Bytes behind the last section are not, unless they are the certificates`() throws {
    let size = PEBuilder().build().count
    var builder = PEBuilder(tail: [UInt8](repeating: 1, count: 24))
    #expect(try coverage(builder.build()).uncovered == [size..<size + 24])
    builder.directories = [(4, UInt32(size), 24)]
    #expect(try coverage(builder.build()).uncovered.isEmpty)
    builder.directories = [(4, UInt32(size + 8), 8)]
    #expect(try coverage(builder.build()).uncovered == [size..<size + 8, size + 16..<size + 24])
  }

  @Test func `A hole between sections shows, and so does an overlap`() throws {
    let file = PEBuilder().build()
    let second = 0x80 + 24 + 240 + 40
    #expect(
      try coverage(file.setting(second + 16, UInt32(0x200)).setting(second + 20, UInt32(0xe00))).uncovered == [
        0xc00..<0xe00
      ])
    #expect(try coverage(file.setting(second + 20, UInt32(0xa00))).overlaps)
  }
}
