// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// The Linux boot protocol of this architecture: from the one register it leaves to `BootInformation`.
enum BootProtocol {
  /// - Parameter fail: says what is wrong and resets the machine
  static func read(
    _ argument: UInt64, _ memory: PhysicalMemory, _ platform: MachinePlatform, fail: (StaticString) -> Never
  ) -> BootInformation {
    let information: BootInformation
    // On x86 nothing reads a device tree, and the code that would is not linked.
    #if arch(arm64)
      let tree = deviceTree(argument, memory, fail)
      information = DeviceTreeBoot.read(tree, at: argument, memory)
      let output = tree.standardOutput.flatMap { ConsoleDescription($0) }
    #else
      let output: ConsoleDescription? = nil
      guard let range = PhysicalRange(address: argument, size: UInt64(BootParams.size)) else {
        fail("boot_params is at an impossible address")
      }
      memory.allow(range)
      guard let page = memory.read(argument, BootParams.size) else { fail("boot_params cannot be mapped") }
      let parameters: BootParams
      do throws(BootParamsError) {
        parameters = try BootParams(page)
      } catch {
        switch error {
        case .truncated, .noSetupHeader: fail("rsi does not point at boot_params")
        case .oldProtocol: fail("boot_params are of a boot protocol before 2.12, without a 64-bit entry")
        case .tooManyE820Entries: fail("boot_params claim more e820 entries than they have room for")
        }
      }
      information = BootParamsBoot.read(parameters, at: argument, memory)
    #endif
    let acpi = acpi(information, memory)
    information.console = console(information, output, acpi, memory)
    #if arch(arm64)
      let machine = MachineDescription(tree: tree, acpi: acpi, memory: memory)
    #else
      let machine = MachineDescription(acpi: acpi, memory: memory)
    #endif
    information.reset = machine.reset
    information.clock = machine.clock
    return information
  }

  #if arch(arm64)
    private static func deviceTree(
      _ address: UInt64, _ memory: PhysicalMemory, _ fail: (StaticString) -> Never
    ) -> DeviceTree {
      // 2 MiB is the boot protocol's limit (Documentation/arch/arm64/booting.rst, 2).
      guard let room = PhysicalRange(address: address, size: 2 << 20) else {
        fail("the device tree is at an impossible address")
      }
      memory.allow(room)
      guard let header = memory.read(address, 40), let size = try? DeviceTree.totalSize(header), size <= 2 << 20,
        let bytes = memory.read(address, Int(size)), let tree = try? DeviceTree(bytes)
      else { fail("x0 does not point at a device tree") }
      return tree
    }
  #endif

  private static func console(
    _ information: BootInformation, _ output: ConsoleDescription?, _ acpi: ACPITables?, _ memory: PhysicalMemory
  ) -> ConsoleDescription? {
    let commandLine = information.commandLine.flatMap { memory.read($0.address, Int(clamping: $0.size)) }
    var legacyPorts = false
    #if arch(x86_64)
      legacyPorts = true
    #endif
    let spcr = (try? acpi?.first(SPCR.signature, read: memory.read)).flatMap { $0 }.flatMap { SPCR($0) }
    return ConsoleDescription.find(
      commandLine: commandLine, firmware: output ?? spcr.flatMap { ConsoleDescription($0) }, legacyPorts: legacyPorts)
  }

  private static func acpi(_ information: BootInformation, _ memory: PhysicalMemory) -> ACPITables? {
    guard let table = information.tables.first(where: { $0.guid == .acpi20Table || $0.guid == .acpi10Table }),
      let rsdp = try? RSDP(at: table.address, read: memory.read)
    else { return nil }
    return try? ACPITables(rsdp, read: memory.read)
  }
}
