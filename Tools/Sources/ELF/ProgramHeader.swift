// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Bytes

/// `Elf64_Phdr` (System V gABI, "Program Header"): a segment.
public struct ProgramHeader: Sendable {
  enum Layout {
    static let p_type = Field<UInt32>(0)
    static let p_flags = Field<UInt32>(4)
    static let p_offset = Field<UInt64>(8)
    static let p_vaddr = Field<UInt64>(16)
    static let p_filesz = Field<UInt64>(32)
    static let p_memsz = Field<UInt64>(40)
    static let p_align = Field<UInt64>(48)
    static let size = 56
  }

  public static let PT_NULL: UInt32 = 0
  public static let PT_LOAD: UInt32 = 1
  public static let PT_DYNAMIC: UInt32 = 2
  public static let PT_INTERP: UInt32 = 3
  public static let PT_NOTE: UInt32 = 4
  public static let PT_PHDR: UInt32 = 6
  public static let PT_TLS: UInt32 = 7
  public static let PT_GNU_EH_FRAME: UInt32 = 0x6474_e550
  public static let PT_GNU_STACK: UInt32 = 0x6474_e551
  public static let PT_GNU_RELRO: UInt32 = 0x6474_e552

  /// `p_flags`.
  public struct Flags: OptionSet, Sendable {
    public let rawValue: UInt32
    public init(rawValue: UInt32) { self.rawValue = rawValue }
    public static let execute = Flags(rawValue: 1)
    public static let write = Flags(rawValue: 2)
    public static let read = Flags(rawValue: 4)
  }

  /// The position in the table, for messages.
  public let index: Int
  public let type: UInt32
  public let flags: Flags
  /// In the file, in bytes.
  public let offset: UInt64
  public let virtualAddress: UInt64
  public let fileSize: UInt64
  public let memorySize: UInt64
  public let alignment: UInt64

  init(_ file: ByteView, at offset: UInt64, index: Int) throws(ELFError) {
    let record = try Record(file, at: offset, size: Layout.size, what: "program header \(index)")
    self.index = index
    type = record[Layout.p_type]
    flags = Flags(rawValue: record[Layout.p_flags])
    self.offset = record[Layout.p_offset]
    virtualAddress = record[Layout.p_vaddr]
    fileSize = record[Layout.p_filesz]
    memorySize = record[Layout.p_memsz]
    alignment = record[Layout.p_align]
    guard type == Self.PT_LOAD else { return }
    guard memorySize >= fileSize else {
      throw .field("p_memsz of program header \(index)", value: memorySize, expected: "at least p_filesz, \(fileSize)")
    }
    guard !virtualAddress.addingReportingOverflow(memorySize).overflow else {
      throw .field("p_memsz of program header \(index)", value: memorySize, expected: "an end below 2^64")
    }
  }

  /// The first virtual address behind the segment. Only a PT_LOAD segment's is known not to overflow.
  public var end: UInt64 { virtualAddress &+ memorySize }

  /// The name of a segment type; its number when it has none here.
  public static func name(of type: UInt32) -> String {
    switch type {
    case PT_NULL: "PT_NULL"
    case PT_LOAD: "PT_LOAD"
    case PT_DYNAMIC: "PT_DYNAMIC"
    case PT_INTERP: "PT_INTERP"
    case PT_NOTE: "PT_NOTE"
    case PT_PHDR: "PT_PHDR"
    case PT_TLS: "PT_TLS"
    case PT_GNU_EH_FRAME: "PT_GNU_EH_FRAME"
    case PT_GNU_STACK: "PT_GNU_STACK"
    case PT_GNU_RELRO: "PT_GNU_RELRO"
    default: "type \(hexadecimal(type))"
    }
  }
}
