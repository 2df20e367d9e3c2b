// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// Where the fields of a PE32+ file stand (Microsoft's PE/COFF specification, "File Headers").
public enum PEFields {
  public static let e_magic = Field<UInt16>(0)
  public static let e_lfanew = Field<UInt32>(0x3c)
  /// The MS-DOS header.
  public static let dosHeaderSize = 0x40

  /// The COFF file header, from the PE signature on.
  public enum File {
    public static let Signature = Field<UInt32>(0)
    public static let Machine = Field<UInt16>(4)
    public static let NumberOfSections = Field<UInt16>(6)
    public static let TimeDateStamp = Field<UInt32>(8)
    public static let PointerToSymbolTable = Field<UInt32>(12)
    public static let NumberOfSymbols = Field<UInt32>(16)
    public static let SizeOfOptionalHeader = Field<UInt16>(20)
    public static let Characteristics = Field<UInt16>(22)
    /// The optional header follows.
    public static let size = 24
  }

  /// The optional header, from the PE signature on.
  public enum Optional {
    public static let Magic = Field<UInt16>(24)
    public static let SizeOfCode = Field<UInt32>(28)
    public static let SizeOfInitializedData = Field<UInt32>(32)
    public static let SizeOfUninitializedData = Field<UInt32>(36)
    public static let AddressOfEntryPoint = Field<UInt32>(40)
    public static let BaseOfCode = Field<UInt32>(44)
    public static let ImageBase = Field<UInt64>(48)
    public static let SectionAlignment = Field<UInt32>(56)
    public static let FileAlignment = Field<UInt32>(60)
    public static let SizeOfImage = Field<UInt32>(80)
    public static let SizeOfHeaders = Field<UInt32>(84)
    public static let CheckSum = Field<UInt32>(88)
    public static let Subsystem = Field<UInt16>(92)
    public static let DllCharacteristics = Field<UInt16>(94)
    public static let NumberOfRvaAndSizes = Field<UInt32>(132)
    /// The data directories: 8 bytes each, address and size. From the PE signature on.
    public static let dataDirectories = 136
    /// Of the optional header without its data directories, in bytes.
    public static let fixedSize = 112
  }

  /// One entry of the section table.
  public enum Section {
    public static let Name = Field<UInt64>(0)
    public static let VirtualSize = Field<UInt32>(8)
    public static let VirtualAddress = Field<UInt32>(12)
    public static let SizeOfRawData = Field<UInt32>(16)
    public static let PointerToRawData = Field<UInt32>(20)
    public static let Characteristics = Field<UInt32>(36)
    public static let size = 40
  }

  public static let dosMagic: UInt16 = 0x5a4d  // "MZ"
  public static let peMagic: UInt32 = 0x0000_4550  // "PE\0\0"
  public static let pe32PlusMagic: UInt16 = 0x20b
}

/// `Machine`.
public enum PEMachine {
  public static let arm64: UInt16 = 0xaa64
  public static let x86_64: UInt16 = 0x8664

  /// The machine types that UEFI names (UEFI 2.10, 2.1.1), LoongArch and 32-bit RISC-V included.
  static func isKnown(_ machine: UInt16) -> Bool {
    switch machine {
    case arm64, x86_64, 0x014c, 0x01c0, 0x01c2, 0x01c4, 0x0200, 0x0ebc, 0x5032, 0x5064, 0x5128, 0x6232, 0x6264: true
    default: false
    }
  }
}

/// The index of an entry of the data directory.
public enum DataDirectory: Int, Sendable {
  case export = 0
  case `import` = 1
  case resource = 2
  case exception = 3
  /// The only one whose address is a file offset.
  case certificateTable = 4
  case baseRelocation = 5
  case debug = 6
  static let count = 16
}

/// `Characteristics` of the file header.
public enum FileCharacteristics {
  public static let relocationsStripped: UInt16 = 0x0001
}

/// `DllCharacteristics` that UEFI looks at.
public enum DLLCharacteristics {
  public static let nxCompatible: UInt16 = 0x0100
}

/// `Characteristics` of a section.
public enum SectionCharacteristics {
  public static let code: UInt32 = 0x0000_0020
  public static let initializedData: UInt32 = 0x0000_0040
  public static let uninitializedData: UInt32 = 0x0000_0080
  public static let execute: UInt32 = 0x2000_0000
  public static let read: UInt32 = 0x4000_0000
  public static let write: UInt32 = 0x8000_0000
}
