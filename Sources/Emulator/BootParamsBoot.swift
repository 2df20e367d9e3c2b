// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// The x86 boot protocol: rsi is boot_params (Documentation/arch/x86/boot.rst, zero-page.rst).
enum BootParamsBoot {
  static func read(_ parameters: BootParams, at address: UInt64, _ memory: PhysicalMemory) -> BootInformation {
    let information = BootInformation()
    var entries = Array(parameters.e820)
    for entry in entries { if let range = entry.range { memory.allow(range) } }
    let setup = try? parameters.setupValues(read: memory.read)
    for entry in setup?.extendedE820 ?? [] {
      if let range = entry.range { memory.allow(range) }
      entries.append(entry)
    }
    for entry in entries {
      // e820 does not tell reserved RAM from a device's registers: nothing of it is to be cached.
      let attribute = entry.type == .reserved ? MemoryAttribute.uncacheable : MemoryAttribute.ram
      information.add(entry.range, type(entry.type), attribute)
    }
    information.occupy(PhysicalRange(address: address, size: UInt64(BootParams.size)))
    for range in setup?.memory ?? [] { information.occupy(range) }
    if let line = parameters.commandLine(read: memory.read) {
      information.commandLine = PhysicalRange(
        address: UInt64(UInt(bitPattern: line.base)), size: UInt64(line.count))
      information.occupy(information.commandLine)
    }
    information.initrd = parameters.ramdisk
    information.randomSeed = setup?.randomSeed
    // enum efi_secureboot_mode: 2 is disabled, 3 enabled.
    switch parameters[BootParams.Fields.secure_boot] {
    case 2: information.secureBoot = false
    case 3: information.secureBoot = true
    default: break
    }
    readTables(parameters, setup, memory, information)
    return information
  }

  /// Devices' registers that the first firmware's map names. Linux takes them out of e820 (efi_remove_e820_mmio), where
  /// they are reserved memory, so that PCI devices can be there: it has to be told of them anew.
  private static func readRegisters(_ efi: EFIInfo, _ memory: PhysicalMemory, _ information: BootInformation) {
    guard let place = efi.memoryMap, let bytes = memory.read(place.address, Int(clamping: place.size)),
      let map = try? EFIMemoryMap(bytes, descriptorSize: efi.descriptorSize, descriptorVersion: efi.descriptorVersion)
    else { return }
    var index = 0
    while let entry = map.entry(index) {
      index += 1
      guard entry.type == MemoryType.memoryMappedIO.rawValue else { continue }
      information.add(entry.range, .memoryMappedIO, MemoryAttribute.uncacheable)
    }
  }

  private static func type(_ type: E820Type) -> MemoryType {
    switch type {
    case .ram: .conventional
    case .acpi: .acpiReclaim
    case .nvs: .acpiNVS
    case .unusable: .unusable
    case .persistentMemory: .persistent
    default: .reserved
    }
  }

  private static func readTables(
    _ parameters: BootParams, _ setup: SetupDataValues?, _ memory: PhysicalMemory, _ information: BootInformation
  ) {
    if let efi = parameters.efi, efi.is64Bit {
      readRegisters(efi, memory, information)
      if let table = try? EFISystemTable(at: efi.systemTable, read: memory.read),
        // SETUP_EFI has the table's physical address; the system table's own was converted to a virtual one.
        let tables = try? table.configurationTables(
          at: setup?.efi?.tables ?? table.configurationTable, read: memory.read)
      {
        FirstFirmware.collectTables(tables, into: information, memory: memory)
      }
    }
    let known = information.tables
    func isKnown(_ guid: GUID) -> Bool { known.contains { $0.guid == guid } }
    if !isKnown(.acpi20Table), !isKnown(.acpi10Table), let address = parameters.acpiRSDP ?? legacyRSDP(memory) {
      publishACPI(address, memory, information)
    }
    if !isKnown(.smbiosTable), !isKnown(.smbios3Table) { publishSMBIOS(memory, information) }
  }

  private static func publishACPI(
    _ address: UInt64, _ memory: PhysicalMemory, _ information: BootInformation
  ) {
    guard let rsdp = try? RSDP(at: address, read: memory.read) else { return }
    information.tables.append(.init(guid: rsdp.revision >= 2 ? .acpi20Table : .acpi10Table, address: address))
  }

  // MARK: A machine without UEFI

  /// Where a BIOS leaves its anchors (ACPI 6.5, 5.2.5.1; SMBIOS 3.6, 5.2.1).
  private static let biosArea = PhysicalRange(address: 0xe0000, size: 0x20000)

  private static func biosAreaBytes(_ memory: PhysicalMemory) -> ByteView? {
    guard let area = biosArea else { return nil }
    memory.allow(area)
    return memory.read(area.address, Int(area.size))
  }

  private static func legacyRSDP(_ memory: PhysicalMemory) -> UInt64? {
    guard let area = biosAreaBytes(memory) else { return nil }
    return RSDP.offset(in: area).map { 0xe0000 + UInt64($0) }
  }

  private static func publishSMBIOS(_ memory: PhysicalMemory, _ information: BootInformation) {
    guard let area = biosAreaBytes(memory) else { return }
    if let offset = SMBIOSAnchor.offset(of: .version3, in: area) {
      information.tables.append(.init(guid: .smbios3Table, address: 0xe0000 + UInt64(offset)))
    }
    if let offset = SMBIOSAnchor.offset(of: .version2, in: area) {
      information.tables.append(.init(guid: .smbiosTable, address: 0xe0000 + UInt64(offset)))
    }
  }
}
