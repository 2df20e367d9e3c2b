// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Bytes
import PE
import Testing

@Suite("PE headers")
struct PEHeadersTests {
  private static let pe = 0x80
  private static let table = pe + 24 + 240

  private func read(_ bytes: [UInt8], _ layout: PELayout = .file) throws(PEError) -> PEHeaders {
    let result: Result<PEHeaders, PEError> = bytes.withUnsafeBytes { buffer in
      do throws(PEError) { return .success(try PEHeaders(ByteView(buffer), layout: layout)) } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }

  private func error(_ bytes: [UInt8], _ layout: PELayout = .file) -> PEError? {
    do throws(PEError) {
      _ = try read(bytes, layout)
      return nil
    } catch {
      return error
    }
  }

  @Test func `Every field is read from its place`() throws {
    let builder = PEBuilder(directories: [(5, 0x3000, 12), (4, 0x400, 8)])
    let headers = try read(builder.build())
    #expect(headers.machine == 0xaa64)
    #expect(headers.characteristics == 0x0206)
    #expect(headers.magic == 0x20b)
    #expect(headers.subsystem == 10)
    #expect(headers.dllCharacteristics == 0x0160)
    #expect(headers.imageBase == 0x1_4000_0000)
    #expect(headers.sectionAlignment == 0x1000)
    #expect(headers.fileAlignment == 0x200)
    #expect(headers.sizeOfImage == 0x6000)
    #expect(headers.sizeOfHeaders == 0x400)
    #expect(headers.addressOfEntryPoint == 0x1000)
    #expect(headers.checkSum == 0x1234_5678)
    #expect(headers.peOffset == 0x80)
    #expect(headers.numberOfSections == 2)
    #expect(headers.sectionTableOffset == Self.table)
    #expect(headers.sectionTableEnd == Self.table + 80)
    #expect(!headers.relocationsStripped)
    let data = try #require(headers.section(named: ".data"))
    #expect(data.virtualAddress == 0x3000)
    #expect(data.virtualSize == 0x2345)
    #expect(data.sizeOfRawData == 0x400)
    #expect(data.pointerToRawData == 0xc00)
    #expect(data.sizeInFile == 0x400)
    #expect(data.sizeInMemory == 0x2345)
    #expect(headers.section(named: ".dat") == nil)
    #expect(headers.section(named: ".data.text") == nil)
    #expect(try #require(headers.dataDirectory(.baseRelocation)) == (0x3000, 12))
    #expect(headers.dataDirectory(.debug) == nil)
  }

  @Test func `A mapped image is read without looking at raw data`() throws {
    let builder = PEBuilder()
    #expect(try read(builder.mapped(), .mapped).sections.count == 2)
    let pointer = Self.table + 40 + 20
    #expect(error(builder.mapped().setting(pointer, UInt32.max), .mapped) == nil)
    #expect(error(Array(builder.mapped().dropLast()), .mapped) == .sizeOfImage(offset: Self.pe + 80, value: 0x6000))
  }

  @Test func `What is no PE32+ file is told apart`() {
    let file = PEBuilder().build()
    #expect(error([]) == .noDOSHeader)
    #expect(error(file.setting(0, UInt16(0x4d5a))) == .noDOSHeader)
    #expect(error(file.setting(0x3c, UInt32.max)) == .noPESignature(offset: 0xffff_ffff))
    #expect(error(file.setting(Self.pe, UInt32(0x4551))) == .noPESignature(offset: 0x80))
    #expect(error(file.setting(Self.pe + 24, UInt16(0x10b))) == .notPE32Plus(offset: 0x98, magic: 0x10b))
    #expect(error(file.setting(Self.pe + 4, UInt16(0x1234))) == .unknownMachine(offset: 0x84, machine: 0x1234))
  }

  @Test func `Sizes of headers are held against each other`() {
    let file = PEBuilder().build()
    #expect(
      error(file.setting(Self.pe + 20, UInt16(239)))
        == .optionalHeaderSize(offset: Self.pe + 20, size: 239, needed: 240))
    #expect(error(file.setting(Self.pe + 132, UInt32(17))) == .tooManyDataDirectories(offset: Self.pe + 132, count: 17))
    let end = Self.table + 80
    #expect(
      error(file.setting(Self.pe + 84, UInt32(end - 1)))
        == .sizeOfHeaders(offset: Self.pe + 84, value: UInt32(end - 1), needed: end))
    #expect(
      error(file.setting(Self.pe + 84, UInt32(0x10_0000)))
        == .sizeOfHeaders(offset: Self.pe + 84, value: 0x10_0000, needed: end))
    #expect(
      error(file.setting(Self.pe + 6, UInt16(0xffff)))
        == .sizeOfHeaders(offset: Self.pe + 84, value: 0x400, needed: Self.table + 0xffff * 40))
    #expect(error(file.setting(Self.pe + 80, UInt32(0))) == .sizeOfImage(offset: Self.pe + 80, value: 0))
    #expect(error(file.setting(Self.pe + 48, UInt64.max)) == .sizeOfImage(offset: Self.pe + 80, value: 0x6000))
  }

  @Test(arguments: [0, 0x10, 0x30, 0x2_0000, 0xffff_ffff, 0x8000_0000] as [UInt32])
  func `Alignments are powers of two from 32 to 65536`(value: UInt32) {
    let file = PEBuilder().build()
    #expect(error(file.setting(Self.pe + 56, value)) == .alignment(offset: Self.pe + 56, value: value))
    #expect(error(file.setting(Self.pe + 60, value)) == .alignment(offset: Self.pe + 60, value: value))
  }

  @Test func `Sections are disjoint, ascending, and inside image and file`() {
    let file = PEBuilder().build()
    let second = Self.table + 40
    #expect(error(file.setting(second + 12, UInt32(0x3010))) == .sectionMisaligned(index: 1, rva: 0x3010))
    #expect(error(file.setting(second + 12, UInt32(0x1000))) == .sectionOverlap(index: 1, rva: 0x1000, end: 0x1800))
    #expect(error(file.setting(Self.table + 12, UInt32(0))) == .sectionOverlap(index: 0, rva: 0, end: 0x400))
    #expect(
      error(file.setting(second + 8, UInt32(0x3001))) == .sectionOutsideImage(index: 1, rva: 0x3000, size: 0x3001))
    #expect(
      error(file.setting(second + 8, UInt32.max)) == .sectionOutsideImage(index: 1, rva: 0x3000, size: .max))
    #expect(
      error(file.setting(second + 12, UInt32(0xffff_f000)))
        == .sectionOutsideImage(index: 1, rva: 0xffff_f000, size: 0x2345))
    #expect(
      error(file.setting(second + 20, UInt32(0xc01))) == .sectionOutsideFile(index: 1, offset: 0xc01, size: 0x400))
    #expect(
      error(file.setting(second + 20, UInt32.max)) == .sectionOutsideFile(index: 1, offset: .max, size: 0x400))
    // An empty section lies nowhere.
    #expect(
      error(file.setting(second + 8, UInt32(0)).setting(second + 16, UInt32(0)).setting(second + 12, UInt32(1))) == nil)
  }

  @Test func `Below a page, sections lie where they like`() {
    let file = PEBuilder(sectionAlignment: 0x200).build()
    #expect(error(file.setting(Self.table + 52, UInt32(0x2040))) == nil)
  }

  @Test func `The entry point lies in a section, or is absent`() {
    let file = PEBuilder().build()
    #expect(error(file.setting(Self.pe + 40, UInt32(0))) == nil)
    for rva in [0x200, 0x1800, 0x2fff, 0x5345, 0xffff_ffff] as [UInt32] {
      #expect(error(file.setting(Self.pe + 40, rva)) == .entryPoint(offset: Self.pe + 40, rva: rva))
    }
  }

  @Test func `Data directories lie in the image, the certificate table in the file`() {
    #expect(
      error(PEBuilder(directories: [(6, 0x5fff, 2)]).build())
        == .dataDirectoryOutside(index: 6, address: 0x5fff, size: 2))
    #expect(
      error(PEBuilder(directories: [(5, .max, .max)]).build())
        == .dataDirectoryOutside(index: 5, address: .max, size: .max))
    let signed = PEBuilder(directories: [(4, 0x1000, 8)], tail: [1, 2, 3, 4, 5, 6, 7, 8])
    #expect(error(signed.build()) == nil)
    #expect(error(Array(signed.build().dropLast())) == .dataDirectoryOutside(index: 4, address: 0x1000, size: 8))
    #expect(error(signed.mapped(), .mapped) == nil)
  }

  @Test func `An error says what is wrong, where, and what would be right`() {
    let file = PEBuilder().build()
    #expect("\(error(file.setting(0, UInt16(0)))!)" == "not a PE file: it does not start with \"MZ\"")
    let alignment = "\(error(file.setting(Self.pe + 56, UInt32(3)))!)"
    #expect(alignment.contains("0x3") && alignment.contains("0xb8") && alignment.contains("power of two"))
  }
}
