// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// `EFI_GUID` (UEFI 2.10, Appendix A): 128 bits, kept as the two little-endian words they are in memory.
public struct GUID: Equatable, Sendable {
  public let low: UInt64
  public let high: UInt64

  @inlinable public init(low: UInt64, high: UInt64) {
    self.low = low
    self.high = high
  }

  /// From the registry format's groups: `GUID(0x5b1b31a1, 0x9562, 0x11d2, 0x8e3f_00a0c969723b)`.
  ///
  /// The first three groups are integers, stored little-endian; the last eight bytes are stored as written.
  @inlinable public init(_ first: UInt32, _ second: UInt16, _ third: UInt16, _ rest: UInt64) {
    low = UInt64(first) | UInt64(second) << 32 | UInt64(third) << 48
    high = rest.byteSwapped
  }

  /// Reads 16 bytes at any address; GUIDs in payloads are often not aligned.
  @inlinable public init(at address: UnsafeRawPointer) {
    low = address.loadUnaligned(as: UInt64.self)
    high = address.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
  }

  /// Writes 16 bytes at any address.
  @inlinable public func store(to address: UnsafeMutableRawPointer) {
    address.storeBytes(of: low, as: UInt64.self)
    address.storeBytes(of: high, toByteOffset: 8, as: UInt64.self)
  }
}

extension GUID {
  // Protocols (UEFI 2.10, the section that defines each).
  public static let loadedImage = GUID(0x5b1b_31a1, 0x9562, 0x11d2, 0x8e3f_00a0_c969_723b)  // 9.1.1
  public static let loadedImageDevicePath = GUID(0xbc62_157e, 0x3e33, 0x4fec, 0x9920_2d3b_36d7_50df)  // 9.2.1
  public static let devicePath = GUID(0x0957_6e91, 0x6d3f, 0x11d2, 0x8e39_00a0_c969_723b)  // 10.2
  public static let driverBinding = GUID(0x18a0_31ab, 0xb443, 0x4d1a, 0xa5c0_0c09_261e_9f71)  // 11.1
  public static let platformDriverOverride = GUID(0x6b30_c738, 0xa391, 0x11d4, 0x9a3b_0090_273f_c14d)  // 11.2
  public static let busSpecificDriverOverride = GUID(0x3bc1_b285, 0x8a15, 0x4a82, 0xaabf_4d7d_13fb_3265)  // 11.3
  public static let driverFamilyOverride = GUID(0xb1ee_129e, 0xda36, 0x4181, 0x91f8_04a4_9237_66a7)  // 11.9
  public static let simpleTextInput = GUID(0x3874_77c1, 0x69c7, 0x11d2, 0x8e39_00a0_c969_723b)  // 12.3
  public static let simpleTextInputEx = GUID(0xdd9e_7534, 0x7762, 0x4698, 0x8c14_f585_17a6_25aa)  // 12.2
  public static let hiiPackageList = GUID(0x6a1e_e763, 0xd47a, 0x43b4, 0xaabe_ef1d_e2ab_56fc)  // 7.4.1
  public static let simpleTextOutput = GUID(0x3874_77c2, 0x69c7, 0x11d2, 0x8e39_00a0_c969_723b)  // 12.4
  public static let loadFile = GUID(0x56ec_3091, 0x954c, 0x11d2, 0x8e3f_00a0_c969_723b)  // 13.1
  public static let loadFile2 = GUID(0x4006_c0c1, 0xfcb3, 0x403e, 0x996d_4a6c_8724_e06d)  // 13.2
  public static let simpleFileSystem = GUID(0x964e_5b22, 0x6459, 0x11d2, 0x8e39_00a0_c969_723b)  // 13.4
  public static let fileInfo = GUID(0x0957_6e92, 0x6d3f, 0x11d2, 0x8e39_00a0_c969_723b)  // 13.5.16
  public static let fileSystemInfo = GUID(0x0957_6e93, 0x6d3f, 0x11d2, 0x8e39_00a0_c969_723b)  // 13.5.17
  public static let fileSystemVolumeLabel = GUID(0xdb47_d7d3, 0xfe81, 0x11d3, 0x9a35_0090_273f_c14d)  // 13.5.18
  public static let rng = GUID(0x3152_bca5, 0xeade, 0x433d, 0x862e_c01c_dc29_1f44)  // 37.5
  public static let rngAlgorithmHash256 = GUID(0xa7af_67cb, 0x603b, 0x4d42, 0xba21_70bf_b629_3f96)  // 37.5.2
  public static let rngAlgorithmRaw = GUID(0xe431_76d7, 0xb6e8, 0x4827, 0xb784_7ffd_c4b6_8561)  // 37.5.2
  public static let memoryAttribute = GUID(0xf456_0cf6, 0x40ec, 0x4b4a, 0xa192_bf1d_57d0_b189)  // 37.7

