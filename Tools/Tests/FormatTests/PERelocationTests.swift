// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Bytes
import PE
import Testing

@Suite("Base relocations")
struct PERelocationTests {
  /// An image with a table at 0x6000.
  private func builder(_ table: [UInt8], characteristics: UInt16 = 0x0206) -> PEBuilder {
    var builder = PEBuilder(characteristics: characteristics)
    if !table.isEmpty {
      builder.directories = [(5, 0x6000, UInt32(table.count))]
      builder.sections.append(
        .init(name: ".reloc", rva: 0x6000, memorySize: UInt32(table.count), data: table))
    }
    return builder
  }

  private func block(_ page: UInt32, _ entries: [UInt16], size: UInt32? = nil) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 8 + 2 * entries.count)
      .setting(0, page).setting(4, size ?? UInt32(8 + 2 * entries.count))
    for (index, entry) in entries.enumerated() { bytes = bytes.setting(8 + 2 * index, entry) }
    return bytes
  }

  private func apply(
    _ builder: PEBuilder, _ image: [UInt8]? = nil, delta: UInt64 = 0xffff_fffe_c000_0000
  ) -> (Result<Int, PEError>, [UInt8]) {
    var image = image ?? builder.mapped()
    let result: Result<Int, PEError> = image.withUnsafeMutableBytes { buffer in
      do throws(PEError) {
        let headers = try PEHeaders(ByteView(UnsafeRawBufferPointer(buffer)), layout: .mapped)
        return .success(try BaseRelocations.apply(to: buffer, headers: headers, delta: delta))
      } catch { return .failure(error) }
    }
    return (result, image)
  }

  @Test func `DIR64 and HIGHLOW add the delta, ABSOLUTE does nothing`() throws {
    let builder = builder(block(0x3000, [0xa008, 0x3011, 0x0000, 0x0fff]) + block(0x4000, [0xaff8]))
    let image = builder.mapped().setting(0x3008, UInt64(0x1_4000_1000)).setting(0x3011, UInt32(0x4000_2000))
      .setting(0x4ff8, UInt64(5))
    let (result, relocated) = apply(builder, image, delta: 0xffff_fffe_c010_0000)
    #expect(try result.get() == 3)
    let expected = image.setting(0x3008, UInt64(0x10_1000)).setting(0x3011, UInt32(0x0010_2000))
      .setting(0x4ff8, 0xffff_fffe_c010_0005 as UInt64)
    #expect(relocated == expected)
  }

  @Test func `At its ImageBase an image stays as it is`() throws {
    let builder = builder(block(0x3000, [0xa008]))
    let (result, image) = apply(builder, delta: 0)
    #expect(try result.get() == 0)
    #expect(image == builder.mapped())
  }

  @Test func `Without a table an image runs anywhere unless its relocations are stripped`() throws {
    #expect(try apply(builder([])).0.get() == 0)
    #expect(throws: PEError.notRelocatable) { try apply(builder([], characteristics: 0x0207)).0.get() }
    #expect(try apply(builder([], characteristics: 0x0207), delta: 0).0.get() == 0)
  }

  @Test func `One bad entry leaves the image as it was`() {
    let good = block(0x3000, [0xa008, 0xa010])
    let bad: [([UInt8], PEError)] = [
      (block(0x3000, [0xb008]), .relocationKind(rva: 0x6000 + 12 + 8, kind: 11)),
      (block(0x6000, [0xa008]), .relocationTarget(rva: 0x6014, target: 0x6008)),
      (block(0x5000, [0xaffc]), .relocationTarget(rva: 0x6014, target: 0x5ffc)),
      (block(0x6fff, [0xa000]), .relocationTarget(rva: 0x6014, target: 0x6fff)),
      (block(0xffff_f000, [0xafff]), .relocationTarget(rva: 0x6014, target: 0xffff_ffff)),
      (block(0x3000, [0xa018], size: 9), .relocationBlock(rva: 0x600c, size: 9)),
      (block(0x3000, [0xa018], size: 12), .relocationBlock(rva: 0x600c, size: 12)),
      (block(0x3000, [0xa018], size: 0), .relocationBlock(rva: 0x600c, size: 0)),
      (block(0x3000, [0xa018], size: .max), .relocationBlock(rva: 0x600c, size: .max)),
      ([0, 0x30, 0, 0], .relocationBlock(rva: 0x600c, size: 0)),
    ]
    for (second, error) in bad {
      let builder = builder(good + second)
      let (result, image) = apply(builder)
      #expect(result == .failure(error))
      #expect(image == builder.mapped())
    }
  }

  @Test func `The buffer is the image and nothing else`() throws {
    let builder = builder([])
    var image = builder.mapped() + [0]
    let error = image.withUnsafeMutableBytes { buffer -> PEError? in
      do throws(PEError) {
        let headers = try PEHeaders(ByteView(UnsafeRawBufferPointer(buffer)), layout: .mapped)
        _ = try BaseRelocations.apply(to: buffer, headers: headers, delta: 1)
        return nil
      } catch { return error }
    }
    #expect(error == .bufferSize(builder.mapped().count + 1))
  }
}
