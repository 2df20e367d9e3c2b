// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// Whether the tests' images, a few instructions of x86_64, can run here.
#if arch(x86_64)
  let canRunImages = true
#else
  let canRunImages = false
#endif

/// Builds PE32+ files, right ones and wrong ones.
struct TestImage {
  struct Section {
    var name: StaticString
    var address: UInt32
    /// Bytes in memory.
    var size: UInt32
    var content: [UInt8]
    var characteristics: UInt32
  }
  static let text = SectionCharacteristics.execute | SectionCharacteristics.read
  static let data = SectionCharacteristics.write | SectionCharacteristics.read
  static let constant = SectionCharacteristics.read

  var machine = PEMachine.x86_64
  var subsystem: UInt16 = 10
  var characteristics: UInt16 = 0x22
  var imageBase: UInt64 = 0x1_4000_0000
  var sectionAlignment: UInt32 = 0x1000
  var entry: UInt32 = 0x1000
  var sizeOfImage: UInt32 = 0x8000
  var sections: [Section] = []
  /// RVA of a .reloc section, and the RVAs of its 64-bit places, all on one page.
  var relocations: (table: UInt32, places: [UInt32])?
  /// RVA and size of a resource directory that one of the sections holds.
  var resources: (address: UInt32, size: UInt32)?

  private static let headerSize = 0x400

  /// The file.
  var file: [UInt8] {
    var all = sections
    if let relocations {
      var table: [UInt8] = []
      table.appendLittleEndian(relocations.places[0] & ~0xfff)
      table.appendLittleEndian(UInt32(8 + 2 * relocations.places.count))
      for place in relocations.places { table.appendLittleEndian(UInt16(10 << 12 | place & 0xfff)) }
      all.append(
        Section(
          name: ".reloc", address: relocations.table, size: UInt32(table.count), content: table,
          characteristics: TestImage.constant))
    }
    var body: [UInt8] = []
    var headers = [UInt8](repeating: 0, count: TestImage.headerSize)
    headers.withUnsafeMutableBytes { bytes in
      writeHeaders(to: bytes, sections: all.count)
      for (index, section) in all.enumerated() {
        let place = TestImage.sectionTable + index * PEFields.Section.size
        for (offset, byte) in section.name.withUTF8Buffer({ Array($0) }).enumerated() { bytes[place + offset] = byte }
        PEFields.Section.VirtualSize.write(section.size, to: bytes, at: place)
        PEFields.Section.VirtualAddress.write(section.address, to: bytes, at: place)
        PEFields.Section.SizeOfRawData.write(UInt32(section.content.count), to: bytes, at: place)
        PEFields.Section.PointerToRawData.write(UInt32(TestImage.headerSize + body.count), to: bytes, at: place)
        PEFields.Section.Characteristics.write(section.characteristics, to: bytes, at: place)
        body += section.content
      }
    }
    return headers + body
  }

  private static let peOffset = 0x40
  private static let sectionTable = peOffset + PEFields.Optional.dataDirectories + 16 * 8

  private func writeHeaders(to bytes: UnsafeMutableRawBufferPointer, sections: Int) {
    let start = TestImage.peOffset
    PEFields.e_magic.write(PEFields.dosMagic, to: bytes)
    PEFields.e_lfanew.write(UInt32(start), to: bytes)
    PEFields.File.Signature.write(PEFields.peMagic, to: bytes, at: start)
    PEFields.File.Machine.write(machine, to: bytes, at: start)
    PEFields.File.NumberOfSections.write(UInt16(sections), to: bytes, at: start)
    PEFields.File.SizeOfOptionalHeader.write(UInt16(PEFields.Optional.fixedSize + 16 * 8), to: bytes, at: start)
    PEFields.File.Characteristics.write(characteristics, to: bytes, at: start)
    PEFields.Optional.Magic.write(PEFields.pe32PlusMagic, to: bytes, at: start)
    PEFields.Optional.AddressOfEntryPoint.write(entry, to: bytes, at: start)
    PEFields.Optional.ImageBase.write(imageBase, to: bytes, at: start)
    PEFields.Optional.SectionAlignment.write(sectionAlignment, to: bytes, at: start)
    PEFields.Optional.FileAlignment.write(0x200, to: bytes, at: start)
    PEFields.Optional.SizeOfImage.write(sizeOfImage, to: bytes, at: start)
    PEFields.Optional.SizeOfHeaders.write(UInt32(TestImage.headerSize), to: bytes, at: start)
    PEFields.Optional.Subsystem.write(subsystem, to: bytes, at: start)
    PEFields.Optional.NumberOfRvaAndSizes.write(16, to: bytes, at: start)
    if let relocations {
      let place = start + PEFields.Optional.dataDirectories + 8 * DataDirectory.baseRelocation.rawValue
      Field<UInt32>(0).write(relocations.table, to: bytes, at: place)
      Field<UInt32>(4).write(UInt32(8 + 2 * relocations.places.count), to: bytes, at: place)
    }
    if let resources {
      let place = start + PEFields.Optional.dataDirectories + 8 * DataDirectory.resource.rawValue
      Field<UInt32>(0).write(resources.address, to: bytes, at: place)
      Field<UInt32>(4).write(resources.size, to: bytes, at: place)
    }
  }

  /// An image with code, data and relocations in their own pages.
  static func ordinary(code: [UInt8] = [0xc3]) -> TestImage {
    var image = TestImage()
    image.sections = [
      Section(name: ".text", address: 0x1000, size: UInt32(code.count), content: code, characteristics: text),
      Section(
        name: ".data", address: 0x3000, size: 0x1800, content: [UInt8](repeating: 0x5a, count: 0x200),
        characteristics: data),
      Section(
        name: ".rodata", address: 0x5000, size: 0x200, content: [UInt8](repeating: 0x33, count: 0x200),
        characteristics: constant),
    ]
    image.relocations = (0x6000, [0x3008, 0x3010, 0x31f8])
    return image
  }

  /// x86_64: `mov eax, status; ret`.
  static func returning(_ status: UInt32) -> TestImage {
    var code: [UInt8] = [0xb8]
    code.appendLittleEndian(status)
    return ordinary(code: code + [0xc3])
  }

  /// x86_64: calls Exit(ImageHandle, status, 0, NULL) through the table it is given, and traps if that returns.
  static func exiting(_ status: UInt32) -> TestImage {
    var code: [UInt8] = [
      0x48, 0x83, 0xec, 0x28,  // sub rsp, 0x28
      0x48, 0x8b, 0x42, 0x60,  // mov rax, [rdx + 0x60]: SystemTable->BootServices
      0xba,  // mov edx, status
    ]
    code.appendLittleEndian(status)
    code += [
      0x45, 0x31, 0xc0, 0x45, 0x31, 0xc9,  // xor r8d, r8d; xor r9d, r9d
      0xff, 0x90, 0xd8, 0x00, 0x00, 0x00,  // call [rax + 0xd8]: Exit
      0xcc,  // int3
    ]
    return ordinary(code: code)
  }

  /// x86_64: `mov rax, address; jmp rax`: a function of the test is the entry point.
  static func jumping(to address: UInt64) -> TestImage {
    var code: [UInt8] = [0x48, 0xb8]
    code.appendLittleEndian(address)
    return ordinary(code: code + [0xff, 0xe0])
  }
}
