// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// The EFI system table and what hangs from it (UEFI 2.10, 4.3).
///
/// The system table, the runtime services table, the vendor's name and the configuration table outlive the boot
/// services, so they lie in runtime services data; the boot services table does not.
final class SystemTable {
  let pointer: UnsafeMutablePointer<EFI_SYSTEM_TABLE>
  let bootServices: UnsafeMutablePointer<EFI_BOOT_SERVICES>
  let runtimeServices: UnsafeMutablePointer<EFI_RUNTIME_SERVICES>
  private let pages: PageAllocator
  /// Entries that fit where ConfigurationTable points.
  private var capacity: Int

  /// UEFI 2.10 (4.2.1: the lower half counts tenths and hundredths).
  static let revision: UInt32 = 2 << 16 | 100
  static let systemTableSignature: UInt64 = 0x5453_5953_2049_4249  // "IBI SYST"
  static let bootServicesSignature: UInt64 = 0x5652_4553_544f_4f42  // "BOOTSERV"
  static let runtimeServicesSignature: UInt64 = 0x5652_4553_544e_5552  // "RUNTSERV"
  /// The emulator's own revision, shown by the next kernel after "EFI v2.10 by Virgil".
  static let firmwareRevision: UInt32 = 0x0001_0000

  init(pages: PageAllocator) throws(Status) {
    self.pages = pages
    let runtime = try pages.allocate(.anyPages, type: .runtimeServicesData, pages: 1, owner: .emulator)
    let boot = try pages.allocate(.anyPages, type: .bootServicesData, pages: 1, owner: .emulator)
    let base = UnsafeMutableRawPointer(bitPattern: UInt(runtime))!
    base.initializeMemory(as: UInt8.self, repeating: 0, count: Int(pageSize))
    let bootBase = UnsafeMutableRawPointer(bitPattern: UInt(boot))!
    bootBase.initializeMemory(as: UInt8.self, repeating: 0, count: Int(pageSize))

    pointer = base.assumingMemoryBound(to: EFI_SYSTEM_TABLE.self)
    runtimeServices = (base + 0x100).assumingMemoryBound(to: EFI_RUNTIME_SERVICES.self)
    bootServices = bootBase.assumingMemoryBound(to: EFI_BOOT_SERVICES.self)
    let vendor = (base + 0x200).assumingMemoryBound(to: UInt16.self)
    let name: StaticString = "Virgil"
    for index in 0..<name.utf8CodeUnitCount { vendor[index] = UInt16(name.utf8Start[index]) }
    let tables = (base + 0x240).assumingMemoryBound(to: EFI_CONFIGURATION_TABLE.self)
    capacity = (Int(pageSize) - 0x240) / MemoryLayout<EFI_CONFIGURATION_TABLE>.stride

    efi_fill_boot_services(bootServices)
    efi_fill_runtime_services(runtimeServices)
    pointer.pointee.FirmwareVendor = vendor
    pointer.pointee.FirmwareRevision = SystemTable.firmwareRevision
    pointer.pointee.RuntimeServices = runtimeServices
    pointer.pointee.BootServices = bootServices
    pointer.pointee.ConfigurationTable = tables
    header(&pointer.pointee.Hdr, SystemTable.systemTableSignature, MemoryLayout<EFI_SYSTEM_TABLE>.size)
    header(&bootServices.pointee.Hdr, SystemTable.bootServicesSignature, MemoryLayout<EFI_BOOT_SERVICES>.size)
    header(&runtimeServices.pointee.Hdr, SystemTable.runtimeServicesSignature, MemoryLayout<EFI_RUNTIME_SERVICES>.size)
    updateChecksums()
  }

  private func header(_ header: inout EFI_TABLE_HEADER, _ signature: UInt64, _ size: Int) {
    header.Signature = signature
    header.Revision = SystemTable.revision
    header.HeaderSize = UInt32(size)
  }

