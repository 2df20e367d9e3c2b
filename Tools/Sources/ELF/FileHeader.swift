// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Bytes
import Targets

/// The processor an ELF file is for (`e_machine`); those that Virgil has a target for.
public enum Machine: UInt16, Sendable {
  case x86_64 = 62
  case aarch64 = 183

  /// The target whose images have this machine.
  public var target: Target {
    switch self {
    case .x86_64: .x86_64
    case .aarch64: .aarch64
    }
  }

  /// The name as in a target triple.
  public var name: String {
    switch self {
    case .x86_64: "x86_64"
    case .aarch64: "aarch64"
    }
  }
}

/// `Elf64_Ehdr` (System V gABI, "ELF Header").
public struct FileHeader: Sendable {
  enum Layout {
    static let e_type = Field<UInt16>(16)
    static let e_machine = Field<UInt16>(18)
    static let e_version = Field<UInt32>(20)
    static let e_entry = Field<UInt64>(24)
    static let e_phoff = Field<UInt64>(32)
    static let e_shoff = Field<UInt64>(40)
    static let e_ehsize = Field<UInt16>(52)
    static let e_phentsize = Field<UInt16>(54)
    static let e_phnum = Field<UInt16>(56)
    static let e_shentsize = Field<UInt16>(58)
    static let e_shnum = Field<UInt16>(60)
    static let e_shstrndx = Field<UInt16>(62)
    static let size = 64
  }

  /// `e_type` of a shared object or position-independent executable.
  public static let ET_DYN: UInt16 = 3

  public let type: UInt16
  public let machine: Machine
  /// A virtual address.
  public let entry: UInt64

  let phoff: UInt64
  let shoff: UInt64
  let phnum: UInt16
  let shnum: UInt16
  let shstrndx: UInt16

  init(_ file: ByteView) throws(ELFError) {
    guard file.count >= 4, file.matches("\u{7f}ELF") else { throw .notELF }
    let record = try Record(file, at: 0, size: Layout.size, what: "the ELF header")
    try Self.require("e_ident[EI_CLASS]", record[Field<UInt8>(4)], is: 2, "2 (64-bit)")
    try Self.require("e_ident[EI_DATA]", record[Field<UInt8>(5)], is: 1, "1 (little-endian)")
    try Self.require("e_ident[EI_VERSION]", record[Field<UInt8>(6)], is: 1, "1")
    try Self.require("e_version", record[Layout.e_version], is: 1, "1")
    guard let machine = Machine(rawValue: record[Layout.e_machine]) else {
      throw .field("e_machine", value: UInt64(record[Layout.e_machine]), expected: "0xb7 (aarch64) or 0x3e (x86_64)")
    }
    self.machine = machine
    type = record[Layout.e_type]
    entry = record[Layout.e_entry]
    phoff = record[Layout.e_phoff]
    shoff = record[Layout.e_shoff]
    phnum = record[Layout.e_phnum]
    shnum = record[Layout.e_shnum]
    shstrndx = record[Layout.e_shstrndx]
    if phoff != 0 {
      let size = UInt16(ProgramHeader.Layout.size)
      try Self.require("e_phentsize", record[Layout.e_phentsize], is: size, "56")
    }
    if shoff != 0 {
      try Self.require("e_shentsize", record[Layout.e_shentsize], is: UInt16(Section.Layout.size), "64")
    }
  }

  private static func require<Value: FixedWidthInteger & UnsignedInteger>(
    _ field: String, _ value: Value, is wanted: Value, _ expected: String
  ) throws(ELFError) {
    guard value == wanted else { throw .field(field, value: UInt64(value), expected: expected) }
  }
}