  // Event groups (7.1.2).
  public static let eventExitBootServices = GUID(0x27ab_f055, 0xb1b8, 0x4c26, 0x8048_748f_37ba_a2df)
  public static let eventBeforeExitBootServices = GUID(0x8be0_e274, 0x3970, 0x4b44, 0x80c5_1ab9_502f_3bfc)
  public static let eventVirtualAddressChange = GUID(0x13fa_7698, 0xc831, 0x49c7, 0x87ea_8f43_fcc2_5196)
  public static let eventMemoryMapChange = GUID(0x78be_e926, 0x692f, 0x48fd, 0x9edb_0142_2ef0_d7ab)
  public static let eventReadyToBoot = GUID(0x7ce8_8fb3, 0x4bd7, 0x4679, 0x87a8_a8d8_dee5_0d2b)

  // Configuration tables (4.6.1) and Linux's own.
  public static let acpi20Table = GUID(0x8868_e871, 0xe4f1, 0x11d3, 0xbc22_0080_c73c_8881)
  public static let acpi10Table = GUID(0xeb9d_2d30, 0x2d88, 0x11d3, 0x9a16_0090_273f_c14d)
  public static let smbiosTable = GUID(0xeb9d_2d31, 0x2d88, 0x11d3, 0x9a16_0090_273f_c14d)
  public static let smbios3Table = GUID(0xf2fd_1544, 0x9794, 0x4a2c, 0x992e_e5bb_cf20_e394)
  public static let deviceTreeTable = GUID(0xb1b6_21d5, 0xf19c, 0x41a5, 0x830b_d915_2c69_aae0)
  public static let runtimePropertiesTable = GUID(0xeb66_918a, 0x7eef, 0x402a, 0x842e_931d_21c3_8ae9)
  public static let memoryAttributesTable = GUID(0xdcfa_911d, 0x26eb, 0x469f, 0xa220_38b7_dc46_1220)  // 4.6.4
  public static let esrtTable = GUID(0xb122_a263, 0x3661, 0x4f68, 0x9929_78f8_b0d6_2180)
  public static let linuxRandomSeedTable = GUID(0x1ce1_e5bc, 0x7ceb, 0x42f2, 0x81e5_8aad_f180_f57b)
  public static let linuxMemoryReserveTable = GUID(0x888e_b0c6, 0x8ede, 0x4ff5, 0xa8f0_9aee_5cb9_77c2)
  public static let linuxTPMEventLogTable = GUID(0xb779_9cb0, 0xeca2, 0x4943, 0x9667_1fae_07b7_47fa)
  public static let linuxMokVariableTable = GUID(0xc451_ed2b, 0x9694, 0x45d3, 0xbaba_ed9f_8988_a389)

  // Device paths that Linux agrees on (VenMedia), and variables' vendors.
  public static let linuxInitrdMedia = GUID(0x5568_e427, 0x68fc, 0x4f3d, 0xac74_ca55_5231_cc68)
  public static let globalVariable = GUID(0x8be4_df61, 0x93ca, 0x11d2, 0xaa0d_00e0_9803_2b8c)
  /// The vendor of db and dbx (UEFI 2.10, 32.6.1).
  public static let imageSecurityDatabase = GUID(0xd719_b2cb, 0x3d3a, 0x4596, 0xa3bc_dad0_0e67_656f)
}

extension GUID {
  /// Whether it names a configuration table that describes the machine, not the boot that is over: the next kernel gets
  /// it as it is.
  public var isTableOfMachine: Bool {
    for guid in [
      GUID.acpi20Table, .acpi10Table, .smbiosTable, .smbios3Table, .esrtTable, .linuxMemoryReserveTable,
      .linuxMokVariableTable, .linuxTPMEventLogTable,
    ] where guid == self {
      return true
    }
    return false
  }
}
