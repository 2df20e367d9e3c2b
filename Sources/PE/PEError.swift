// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// Why bytes are not an image that may be loaded. `offset` is where in the bytes the offending field stands.
public enum PEError: Error, Equatable, Sendable {
  /// The bytes end before a structure does.
  case truncated(offset: Int, needed: Int)
  /// No "MZ" at 0.
  case noDOSHeader
  /// No "PE\0\0" where `e_lfanew` points.
  case noPESignature(offset: Int)
  /// `Magic` is not 0x20b (PE32+).
  case notPE32Plus(offset: Int, magic: UInt16)
  case unknownMachine(offset: Int, machine: UInt16)
  /// `SizeOfOptionalHeader` does not hold the fields, or not `NumberOfRvaAndSizes` directories.
  case optionalHeaderSize(offset: Int, size: Int, needed: Int)
  case tooManyDataDirectories(offset: Int, count: UInt32)
  /// `SectionAlignment` or `FileAlignment`.
  case alignment(offset: Int, value: UInt32)
  /// `SizeOfHeaders` does not cover the section table, or is larger than the bytes or the image.
  case sizeOfHeaders(offset: Int, value: UInt32, needed: Int)
  /// `SizeOfImage` is 0, or `ImageBase + SizeOfImage` wraps round.
  case sizeOfImage(offset: Int, value: UInt32)
  /// `AddressOfEntryPoint` lies in no section.
  case entryPoint(offset: Int, rva: UInt32)
  /// `SectionAlignment` is a page or more, but the section does not start on one.
  case sectionMisaligned(index: Int, rva: UInt32)
  /// A section begins before the end of what precedes it: the headers, or another section.
  case sectionOverlap(index: Int, rva: UInt32, end: UInt32)
  /// A section reaches beyond `SizeOfImage`.
  case sectionOutsideImage(index: Int, rva: UInt32, size: UInt32)
  /// A section's raw data reaches beyond the file.
  case sectionOutsideFile(index: Int, offset: UInt32, size: UInt32)
  /// A data directory reaches beyond the image; the certificate table, beyond the file.
  case dataDirectoryOutside(index: Int, address: UInt32, size: UInt32)

  /// There is nothing to relocate by, and the image does not run elsewhere than at its `ImageBase`.
  case notRelocatable
  /// `rva` is the block's.
  case relocationBlock(rva: Int, size: UInt32)
  case relocationKind(rva: Int, kind: UInt8)
  /// A fixup reaches beyond the image or into the relocation directory itself.
  case relocationTarget(rva: Int, target: UInt64)
  /// The buffer is not `SizeOfImage` bytes.
  case bufferSize(Int)

  /// What is wrong, without the numbers: enough where there is no heap to format in.
  public var reason: StaticString {
    switch self {
    case .truncated: "the bytes end inside the headers"
    case .noDOSHeader: "it does not start with MZ"
    case .noPESignature: "there is no PE signature where e_lfanew points"
    case .notPE32Plus: "the optional header is not PE32+"
    case .unknownMachine: "the machine type is unknown"
    case .optionalHeaderSize: "SizeOfOptionalHeader is too small for its fields"
    case .tooManyDataDirectories: "NumberOfRvaAndSizes is larger than 16"
    case .alignment: "an alignment is no power of two from 32 to 65536"
    case .sizeOfHeaders: "SizeOfHeaders does not fit the section table, the bytes or the image"
    case .sizeOfImage: "SizeOfImage is 0, larger than the memory, or wraps round"
    case .entryPoint: "the entry point lies in no section"
    case .sectionMisaligned: "SectionAlignment is a page or more, but a section starts inside a page"
    case .sectionOverlap: "sections overlap, or are not in ascending order"
    case .sectionOutsideImage: "a section reaches beyond SizeOfImage"
    case .sectionOutsideFile: "a section's raw data reaches beyond the file"
    case .dataDirectoryOutside: "a data directory reaches beyond the image"
    case .notRelocatable: "its relocations are stripped and it is not at its ImageBase"
    case .relocationBlock: "a base relocation block is malformed"
    case .relocationKind: "a base relocation is of an unknown kind"
    case .relocationTarget: "a base relocation points outside the image or at its own table"
    case .bufferSize: "the memory is not SizeOfImage bytes"
    }
  }
}

