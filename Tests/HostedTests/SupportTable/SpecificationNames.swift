// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// What specifications call things, and where they define them: the words of SUPPORT.md, whose facts come from the code.
enum SpecificationNames {
  /// What a GUID stands for, besides its name.
  enum Role: Equatable {
    /// A protocol. `used`: what the firmware looks for one on a payload's handle for. `note`: on the one that it offers.
    case interface(used: String? = nil, note: String = "")
    /// A configuration table that is made, or that comes from the first kernel.
    case madeTable(String)
    case passedTable(String)
    /// An event group (7.1.2).
    case eventGroup
    /// A name inside of a protocol, a device path or a variable.
    case inside
  }

  struct Entry {
    let guid: GUID
    let name: String
    let section: String
    let role: Role

    init(_ guid: GUID, _ name: String, _ section: String, _ role: Role) {
      self.guid = guid
      self.name = name
      self.section = section
      self.role = role
    }
  }

  static func entry(_ guid: GUID) -> Entry? { entries.first { $0.guid == guid } }

  static let devicePathUtilities = GUID(0x0379_be4e, 0xd706, 0x437d, 0xb037_edb8_2fb7_72a4)
  static let devicePathToText = GUID(0x8b84_3e20, 0x8132, 0x4852, 0x90cc_551a_4e4a_7f1c)
  static let devicePathFromText = GUID(0x05c9_9a21, 0xc70f, 0x4ad2, 0x8a5f_35df_3343_f51e)
  static let unicodeCollation = GUID(0xa4c7_51fc, 0x23ae, 0x4c3e, 0x92e9_4964_cf63_f349)
  static let hiiDatabase = GUID(0xef9f_c172, 0xa1b2, 0x4693, 0xb327_6d32_fc41_6042)
  static let hiiString = GUID(0x0fd9_6974, 0x23aa, 0x4cdc, 0xb9cb_98d1_7750_322a)

  static let deviceTreeFixup = GUID(0xe617_d64c, 0xfe08, 0x46da, 0xf4dc_bbd5_870c_7300)

  private static let driverOverride = "ConnectController's order of drivers"

