// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// What is left of the firmware that booted the first kernel: its memory map and its configuration tables.
enum FirstFirmware {
  /// The type that a region of the first firmware's map has for us.
  ///
  /// Boot services and loaders are long over: theirs is free memory. The old runtime services cannot be given a
  /// second virtual address map, so nobody calls them any more, but their memory is not ours to reuse.
  static func type(_ old: UInt32) -> MemoryType {
    let type = MemoryType(rawValue: old)
    switch type {
    case .loaderCode, .loaderData, .bootServicesCode, .bootServicesData, .conventional: return .conventional
    case .acpiReclaim, .acpiNVS, .unusable, .memoryMappedIO, .memoryMappedIOPortSpace, .persistent, .unaccepted:
      return type
    default: return .reserved
    }
  }

  /// Takes over the tables that travel.
  static func collectTables(
    _ entries: EFIConfigurationTables, into information: BootInformation, memory: PhysicalMemory
  ) {
    for entry in entries {
      let guid = GUID(at: entry.guid.base)
      if guid == .linuxRandomSeedTable, information.randomSeed == nil {
        information.randomSeed = randomSeed(entry.address, memory)
      }
      take(guid, at: entry.address, into: information, memory)
    }
  }

  /// Takes over a table, if it is one that travels, and what it says is taken.
  static func take(_ guid: GUID, at address: UInt64, into information: BootInformation, _ memory: PhysicalMemory) {
    guard guid.isTableOfMachine, address != 0 else { return }
    information.occupy(extent(of: guid, at: address, memory))
    information.tables.append(BootInformation.Table(guid: guid, address: address))
    if guid == .linuxMemoryReserveTable { collectReservations(address, into: information, memory) }
  }

  /// LINUX_EFI_RANDOM_SEED: a size and so many bytes, which the first kernel has made anew for the next one.
  private static func randomSeed(_ address: UInt64, _ memory: PhysicalMemory) -> ByteView? {
    guard let size = memory.read(address, 4)?.littleEndian(0, as: UInt32.self), size >= 16, size <= 1024 else {
      return nil
    }
    return memory.read(address + 4, Int(size))
  }

  /// The memory that a table takes: some lie in what was the first firmware's boot services data, which is free memory to
  /// us. nil for those that firmware keeps in memory of its own, and for what cannot be read.
  private static func extent(of guid: GUID, at address: UInt64, _ memory: PhysicalMemory) -> PhysicalRange? {
    func word(_ offset: UInt64) -> UInt64? {
      memory.read(address &+ offset, 4)?.littleEndian(0, as: UInt32.self).map { UInt64($0) }
    }
    var size: UInt64 = 0
    switch guid {
    case .esrtTable:
      // 23.4: FwResourceCount, and after 16 bytes so many entries of 40.
      guard let count = word(0), count <= 4096 else { return nil }
      size = 16 + count * 40
    case .linuxTPMEventLogTable:
      // struct linux_efi_tpm_eventlog: size of the log, which starts at byte 9.
      guard let log = word(0), log <= 16 << 20 else { return nil }
      size = 9 + log
    case .linuxMokVariableTable:
      // struct efi_mokvar_table_entry: a name of 256 bytes, the data's size in 8, the data; an empty name ends it.
      while let name = word(size), name & 0xff != 0, let data = word(size + 256), data <= 1 << 20, size <= 16 << 20 {
        size += 264 + data
      }
      size += 264
    case .smbiosTable, .smbios3Table:
      guard let anchor = memory.read(address, 32), let smbios = SMBIOSAnchor(anchor) else { return nil }
      return PhysicalRange(address: smbios.table.address, size: min(smbios.table.size, 1 << 20))
    default: return nil
    }
    return PhysicalRange(address: address, size: size)
  }

  /// LINUX_EFI_MEMRESERVE: pages of lists of ranges that a device keeps writing to across kexec. The next kernel reads
  /// the table itself; until then nothing may be put there.
  ///
  /// `struct linux_efi_memreserve`: int size (entries it has room for), int count, u64 next, then {u64 base, u64 size}.
  private static func collectReservations(
    _ first: UInt64, into information: BootInformation, _ memory: PhysicalMemory
  ) {
    var address = first
    var lists = 0
    while address != 0, lists < 4096, let header = memory.read(address, 16),
      let count = header.littleEndian(4, as: UInt32.self), let next = header.littleEndian(8, as: UInt64.self)
    {
      information.occupy(PhysicalRange(address: address.alignedDown(pageSize), size: pageSize))
      // A list fills one page at most (4 KiB to 64 KiB, by the first kernel's page size).
      let limit = min(count, 65536 / 16)
      for index in 0..<Int(limit) {
        guard let entry = memory.read(address + 16 + UInt64(index) * 16, 16),
          let base = entry.littleEndian(0, as: UInt64.self), let size = entry.littleEndian(8, as: UInt64.self),
          let range = PhysicalRange(address: base, size: size)
        else { break }
        information.occupy(range)
      }
      address = next
      lists += 1
    }
  }
}
