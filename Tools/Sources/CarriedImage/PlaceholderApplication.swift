// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Bytes
import PE

/// The EFI application in a stand-alone image. kexec never runs it; firmware gets a line of what the file is for, and
/// EFI_UNSUPPORTED.
enum PlaceholderApplication {
  static let message = "This is Virgil's emulator alone. Load it by kexec -l, with an EFI file as --initrd.\r\n"

  private static let peOffset = 0x40
  private static let page: UInt32 = 0x1000
  /// The one that a signature would be named by, the fifth, is left out: what signs cannot sign the image.
  private static let directories = 4

  /// The file: headers in a page, code in another.
  ///
  /// - Parameter machine: `PEMachine.arm64` or `.x86_64`
  static func file(for machine: UInt16) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 2 * Int(page))
    let text = code(for: machine) + Array(message.utf16).flatMap { [UInt8($0 & 0xff), UInt8($0 >> 8)] } + [0, 0]
    bytes.replaceSubrange(Int(page)..<Int(page) + text.count, with: text)
    bytes.withUnsafeMutableBytes { writeHeaders(to: $0, machine, textSize: UInt32(text.count)) }
    return bytes
  }

  private static func writeHeaders(to bytes: UnsafeMutableRawBufferPointer, _ machine: UInt16, textSize: UInt32) {
    typealias Optional = PEFields.Optional
    let optionalSize = Optional.dataDirectories - PEFields.File.size + directories * 8
    PEFields.e_magic.write(PEFields.dosMagic, to: bytes)
    PEFields.e_lfanew.write(UInt32(peOffset), to: bytes)
    func put<Value: FixedWidthInteger>(_ field: Field<Value>, _ value: Value) {
      field.write(value, to: bytes, at: peOffset)
    }
    put(PEFields.File.Signature, PEFields.peMagic)
    put(PEFields.File.Machine, machine)
    put(PEFields.File.NumberOfSections, 1)
    put(PEFields.File.SizeOfOptionalHeader, UInt16(optionalSize))
    put(PEFields.File.Characteristics, 0x22)  // EXECUTABLE_IMAGE, LARGE_ADDRESS_AWARE
    put(Optional.Magic, PEFields.pe32PlusMagic)
    put(Optional.SizeOfCode, page)
    put(Optional.AddressOfEntryPoint, page)
    put(Optional.BaseOfCode, page)
    put(Optional.SectionAlignment, page)
    put(Optional.FileAlignment, page)
    put(Optional.SizeOfImage, 2 * page)
    put(Optional.SizeOfHeaders, page)
    put(Optional.Subsystem, 10)  // EFI_APPLICATION
    put(Optional.DllCharacteristics, 0x100)  // NX_COMPAT
    put(Optional.NumberOfRvaAndSizes, UInt32(directories))
    let section = peOffset + PEFields.File.size + optionalSize
    for (index, byte) in ".text".utf8.enumerated() { bytes[section + index] = byte }
    PEFields.Section.VirtualSize.write(textSize, to: bytes, at: section)
    PEFields.Section.VirtualAddress.write(page, to: bytes, at: section)
    PEFields.Section.SizeOfRawData.write(page, to: bytes, at: section)
    PEFields.Section.PointerToRawData.write(page, to: bytes, at: section)
    PEFields.Section.Characteristics.write(
      SectionCharacteristics.read | SectionCharacteristics.execute | 0x20, to: bytes, at: section)
  }

  /// `ConOut->OutputString(ConOut, text behind the code)`, where there is a ConOut; returns EFI_UNSUPPORTED.
  private static func code(for machine: UInt16) -> [UInt8] {
    guard machine == PEMachine.arm64 else {
      return [
        0x48, 0x8b, 0x4a, 0x40,  // mov rcx, [rdx + 0x40]
        0x48, 0x85, 0xc9,  // test rcx, rcx
        0x74, 0x12,  // jz the end
        0x48, 0x83, 0xec, 0x28,  // sub rsp, 0x28
        0x48, 0x8d, 0x15, 0x16, 0x00, 0x00, 0x00,  // lea rdx, [rip + to the text]
        0xff, 0x51, 0x08,  // call [rcx + 8]
        0x48, 0x83, 0xc4, 0x28,  // add rsp, 0x28
        // the end:
        0x6a, 0x03,  // push 3
        0x58,  // pop rax
        0x48, 0x0f, 0xba, 0xe8, 0x3f,  // bts rax, 63
        0xc3,  // ret
        0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc,  // the text is aligned
      ]
    }
    let words: [UInt32] = [
      0xa9bf_7bfd,  // stp x29, x30, [sp, #-16]!
      0xf940_2020,  // ldr x0, [x1, #64]
      0xb400_0080,  // cbz x0, the end
      0x1000_00e1,  // adr x1, the text
      0xf940_0402,  // ldr x2, [x0, #8]
      0xd63f_0040,  // blr x2
      // the end:
      0xd280_0060,  // mov x0, #3
      0xf2f0_0000,  // movk x0, #0x8000, lsl #48
      0xa8c1_7bfd,  // ldp x29, x30, [sp], #16
      0xd65f_03c0,  // ret
    ]
    return words.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) } }
  }
}