  /// Every GUID of `Sources/UEFI/GUID.swift` and every protocol that is installed, in the specification's order.
  static let entries: [Entry] = [
    Entry(
      .hiiPackageList, "EFI_HII_PACKAGE_LIST_PROTOCOL", "7.4.1", .interface(note: "on images that have the resource")),
    Entry(.loadedImage, "EFI_LOADED_IMAGE_PROTOCOL", "9.1", .interface(note: "on every image; Unload is the image's")),
    Entry(.loadedImageDevicePath, "EFI_LOADED_IMAGE_DEVICE_PATH_PROTOCOL", "9.2", .interface(note: "on every image")),
    Entry(
      .devicePath, "EFI_DEVICE_PATH_PROTOCOL", "10.2",
      .interface(used: "LocateDevicePath, LoadImage", note: "of the emulator itself, the initrd, the file system")),
    Entry(devicePathUtilities, "EFI_DEVICE_PATH_UTILITIES_PROTOCOL", "10.5", .interface()),
    Entry(devicePathToText, "EFI_DEVICE_PATH_TO_TEXT_PROTOCOL", "10.6.2", .interface()),
    Entry(devicePathFromText, "EFI_DEVICE_PATH_FROM_TEXT_PROTOCOL", "10.6.4", .interface()),
    Entry(.driverBinding, "EFI_DRIVER_BINDING_PROTOCOL", "11.1", .interface(used: "ConnectController and its inverse")),
    Entry(
      .platformDriverOverride, "EFI_PLATFORM_DRIVER_OVERRIDE_PROTOCOL", "11.2", .interface(used: driverOverride)),
    Entry(
      .busSpecificDriverOverride, "EFI_BUS_SPECIFIC_DRIVER_OVERRIDE_PROTOCOL", "11.3", .interface(used: driverOverride)),
    Entry(
      .driverFamilyOverride, "EFI_DRIVER_FAMILY_OVERRIDE_PROTOCOL", "11.9", .interface(used: driverOverride)),
    Entry(
      .simpleTextInputEx, "EFI_SIMPLE_TEXT_INPUT_EX_PROTOCOL", "12.2",
      .interface(note: "a terminal's keys: no toggle keys, modifiers only where a sequence tells them")),
    Entry(.simpleTextInput, "EFI_SIMPLE_TEXT_INPUT_PROTOCOL", "12.3", .interface()),
    Entry(
      .simpleTextOutput, "EFI_SIMPLE_TEXT_OUTPUT_PROTOCOL", "12.4",
      .interface(note: "one mode of \(TextConsole.columns) × \(TextConsole.rows); the cursor cannot be hidden")),
    Entry(.loadFile, "EFI_LOAD_FILE_PROTOCOL", "13.1", .interface(used: "LoadImage")),
    Entry(
      .loadFile2, "EFI_LOAD_FILE2_PROTOCOL", "13.2", .interface(used: "LoadImage", note: "the initrd, where one is")),
    Entry(
      .simpleFileSystem, "EFI_SIMPLE_FILE_SYSTEM_PROTOCOL", "13.4",
      .interface(used: "LoadImage", note: "the sidecars, where there are any")),
    Entry(
      unicodeCollation, "EFI_UNICODE_COLLATION2_PROTOCOL", "13.11", .interface(note: "English, case by Latin-1")),
    Entry(hiiString, "EFI_HII_STRING_PROTOCOL", "34.3", .interface(note: "reads; no fonts")),
    Entry(hiiDatabase, "EFI_HII_DATABASE_PROTOCOL", "34.8", .interface(note: "no keyboard layouts, no notifications")),
    Entry(.rng, "EFI_RNG_PROTOCOL", "37.5", .interface(note: "where the CPU or the first kernel gives randomness")),
    Entry(.memoryAttribute, "EFI_MEMORY_ATTRIBUTE_PROTOCOL", "37.7", .interface(note: "on real page tables")),
    Entry(
      deviceTreeFixup, "EFI_DT_FIXUP_PROTOCOL", "[its own](https://github.com/U-Boot-EFI/EFI_DT_FIXUP_PROTOCOL)",
      .interface(note: "aarch64 only: what kexec handed over is put into a payload's tree")),

    Entry(.runtimePropertiesTable, "EFI_RT_PROPERTIES_TABLE", "4.6.2", .madeTable("")),
    Entry(
      .memoryAttributesTable, "EFI_MEMORY_ATTRIBUTES_TABLE", "4.6.4", .madeTable("kept true up to ExitBootServices")),
    Entry(
      .linuxRandomSeedTable, "LINUX_EFI_RANDOM_SEED_TABLE", "Linux",
      .madeTable("drawn anew, where there is an EFI_RNG_PROTOCOL")),
    Entry(
      .deviceTreeTable, "EFI_DTB_TABLE", "4.6.1",
      .passedTable("its initrd hidden; not one that Linux's stub has made")),
    Entry(.acpi20Table, "EFI_ACPI_20_TABLE", "4.6.1", .passedTable("")),
    Entry(.acpi10Table, "ACPI_TABLE", "4.6.1", .passedTable("")),
    Entry(.smbiosTable, "SMBIOS_TABLE", "4.6.1", .passedTable("")),
    Entry(.smbios3Table, "SMBIOS3_TABLE", "4.6.1", .passedTable("")),
    Entry(.esrtTable, "EFI_SYSTEM_RESOURCE_TABLE", "23.4", .passedTable("")),
    Entry(.linuxMemoryReserveTable, "LINUX_EFI_MEMRESERVE_TABLE", "Linux", .passedTable("its ranges stay untouched")),
    Entry(.linuxTPMEventLogTable, "LINUX_EFI_TPM_EVENT_LOG", "Linux", .passedTable("")),
    Entry(.linuxMokVariableTable, "LINUX_EFI_MOK_VARIABLE_TABLE", "Linux", .passedTable("")),

    Entry(.eventBeforeExitBootServices, "EFI_EVENT_GROUP_BEFORE_EXIT_BOOT_SERVICES", "7.1.2", .eventGroup),
    Entry(.eventExitBootServices, "EFI_EVENT_GROUP_EXIT_BOOT_SERVICES", "7.1.2", .eventGroup),
    Entry(.eventVirtualAddressChange, "EFI_EVENT_GROUP_VIRTUAL_ADDRESS_CHANGE", "7.1.2", .eventGroup),
    Entry(.eventMemoryMapChange, "EFI_EVENT_GROUP_MEMORY_MAP_CHANGE", "7.1.2", .eventGroup),
    Entry(.eventReadyToBoot, "EFI_EVENT_GROUP_READY_TO_BOOT", "7.1.2", .eventGroup),

    Entry(.fileInfo, "EFI_FILE_INFO", "13.5.16", .inside),
    Entry(.fileSystemInfo, "EFI_FILE_SYSTEM_INFO", "13.5.17", .inside),
    Entry(.fileSystemVolumeLabel, "EFI_FILE_SYSTEM_VOLUME_LABEL", "13.5.18", .inside),
    Entry(.rngAlgorithmHash256, "EFI_RNG_ALGORITHM_SP800_90_HASH_256", "37.5.2", .inside),
    Entry(.rngAlgorithmRaw, "EFI_RNG_ALGORITHM_RAW", "37.5.2", .inside),
    Entry(.linuxInitrdMedia, "LINUX_EFI_INITRD_MEDIA", "Linux", .inside),
    Entry(.globalVariable, "EFI_GLOBAL_VARIABLE", "3.3", .inside),
    Entry(.imageSecurityDatabase, "EFI_IMAGE_SECURITY_DATABASE", "32.6.1", .inside),
  ]

