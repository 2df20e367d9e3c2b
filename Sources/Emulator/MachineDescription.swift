// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// What device tree and ACPI say of the machine besides its memory: how it is reset, and where its clock is.
struct MachineDescription {
  #if arch(arm64)
    let tree: DeviceTree
  #endif
  let acpi: ACPITables?
  let memory: PhysicalMemory
  private let fadt: FADT?

  #if arch(arm64)
    init(tree: DeviceTree, acpi: ACPITables?, memory: PhysicalMemory) {
      self.tree = tree
      self.acpi = acpi
      self.memory = memory
      fadt = MachineDescription.fadt(acpi, memory)
    }
  #else
    init(acpi: ACPITables?, memory: PhysicalMemory) {
      self.acpi = acpi
      self.memory = memory
      fadt = MachineDescription.fadt(acpi, memory)
    }
  #endif

  private static func fadt(_ acpi: ACPITables?, _ memory: PhysicalMemory) -> FADT? {
    (try? acpi?.first(FADT.signature, read: memory.read)).flatMap { $0 }.flatMap { FADT($0) }
  }

  /// nil: nothing is described, and what the platform does by itself is the best that is known.
  var reset: virgil_reset_record? {
    var record = virgil_reset_record()
    #if arch(arm64)
      if let psci = tree.psci {
        // Version 0.1 has no SYSTEM_RESET, and says nothing of what else it would be called by.
        guard psci.systemReset != nil else { return record }
        record.psci = (psci.conduit == .smc ? VIRGIL_PSCI_SMC : VIRGIL_PSCI_HVC).rawValue
      } else if let fadt, fadt.isPSCICompliant {
        record.psci = (fadt.usesHVC ? VIRGIL_PSCI_HVC : VIRGIL_PSCI_SMC).rawValue
      } else {
        return nil
      }
    #else
      guard let fadt else { return nil }
      if let register = fadt.resetRegister, register.space == .systemIO || register.space == .systemMemory {
        record.reset_space = register.space.rawValue
        record.reset_address = register.address
        record.reset_value = fadt.resetValue
      }
      if let control = port(fadt.pm1aControl), let address = fadt.dsdt,
        let dsdt = try? ACPITables.table(at: address, memory.read), let off = SoftOff(dsdt: dsdt)
      {
        record.pm1a_control = control
        record.pm1b_control = port(fadt.pm1bControl) ?? 0
        record.sleep_type_a = off.sleepTypeA
        record.sleep_type_b = off.sleepTypeB
      }
    #endif
    return record
  }

  private func port(_ register: GenericAddress?) -> UInt32? {
    guard let register, register.space == .systemIO, register.address <= 0xffff else { return nil }
    return UInt32(register.address)
  }

  /// nil: none that could be read without a driver.
  var clock: virgil_clock_record? {
    #if arch(arm64)
      guard let node = tree.firstNode(where: { $0.isCompatible("arm,pl031") }), let place = node.translatedRegister(),
        place.size >= 4
      else { return nil }
      return virgil_clock_record(
        record: virgil_record(), kind: VIRGIL_CLOCK_PL031.rawValue, reserved: 0, base: place.address)
    #else
      if let fadt, fadt.hasNoCMOSClock { return nil }
      return virgil_clock_record(record: virgil_record(), kind: VIRGIL_CLOCK_CMOS.rawValue, reserved: 0, base: 0x70)
    #endif
  }
}
