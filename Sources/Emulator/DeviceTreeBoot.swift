// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// The arm64 boot protocol: x0 is the device tree, and that is all (Documentation/arch/arm64/booting.rst).
enum DeviceTreeBoot {
  /// - Parameter address: where the tree lies, which is where the next kernel gets it from
  static func read(_ tree: DeviceTree, at address: UInt64, _ memory: PhysicalMemory) -> BootInformation {
    let information = BootInformation()
    let chosen = tree.chosen
    information.deviceTree = PhysicalRange(address: address, size: UInt64(tree.bytes.count))
    information.commandLine = chosen.bootargs.flatMap {
      PhysicalRange(address: UInt64(UInt(bitPattern: $0.base)), size: UInt64($0.count))
    }
    information.initrd = chosen.initrd
    information.randomSeed = chosen.randomSeed
    information.secureBoot = chosen.uefiSecureBoot.flatMap { $0 == 0 ? nil : $0 == 3 }

    if let map = chosen.uefiMemoryMap, readUEFI(chosen, map, memory, information) {
      // The first kernel was booted by UEFI: its memory map is the truth, the tree has no memory nodes.
    } else {
      for region in tree.memoryRegions() {
        memory.allow(region.range)
        information.add(region.range, .conventional)
      }
    }
    reserve(tree, chosen, information)
    return information
  }

  private static func readUEFI(
    _ chosen: DeviceTree.Chosen, _ map: DeviceTree.UEFIMemoryMap, _ memory: PhysicalMemory,
    _ information: BootInformation
  ) -> Bool {
    memory.allow(map.range)
    guard let bytes = memory.read(map.range.address, Int(clamping: map.range.size)),
      let entries = try? EFIMemoryMap(
        bytes, descriptorSize: map.descriptorSize, descriptorVersion: map.descriptorVersion)
    else { return false }
    for entry in entries {
      guard let range = entry.range else { continue }
      let type = FirstFirmware.type(entry.type)
      if type != .memoryMappedIO, type != .memoryMappedIOPortSpace, type != .unusable { memory.allow(range) }
      information.add(range, type, entry.attribute)
    }
    // Crash kernels and kexec's successors of this one are told of the same map: its page stays.
    information.occupy(map.range)
    guard let address = chosen.uefiSystemTable, let table = try? EFISystemTable(at: address, read: memory.read),
      let tables = try? table.configurationTables(
        at: entries.physicalAddress(of: table.configurationTable), read: memory.read)
    else { return true }
    FirstFirmware.collectTables(tables, into: information, memory: memory)
    return true
  }

  /// EBBR 2.1.0, 3.4.2: reservations of the device tree become entries of the memory map.
  static func reserve(
    _ tree: DeviceTree, _ chosen: DeviceTree.Chosen, _ information: BootInformation
  ) {
    tree.forEachReservation { reservation in
      if overlaps(reservation.range, information.initrd) || overlaps(reservation.range, information.deviceTree) {
        // kexec reserves what it loaded; that is ours to give back when the payload has taken its copy.
        information.occupy(reservation.range)
      } else if reservation.isNoMap {
        information.add(reservation.range, .reserved)
      } else {
        information.occupy(reservation.range)
      }
    }
    for range in [chosen.elfCoreHeader, chosen.kexecHandoverTree, chosen.kexecHandoverScratch] {
      information.occupy(range)
    }
    restrict(to: chosen.usableMemoryRanges, information)
  }

  /// A crash kernel may touch nothing but its own memory: all other RAM is the crashed kernel's.
  private static func restrict(to usable: [PhysicalRange], _ information: BootInformation) {
    guard !usable.isEmpty else { return }
    let regions = information.memory
    information.memory = []
    for region in regions {
      guard region.type == .conventional else {
        information.add(region.range, region.type, region.attribute)
        continue
      }
      // Reserved and usable pieces take turns: what is said to be reserved counts more than what is said to be free.
      var position = region.range.address
      while position < region.range.end {
        var start = region.range.end
        var end = start
        for range in usable where range.end > position && range.address < start {
          start = max(range.address, position)
          end = min(range.end, region.range.end)
        }
        information.add(position < start ? PhysicalRange(from: position, to: start) : nil, .reserved, region.attribute)
        information.add(start < end ? PhysicalRange(from: start, to: end) : nil, .conventional, region.attribute)
        position = end
      }
    }
  }

  private static func overlaps(_ first: PhysicalRange, _ second: PhysicalRange?) -> Bool {
    guard let second else { return false }
    return first.address < second.end && second.address < first.end
  }
}