  /// The groups of boot services, and each one's subsection.
  static let bootServices: [(title: String, section: String, services: [String: Int])] = [
    (
      "events, timers, task priority", "7.1",
      [
        "CreateEvent": 1, "CreateEventEx": 2, "CloseEvent": 3, "SignalEvent": 4, "WaitForEvent": 5, "CheckEvent": 6,
        "SetTimer": 7, "RaiseTPL": 8, "RestoreTPL": 9,
      ]
    ),
    (
      "memory", "7.2",
      ["AllocatePages": 1, "FreePages": 2, "GetMemoryMap": 3, "AllocatePool": 4, "FreePool": 5]
    ),
    (
      "protocols", "7.3",
      [
        "InstallProtocolInterface": 2, "UninstallProtocolInterface": 3, "ReinstallProtocolInterface": 4,
        "RegisterProtocolNotify": 5, "LocateHandle": 6, "HandleProtocol": 7, "LocateDevicePath": 8, "OpenProtocol": 9,
        "CloseProtocol": 10, "OpenProtocolInformation": 11, "ConnectController": 12, "DisconnectController": 13,
        "ProtocolsPerHandle": 14, "LocateHandleBuffer": 15, "LocateProtocol": 16,
        "InstallMultipleProtocolInterfaces": 17, "UninstallMultipleProtocolInterfaces": 18,
      ]
    ),
    ("images", "7.4", ["LoadImage": 1, "StartImage": 2, "UnloadImage": 3, "Exit": 5, "ExitBootServices": 6]),
    (
      "miscellaneous", "7.5",
      [
        "SetWatchdogTimer": 1, "Stall": 2, "CopyMem": 3, "SetMem": 4, "GetNextMonotonicCount": 5,
        "InstallConfigurationTable": 6, "CalculateCrc32": 7,
      ]
    ),
  ]

  /// In the order of the bits of EFI_RT_PROPERTIES_TABLE (4.6.2), which is not that of EFI_RUNTIME_SERVICES.
  static let runtimeServices: [(name: String, section: String)] = [
    ("GetTime", "8.3.1"), ("SetTime", "8.3.2"), ("GetWakeupTime", "8.3.3"), ("SetWakeupTime", "8.3.4"),
    ("GetVariable", "8.2.1"), ("GetNextVariableName", "8.2.2"), ("SetVariable", "8.2.3"),
    ("SetVirtualAddressMap", "8.4.1"), ("ConvertPointer", "8.4.2"), ("GetNextHighMonotonicCount", "8.5.2"),
    ("ResetSystem", "8.5.1"), ("UpdateCapsule", "8.5.3"), ("QueryCapsuleCapabilities", "8.5.4"),
    ("QueryVariableInfo", "8.2.4"),
  ]

  /// EFI_MEMORY_TYPE (7.2.1), as far as images get memory of it.
  static let memoryTypes: [UInt32: String] = [
    1: "EfiLoaderCode", 2: "EfiLoaderData", 3: "EfiBootServicesCode", 4: "EfiBootServicesData",
    5: "EfiRuntimeServicesCode", 6: "EfiRuntimeServicesData",
  ]

  /// Types of device path nodes: section, how many sub-types 10.3 knows, and which of these it has not given out.
  static let nodeTypes: [(type: UInt8, name: String, section: String, last: UInt8, unassigned: [UInt8])] = [
    (1, "hardware", "10.3.2", 6, []),
    (2, "ACPI", "10.3.3", 4, []),
    (3, "messaging", "10.3.4", 32, [7, 8]),
    (4, "media", "10.3.5", 9, []),
    (5, "BIOS boot specification", "10.3.6", 1, []),
  ]
}

extension Status {
  nonisolated(unsafe) private static let paper = HostPlatform(size: pageSize)
  nonisolated(unsafe) private static let writer = LogLine(log: Log(platform: paper), places: LogLine.console)

  /// As Appendix D has it, without `EFI_`.
  var specificationName: String {
    if self == .warnDeleteFailure { return "WARN_DELETE_FAILURE" }
    let before = Status.paper.text.utf8.count
    Status.writer.status(self)
    return String(decoding: Status.paper.text.utf8.dropFirst(before), as: UTF8.self)
  }
}
