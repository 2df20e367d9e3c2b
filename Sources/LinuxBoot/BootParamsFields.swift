// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

extension BootParams {
  /// Where things stand in the page, under the names of zero-page.rst; from 0x1f1 on it is the setup header, whose
  /// fields boot.rst explains.
  public enum Fields {
    public static let acpi_rsdp_addr = Field<UInt64>(0x070)
    public static let ext_ramdisk_image = Field<UInt32>(0x0c0)
    public static let ext_ramdisk_size = Field<UInt32>(0x0c4)
    public static let ext_cmd_line_ptr = Field<UInt32>(0x0c8)
    public static let cc_blob_address = Field<UInt32>(0x13c)

    // efi_info
    public static let efi_loader_signature = Field<UInt32>(0x1c0)
    public static let efi_systab = Field<UInt32>(0x1c4)
    public static let efi_memdesc_size = Field<UInt32>(0x1c8)
    public static let efi_memdesc_version = Field<UInt32>(0x1cc)
    public static let efi_memmap = Field<UInt32>(0x1d0)
    public static let efi_memmap_size = Field<UInt32>(0x1d4)
    public static let efi_systab_hi = Field<UInt32>(0x1d8)
    public static let efi_memmap_hi = Field<UInt32>(0x1dc)

    public static let e820_entries = Field<UInt8>(0x1e8)
    public static let secure_boot = Field<UInt8>(0x1ec)
    public static let sentinel = Field<UInt8>(0x1ef)

    // hdr
    public static let setup_sects = Field<UInt8>(0x1f1)
    public static let boot_flag = Field<UInt16>(0x1fe)
    public static let header = Field<UInt32>(0x202)
    public static let version = Field<UInt16>(0x206)
    public static let type_of_loader = Field<UInt8>(0x210)
    public static let loadflags = Field<UInt8>(0x211)
    public static let code32_start = Field<UInt32>(0x214)
    public static let ramdisk_image = Field<UInt32>(0x218)
    public static let ramdisk_size = Field<UInt32>(0x21c)
    public static let cmd_line_ptr = Field<UInt32>(0x228)
    public static let initrd_addr_max = Field<UInt32>(0x22c)
    public static let kernel_alignment = Field<UInt32>(0x230)
    public static let relocatable_kernel = Field<UInt8>(0x234)
    public static let xloadflags = Field<UInt16>(0x236)
    public static let cmdline_size = Field<UInt32>(0x238)
    public static let payload_offset = Field<UInt32>(0x248)
    public static let payload_length = Field<UInt32>(0x24c)
    public static let setup_data = Field<UInt64>(0x250)
    public static let pref_address = Field<UInt64>(0x258)
    public static let init_size = Field<UInt32>(0x260)
    public static let handover_offset = Field<UInt32>(0x264)
    public static let kernel_info_offset = Field<UInt32>(0x268)

    /// 128 entries of 20 bytes.
    public static let e820_table = 0x2d0
  }
}

/// `struct efi_info`: where the first kernel keeps what EFI gave it.
public struct EFIInfo: Equatable, Sendable {
  static let signature32: UInt32 = 0x3233_4c45  // "EL32"
  static let signature64: UInt32 = 0x3436_4c45  // "EL64"

  /// The firmware is 64-bit ("EL64"), so its tables are too.
  public let is64Bit: Bool
  /// `EFI_SYSTEM_TABLE`, physical.
  public let systemTable: UInt64
  /// The EFI memory map; nil when it is empty or wraps round.
  public let memoryMap: PhysicalRange?
  /// Bytes from one descriptor to the next.
  public let descriptorSize: UInt32
  /// `EFI_MEMORY_DESCRIPTOR_VERSION`: 1.
  public let descriptorVersion: UInt32

  init?(_ parameters: BootParams) {
    typealias Fields = BootParams.Fields
    let signature = parameters[Fields.efi_loader_signature]
    guard signature == Self.signature32 || signature == Self.signature64 else { return nil }
    is64Bit = signature == Self.signature64
    systemTable = UInt64(parameters[Fields.efi_systab]) | UInt64(parameters[Fields.efi_systab_hi]) << 32
    let map = UInt64(parameters[Fields.efi_memmap]) | UInt64(parameters[Fields.efi_memmap_hi]) << 32
    let size = UInt64(parameters[Fields.efi_memmap_size])
    memoryMap = map == 0 || size == 0 ? nil : PhysicalRange(address: map, size: size)
    descriptorSize = parameters[Fields.efi_memdesc_size]
    descriptorVersion = parameters[Fields.efi_memdesc_version]
  }
}
