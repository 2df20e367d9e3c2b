// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

extension ConsoleDescription {
  /// The console that a device tree's `stdout-path` names.
  ///
  /// - Returns: nil when no `compatible` string is known, or the registers cannot be described.
  public init?(_ output: DeviceTree.StandardOutput) {
    if output.isBigEndian { return nil }
    for name in output.compatible.strings {
      guard let model = UARTModel.compatible(name) else { continue }
      guard
        let description = model.description(
          base: output.base, space: .mmio, width: output.registerWidth, shift: output.registerShift)
      else { return nil }
      self = description
      return
    }
    return nil
  }

  /// The console that ACPI's SPCR describes, read as Linux does (drivers/acpi/spcr.c): an access of 32 bits means
  /// registers 4 bytes apart, too. For the 16550 whose parameters are in the GAS, its register width says how far
  /// apart they are.
  ///
  /// - Returns: nil when the interface type is not known, or the registers cannot be described.
  public init?(_ spcr: SPCR) {
    let place = spcr.baseAddress
    guard let model = UARTModel.interface(spcr.interfaceType) else { return nil }
    let description: ConsoleDescription?
    switch place.space {
    case .systemIO:
      description = model.description(base: place.address, space: .port, width: 1, shift: 0)
    case .systemMemory where !model.isShiftable:
      description = model.description(base: place.address, space: .mmio)
    case .systemMemory:
      let words = place.accessSize == 3
      let apart = words || (spcr.interfaceType == .generic16550 && place.registerWidth == 32)
      // A word access of 2 or 8 bytes cannot be described.
      guard words || place.accessSize < 2 else { return nil }
      description = model.description(
        base: place.address, space: .mmio, width: words ? 4 : 1, shift: apart ? 2 : 0)
    default:
      description = nil
    }
    guard let description else { return nil }
    self = description
  }
}
