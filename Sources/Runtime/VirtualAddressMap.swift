// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
#if !os(Linux)  // it runs on a bare machine only
  import CRuntime
  import CUEFI
  import Handover
  import UEFI

  /// SetVirtualAddressMap (UEFI 2.10, 8.4.1): the kernel moves the runtime regions to where it wants
  /// them, once, and everything that holds an address moves with them.
  ///
  /// Runs at the physical addresses, with the runtime regions mapped one to one. No allocation, nothing of the emulator.
  struct VirtualAddressMap {
    let descriptors: UnsafeRawPointer
    let size: UInt64
    let descriptorSize: UInt64

    /// How far the region that holds `address` moves; nil when no region of the map does.
    func displacement(of address: UInt64) -> UInt64? {
      var offset: UInt64 = 0
      while offset + descriptorSize <= size {
        let entry = descriptors + Int(offset)
        let start = entry.loadUnaligned(fromByteOffset: MemoryDescriptor.physicalStart.offset, as: UInt64.self)
        let target = entry.loadUnaligned(fromByteOffset: MemoryDescriptor.virtualStart.offset, as: UInt64.self)
        let pages = entry.loadUnaligned(fromByteOffset: MemoryDescriptor.numberOfPages.offset, as: UInt64.self)
        let attribute = entry.loadUnaligned(fromByteOffset: MemoryDescriptor.attribute.offset, as: UInt64.self)
        if attribute & MemoryAttribute.runtime != 0, address >= start, (address &- start) / 4096 < pages {
          return target &- start
        }
        offset += descriptorSize
      }
      return nil
    }

    /// Whether the pointer stored at `place` is null, or points into a region that moves.
    func canConvert(_ place: UnsafeMutableRawPointer) -> Bool {
      let value = place.load(as: UInt64.self)
      return value == 0 || displacement(of: value) != nil
    }

    /// Converts the pointer stored at `place`; a null one stays null.
    func convert(_ place: UnsafeMutableRawPointer) -> Bool {
      let value = place.load(as: UInt64.self)
      guard value != 0 else { return true }
      guard let displacement = displacement(of: value) else { return false }
      place.storeBytes(of: value &+ displacement, as: UInt64.self)
      return true
    }
  }

  /// Whether the map was set: it can be set once (8.4.1).
  nonisolated(unsafe) private var isVirtual = false

  @c @implementation public func virgil_runtime_set_virtual_address_map(
    _ size: UInt64, _ descriptorSize: UInt64, _ version: UInt32, _ map: UnsafeRawPointer!
  ) -> UInt64 {
    guard !isVirtual else { return Status.unsupported.rawValue }
    guard let map, version == MemoryDescriptor.version, descriptorSize >= 40, size % descriptorSize == 0 else {
      return Status.invalidParameter.rawValue
    }
    let virtual = VirtualAddressMap(descriptors: map, size: size, descriptorSize: descriptorSize)
    // 8.4.1: NO_MAPPING when a runtime region has no virtual address. Ours are looked up before anything changes.
    guard let image = virtual.displacement(of: virgil_runtime_base()),
      virtual.displacement(of: virgil_runtime_base() + virgil_runtime_size() - 1) == image,
      virtual.displacement(of: virgil_runtime_system_table()) != nil,
      virtual.displacement(of: virgil_runtime_services()) != nil
    else { return Status.noMapping.rawValue }

    // Every pointer is looked up before the first one changes.
    guard forEachTablePointer({ virtual.canConvert($0) }) else { return Status.noMapping.rawValue }
    guard relocate(by: image), forEachTablePointer({ virtual.convert($0) }) else { return Status.noMapping.rawValue }
    isVirtual = true
    checksum(virgil_runtime_services())
    // The system table's own RuntimeServices is virtual now; where the table itself lies has not changed.
    checksum(virgil_runtime_system_table())
    return Status.success.rawValue
  }

  /// The function pointers of the runtime services table, and the system table's pointers to what outlives boot services.
  ///
  /// - Returns: false as soon as `body` does.
  private func forEachTablePointer(_ body: (UnsafeMutableRawPointer) -> Bool) -> Bool {
    guard let services = UnsafeMutableRawPointer(bitPattern: UInt(virgil_runtime_services())),
      let system = UnsafeMutableRawPointer(bitPattern: UInt(virgil_runtime_system_table()))
    else { return false }
    var offset = MemoryLayout<EFI_TABLE_HEADER>.size
    while offset < MemoryLayout<EFI_RUNTIME_SERVICES>.size {
      guard body(services + offset) else { return false }
      offset += 8
    }
    // 4.3.1: FirmwareVendor, RuntimeServices, ConfigurationTable.
    return body(system + 24) && body(system + 88) && body(system + 112)
  }

  private func checksum(_ address: UInt64) {
    guard let table = UnsafeMutableRawPointer(bitPattern: UInt(address)) else { return }
    table.storeBytes(of: 0, toByteOffset: 16, as: UInt32.self)
    let size = table.load(fromByteOffset: 12, as: UInt32.self)
    let sum = CRC32.checksum(UnsafeRawBufferPointer(start: table, count: Int(size)))
    table.storeBytes(of: sum, toByteOffset: 16, as: UInt32.self)
  }

  /// Moves the image's own addresses.
  private func relocate(by displacement: UInt64) -> Bool {
    guard let base = UnsafeMutableRawPointer(bitPattern: UInt(virgil_runtime_base())),
      let table = virgil_runtime_relocations()
    else { return false }
    return RELR.apply(
      ByteView(UnsafeRawPointer(table), count: Int(virgil_runtime_relocation_count()) * 8),
      to: UnsafeMutableRawBufferPointer(start: base, count: Int(virgil_runtime_size())), displacement: displacement)
  }
#endif
