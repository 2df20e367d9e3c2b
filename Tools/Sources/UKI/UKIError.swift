// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import PE

/// Why parts do not make a UKI.
public enum UKIError: Error, Equatable, CustomStringConvertible {
  /// The stub is no image.
  case stub(PEError)
  case stubIsSigned
  /// The stub has such a section already, other than `.sbat`.
  case stubHasSection(String)
  /// Raw data that lies inside the headers.
  case stubOverlap(section: String)
  case duplicateSection(String)
  case noHeaderSpace(section: String, needed: Int, sizeOfHeaders: Int)
  case sbatTooLarge(size: Int, room: Int)
  case tooLarge(section: String)
  case emptySection(String)
  case machines(stub: UInt16, kernel: UInt16)

  public var description: String {
    switch self {
    case .stub(let error): "the stub cannot be used: \(error)"
    case .stubIsSigned: "the stub is signed, and what is added would break that; use the unsigned one"
    case .stubHasSection(let name): "the stub has a section \(name) already: is it a finished UKI?"
    case .stubOverlap(let name):
      "the stub's section \(name) has its data inside the headers; there is no room to add any"
    case .duplicateSection(let name): "section \(name) is given twice; a UKI, or a profile of it, has one of each"
    case .noHeaderSpace(let section, let needed, let size):
      "no room in the stub's headers for section \(section): the section table would end at \(needed), "
        + "SizeOfHeaders is \(size)"
    case .sbatTooLarge(let size, let room):
      "the merged .sbat has \(size) bytes, the stub's section has room for \(room)"
    case .tooLarge(let section): "the image passes 4 GiB with section \(section); a PE file has 32-bit offsets"
    case .emptySection(let name): "section \(name) would be empty; leave it out"
    case .machines(let stub, let kernel):
      "the stub is for \(Machine.name(stub)), the kernel for \(Machine.name(kernel)); both must be the same"
    }
  }

  /// Whether another stub would do, not other parts.
  public var concernsStub: Bool {
    switch self {
    case .stub, .stubIsSigned, .stubHasSection, .stubOverlap, .noHeaderSpace, .sbatTooLarge, .machines: true
    case .duplicateSection, .tooLarge, .emptySection: false
    }
  }
}

/// Names of machine types for people.
public enum Machine {
  public static func name(_ machine: UInt16) -> String {
    switch machine {
    case PEMachine.arm64: "aarch64"
    case PEMachine.x86_64: "x86_64"
    case 0x014c: "i386"
    case 0x01c0, 0x01c2, 0x01c4: "arm"
    case 0x5032: "riscv32"
    case 0x5064: "riscv64"
    case 0x5128: "riscv128"
    case 0x6232: "loongarch32"
    case 0x6264: "loongarch64"
    case 0x0200: "ia64"
    case 0x0ebc: "ebc"
    default: "0x" + String(machine, radix: 16)
    }
  }
}