  /// CRC-32 over each table with its CRC32 field 0 (4.2.1). To be called after every change.
  func updateChecksums() {
    SystemTable.checksum(UnsafeMutableRawPointer(bootServices))
    SystemTable.checksum(UnsafeMutableRawPointer(runtimeServices))
    SystemTable.checksum(UnsafeMutableRawPointer(pointer))
  }

  private static func checksum(_ table: UnsafeMutableRawPointer) {
    let header = table.assumingMemoryBound(to: EFI_TABLE_HEADER.self)
    header.pointee.CRC32 = 0
    header.pointee.CRC32 = CRC32.checksum(
      UnsafeRawBufferPointer(start: table, count: Int(header.pointee.HeaderSize)))
  }

  // MARK: Configuration tables (7.5.6)

  private var count: Int { Int(pointer.pointee.NumberOfTableEntries) }

  /// The address of a table; nil when it is not installed.
  func table(_ guid: GUID) -> UInt? {
    for index in 0..<count where GUID(pointer.pointee.ConfigurationTable[index].VendorGuid) == guid {
      return UInt(bitPattern: pointer.pointee.ConfigurationTable[index].VendorTable)
    }
    return nil
  }

  /// Adds a table, replaces it, or with address 0 removes it.
  ///
  /// - Throws: NOT_FOUND when there is nothing to remove, OUT_OF_RESOURCES.
  func install(_ guid: GUID, _ address: UInt) throws(Status) {
    defer { updateChecksums() }
    let tables = pointer.pointee.ConfigurationTable!
    for index in 0..<count where GUID(tables[index].VendorGuid) == guid {
      if address != 0 {
        tables[index].VendorTable = UnsafeMutableRawPointer(bitPattern: address)
      } else {
        for later in index..<(count - 1) { tables[later] = tables[later + 1] }
        pointer.pointee.NumberOfTableEntries -= 1
      }
      return
    }
    guard address != 0 else { throw .notFound }
    if count == capacity { try grow() }
    pointer.pointee.ConfigurationTable[count] = EFI_CONFIGURATION_TABLE(
      VendorGuid: efi_guid_bytes(words: (guid.low, guid.high)),
      VendorTable: UnsafeMutableRawPointer(bitPattern: address))
    pointer.pointee.NumberOfTableEntries += 1
  }

  private func grow() throws(Status) {
    let wanted = capacity * 2
    let start = try pages.allocate(
      .anyPages, type: .runtimeServicesData, pages: SystemTable.pages(entries: wanted), owner: .emulator)
    let room = UnsafeMutableRawPointer(bitPattern: UInt(start))!
    let old = UnsafeMutableRawPointer(pointer.pointee.ConfigurationTable!)
    room.copyMemory(from: old, byteCount: capacity * MemoryLayout<EFI_CONFIGURATION_TABLE>.stride)
    pointer.pointee.ConfigurationTable = room.assumingMemoryBound(to: EFI_CONFIGURATION_TABLE.self)
    // The first array is part of the system table's page and stays; a grown one goes.
    let oldStart = UInt64(UInt(bitPattern: old))
    if oldStart.isPageAligned {
      try pages.free(oldStart, pages: SystemTable.pages(entries: capacity), owner: .emulator)
    }
    capacity = wanted
  }

  private static func pages(entries: Int) -> UInt64 {
    UInt64(entries * MemoryLayout<EFI_CONFIGURATION_TABLE>.stride) / pageSize + 1
  }

  /// What a caller may not use any more after ExitBootServices is NULL (7.4.6).
  func leaveBootServices() {
    pointer.pointee.ConsoleInHandle = nil
    pointer.pointee.ConIn = nil
    pointer.pointee.ConsoleOutHandle = nil
    pointer.pointee.ConOut = nil
    pointer.pointee.StandardErrorHandle = nil
    pointer.pointee.StdErr = nil
    pointer.pointee.BootServices = nil
    updateChecksums()
  }
}

extension GUID {
  init(_ bytes: efi_guid_bytes) { self.init(low: bytes.words.0, high: bytes.words.1) }
}
