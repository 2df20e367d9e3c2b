// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
#if !HOSTED
  import CRuntime
  import CUEFI
  import Handover
  import UEFI
#endif

/// Everything besides the runtime image itself that holds an address when the virtual address map is set.
struct AddressChange {
  let parameters: UnsafeMutablePointer<virgil_runtime_parameters>
  let map: VirtualAddressMap

  func entry(_ index: UInt64) -> virgil_runtime_entry {
    let entries = UnsafeRawPointer(parameters) + MemoryLayout<virgil_runtime_parameters>.size
    return entries.load(
      fromByteOffset: Int(index) * MemoryLayout<virgil_runtime_entry>.stride, as: virgil_runtime_entry.self)
  }

  private var services: UnsafeMutableRawPointer {
    UnsafeMutableRawPointer(bitPattern: UInt(parameters.pointee.runtime_services))!
  }
  private var system: UnsafeMutableRawPointer {
    UnsafeMutableRawPointer(bitPattern: UInt(parameters.pointee.system_table))!
  }

  /// Whether every address that has to move can.
  var isPossible: Bool {
    guard map.displacement(of: parameters.pointee.system_table) != nil,
      map.displacement(of: parameters.pointee.runtime_services) != nil,
      map.displacement(of: parameters.pointee.variables) != nil, forEachTablePointer({ map.canConvert($0) })
    else { return false }
    for index in 0..<parameters.pointee.entry_count {
      let entry = entry(index)
      if map.displacement(of: entry.first) == nil { return false }
      if isImage(entry), map.displacement(of: entry.first, size: entry.second) == nil { return false }
    }
    return true
  }

  private func isImage(_ entry: virgil_runtime_entry) -> Bool { entry.kind == UInt64(VIRGIL_RUNTIME_IMAGE.rawValue) }

  func moveImages() {
    for index in 0..<parameters.pointee.entry_count {
      let entry = entry(index)
      guard isImage(entry), let displacement = map.displacement(of: entry.first) else { continue }
      DriverImage(
        base: entry.first, size: entry.second, relocations: entry.third & 0xffff_ffff,
        relocationsSize: entry.third >> 32
      ).relocate(by: displacement)
    }
  }

  /// The tables' pointers and checksums.
  func moveTables() {
    let (services, system) = (services, system)
    _ = forEachTablePointer { map.convert($0) }
    // Where the tables themselves lie has not changed.
    AddressChange.checksum(services)
    AddressChange.checksum(system)
  }

  /// The parameters' own.
  func moveParameters() {
    map.convert(UnsafeMutableRawPointer(parameters))  // system_table
    map.convert(UnsafeMutableRawPointer(parameters) + 8)  // runtime_services
    map.convert(UnsafeMutableRawPointer(parameters) + 16)  // variables
  }

  /// The function pointers of the runtime services table, and the system table's pointers to what outlives boot services.
  ///
  /// - Returns: false as soon as `body` does.
  private func forEachTablePointer(_ body: (UnsafeMutableRawPointer) -> Bool) -> Bool {
    let (services, system) = (services, system)
    var offset = MemoryLayout<EFI_TABLE_HEADER>.size
    while offset < MemoryLayout<EFI_RUNTIME_SERVICES>.size {
      guard body(services + offset) else { return false }
      offset += 8
    }
    // 4.3.1: FirmwareVendor, RuntimeServices, ConfigurationTable.
    return body(system + 24) && body(system + 88) && body(system + 112)
  }

  private static func checksum(_ table: UnsafeMutableRawPointer) {
    table.storeBytes(of: 0, toByteOffset: 16, as: UInt32.self)
    let size = table.load(fromByteOffset: 12, as: UInt32.self)
    let sum = CRC32.checksum(UnsafeRawBufferPointer(start: table, count: Int(size)))
    table.storeBytes(of: sum, toByteOffset: 16, as: UInt32.self)
  }
}