#if !hasFeature(Embedded)
  extension PEError: CustomStringConvertible {
    public var description: String {
      func hex(_ value: some BinaryInteger) -> String { "0x" + String(value, radix: 16) }
      switch self {
      case .truncated(let offset, let needed):
        return "the file ends inside the headers: \(needed) bytes are needed at \(hex(offset))"
      case .noDOSHeader:
        return "not a PE file: it does not start with \"MZ\""
      case .noPESignature(let offset):
        return "not a PE file: no \"PE\\0\\0\" at \(hex(offset)), where e_lfanew points"
      case .notPE32Plus(let offset, let magic):
        return magic == 0x10b
          ? "a 32-bit PE32 image; only PE32+ (magic 0x20b) can be used"
          : "the optional header's magic at \(hex(offset)) is \(hex(magic)); PE32+ has 0x20b"
      case .unknownMachine(let offset, let machine):
        return "machine type \(hex(machine)) at \(hex(offset)) is unknown; arm64 is 0xaa64, x86_64 is 0x8664"
      case .optionalHeaderSize(let offset, let size, let needed):
        return "SizeOfOptionalHeader at \(hex(offset)) is \(size); its fields need \(needed)"
      case .tooManyDataDirectories(let offset, let count):
        return "NumberOfRvaAndSizes at \(hex(offset)) is \(count); there are 16 directories at most"
      case .alignment(let offset, let value):
        return "the alignment at \(hex(offset)) is \(hex(value)); it must be a power of two from 0x20 to 0x10000"
      case .sizeOfHeaders(let offset, let value, let needed):
        return "SizeOfHeaders at \(hex(offset)) is \(hex(value)); the section table ends at \(hex(needed)), "
          + "and neither the file nor the image may be shorter than the headers"
      case .sizeOfImage(let offset, let value):
        return "SizeOfImage at \(hex(offset)) is \(hex(value)), which is 0, too large or wraps round"
      case .entryPoint(let offset, let rva):
        return "the entry point (field at \(hex(offset))) has RVA \(hex(rva)), which lies in no section"
      case .sectionMisaligned(let index, let rva):
        return "section \(index) has RVA \(hex(rva)), which is no multiple of 4 KiB, although "
          + "SectionAlignment is"
      case .sectionOverlap(let index, let rva, let end):
        return "section \(index) has RVA \(hex(rva)), but what stands before it ends at \(hex(end))"
      case .sectionOutsideImage(let index, let rva, let size):
        return "section \(index) (RVA \(hex(rva)), \(hex(size)) bytes) reaches beyond SizeOfImage"
      case .sectionOutsideFile(let index, let offset, let size):
        return "section \(index) has \(hex(size)) bytes at file offset \(hex(offset)), beyond the end of the file: "
          + "is the file truncated?"
      case .dataDirectoryOutside(let index, let address, let size):
        return "data directory \(index) (at \(hex(address)), \(hex(size)) bytes) reaches beyond the image"
      case .relocationBlock(let rva, let size):
        return "the base relocation block at RVA \(hex(rva)) has size \(hex(size)), which is odd or does not fit"
      case .relocationKind(let rva, let kind):
        return "the base relocation at RVA \(hex(rva)) has kind \(kind); known are 0, 3 (HIGHLOW) and 10 (DIR64)"
      case .relocationTarget(let rva, let target):
        return "the base relocation at RVA \(hex(rva)) is for RVA \(hex(target)), outside the image or in its own table"
      case .notRelocatable, .bufferSize:
        return "\(reason)"
      }
    }
  }
#endif
