// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
//
// The runtime services after ExitBootServices (UEFI 2.10, 8): those that EFI_RT_PROPERTIES_TABLE says are offered.
#if !HOSTED  // it runs on a bare machine only
  import CRuntime
  import Handover
  import UEFI
  import Variables

  private var parameters: UnsafeMutablePointer<virgil_runtime_parameters> { virgil_runtime_parameters() }

  /// The variables; nil never.
  private var variables: VariableStore? {
    UnsafeMutableRawPointer(bitPattern: UInt(parameters.pointee.variables)).map { VariableStore(at: $0) }
  }

  @c @implementation public func virgil_runtime_get_variable(
    _ name: UnsafeRawPointer!, _ vendor: UnsafeRawPointer!, _ attributes: UnsafeMutablePointer<UInt32>!,
    _ size: UnsafeMutablePointer<UInt64>!, _ data: UnsafeMutableRawPointer!
  ) -> UInt64 {
    (variables?.get(name, vendor, attributes, size, data) ?? .notFound).rawValue
  }

  @c @implementation public func virgil_runtime_get_next_variable_name(
    _ size: UnsafeMutablePointer<UInt64>!, _ name: UnsafeMutableRawPointer!, _ vendor: UnsafeMutableRawPointer!
  ) -> UInt64 {
    (variables?.next(size, name, vendor) ?? .notFound).rawValue
  }

  @c @implementation public func virgil_runtime_query_variable_info(
    _ attributes: UInt32, _ storage: UnsafeMutablePointer<UInt64>!, _ remaining: UnsafeMutablePointer<UInt64>!,
    _ maximum: UnsafeMutablePointer<UInt64>!
  ) -> UInt64 {
    (variables?.query(attributes, storage, remaining, maximum) ?? .unsupported).rawValue
  }

  /// The map, while SetVirtualAddressMap calls the drivers' notification functions.
  nonisolated(unsafe) private var currentMap: VirtualAddressMap?
  /// Whether the map was set: it can be set once (8.4.1).
  nonisolated(unsafe) private var isVirtual = false

  @c @implementation public func virgil_runtime_convert_pointer(
    _ disposition: UInt64, _ address: UnsafeMutableRawPointer!
  ) -> UInt64 {
    (currentMap?.convertPointer(disposition, address) ?? .unsupported).rawValue
  }

  @c @implementation public func virgil_runtime_set_virtual_address_map(
    _ size: UInt64, _ descriptorSize: UInt64, _ version: UInt32, _ map: UnsafeRawPointer!
  ) -> UInt64 {
    guard !isVirtual, currentMap == nil else { return Status.unsupported.rawValue }
    guard let map, version == MemoryDescriptor.version, descriptorSize >= 40, size % descriptorSize == 0 else {
      return Status.invalidParameter.rawValue
    }
    let virtual = VirtualAddressMap(descriptors: map, size: size, descriptorSize: descriptorSize)
    let change = AddressChange(parameters: parameters, map: virtual)
    // 8.4.1: NO_MAPPING when a runtime region has no virtual address. All are looked up before the first one changes.
    guard let image = virtual.displacement(of: virgil_runtime_base(), size: virgil_runtime_size()),
      let own = virtual.displacement(of: UInt64(UInt(bitPattern: parameters))), change.isPossible
    else { return Status.noMapping.rawValue }

    currentMap = virtual
    change.notify()
    currentMap = nil
    change.moveImages()
    relocate(by: image)
    change.moveTables()
    change.moveParameters()
    virgil_runtime_move_parameters(own)
    isVirtual = true
    return Status.success.rawValue
  }

  /// Moves the image's own addresses.
  private func relocate(by displacement: UInt64) {
    guard let base = UnsafeMutableRawPointer(bitPattern: UInt(virgil_runtime_base())),
      let table = virgil_runtime_relocations()
    else { return }
    _ = RELR.apply(
      ByteView(UnsafeRawPointer(table), count: Int(virgil_runtime_relocation_count()) * 8),
      to: UnsafeMutableRawBufferPointer(start: base, count: Int(virgil_runtime_size())), displacement: displacement)
  }

  extension AddressChange {
    /// Calls the notification functions of EVT_SIGNAL_VIRTUAL_ADDRESS_CHANGE events, which call ConvertPointer.
    func notify() {
      for index in 0..<parameters.pointee.entry_count {
        let entry = entry(index)
        if entry.kind == UInt64(VIRGIL_RUNTIME_NOTIFY.rawValue) {
          virgil_runtime_notify(entry.first, entry.third, entry.second)
        }
      }
    }
  }
#endif
