// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import PE
import UKI

/// Why a payload and an emulator do not make a carried image. Each says what would be right.
public enum Refusal: Error, Equatable, CustomStringConvertible {
  case notPE(PEError)
  /// Neither arm64 nor x86_64.
  case machine(UInt16)
  case machines(payload: UInt16, emulator: UInt16)
  case alreadyCarried
  case noSections
  /// The section table with the new entries fits nowhere in the headers.
  case noHeaderRoom(needed: Int, room: Int)
  /// Bytes of x86 headers behind the first page are needed and have no place in the file's.
  case headersTooLarge(size: UInt32)
  case firstSectionTooFar(rva: UInt32)
  /// x86: it begins where kexec enters the image.
  case firstSectionTooNear(rva: UInt32)
  case tooManySections(Int)
  case tooLarge(UInt64)
  case relocationsStripped
  case emulatorTruncated(size: Int, needed: UInt64)
  case notEmulator
  case emulatorVersion(UInt32)
  case emulatorSizes(field: String, value: UInt64)

  public var description: String {
    switch self {
    case .notPE(let error): "\(error)"
    case .machine(let machine):
      "the image is for \(Machine.name(machine)); there are emulators for aarch64 and x86_64"
    case .machines(let payload, let emulator):
      "the image is for \(Machine.name(payload)), the emulator for \(Machine.name(emulator)); both must be the same"
    case .alreadyCarried:
      "it has a section .virgil already: it is a carried image; give the image it was made from"
    case .noSections: "it has no sections, so there is nothing to run"
    case .noHeaderRoom(let needed, let room):
      "the headers need \(needed) free bytes in one piece, but no place among the \(room) before its first section "
        + "has them; link it with a larger SizeOfHeaders, fewer sections or --section-alignment=0x1000"
    case .headersTooLarge(let size):
      "its headers have 0x\(String(size, radix: 16)) bytes; an x86 boot header leaves room for 0x1000"
    case .firstSectionTooFar(let rva):
      "its first section has RVA 0x\(String(rva, radix: 16)); the file would start with as many bytes of headers, "
        + "and 16 MiB is the end"
    case .firstSectionTooNear(let rva):
      "its first section has RVA 0x\(String(rva, radix: 16)), but kexec enters an x86_64 image at 0x200, with a jump of "
        + "ours; link it with --section-alignment=0x1000"
    case .tooManySections(let count): "it has \(count) sections; 65533 leave room for ours"
    case .tooLarge(let size):
      "the image would need \(size) bytes; a PE file has 32-bit offsets, so 4 GiB is the end"
    case .relocationsStripped:
      "its relocations are stripped, so it runs at its ImageBase only; kexec places it elsewhere"
    case .emulatorTruncated(let size, let needed):
      "not an emulator: the file has \(size) bytes, \(needed) are needed"
    case .notEmulator: "not an emulator: there is no \"VRGLBLOB\" at 0x10"
    case .emulatorVersion(let version): "the emulator's header has version \(version); this program knows version 2"
    case .emulatorSizes(let field, let value):
      "the emulator's \(field) is 0x\(String(value, radix: 16)), which does not fit its file"
    }
  }

  /// Whether the emulator is at fault, not the payload.
  public var concernsEmulator: Bool {
    switch self {
    case .emulatorTruncated, .notEmulator, .emulatorVersion, .emulatorSizes: true
    default: false
    }
  }
}
