// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

extension DeviceTree {
  /// The firmware's power interface (Arm DEN 0022; binding `arm/psci.yaml`).
  public struct PSCI: Equatable, Sendable {
    /// The instruction that calls the firmware.
    public enum Conduit: Equatable, Sendable { case hvc, smc }

    public let conduit: Conduit
    /// Function identifiers; nil where the firmware is too old to have the function.
    public let cpuSuspend: UInt32?
    public let cpuOff: UInt32?
    public let cpuOn: UInt32?
    public let systemOff: UInt32?
    public let systemReset: UInt32?
  }

  /// The PSCI node; nil when there is none or its `method` is neither "hvc" nor "smc".
  ///
  /// From version 0.2 on the identifiers are fixed by the specification (5.1), the 64-bit ones are given here.
  /// Version 0.1 has those that its node lists, and no SYSTEM_OFF or SYSTEM_RESET.
  public var psci: PSCI? {
    guard let node = firstNode(where: isPSCI), let method = node.property("method")?.string else { return nil }
    let conduit: PSCI.Conduit
    if method.equals("hvc") {
      conduit = .hvc
    } else if method.equals("smc") {
      conduit = .smc
    } else {
      return nil
    }
    if node.isCompatible("arm,psci-0.2") || node.isCompatible("arm,psci-1.0") {
      return PSCI(
        conduit: conduit, cpuSuspend: 0xc400_0001, cpuOff: 0x8400_0002, cpuOn: 0xc400_0003,
        systemOff: 0x8400_0008, systemReset: 0x8400_0009)
    }
    return PSCI(
      conduit: conduit, cpuSuspend: node.property("cpu_suspend")?.u32, cpuOff: node.property("cpu_off")?.u32,
      cpuOn: node.property("cpu_on")?.u32, systemOff: nil, systemReset: nil)
  }

  private func isPSCI(_ node: Node) -> Bool {
    node.isCompatible("arm,psci-1.0") || node.isCompatible("arm,psci-0.2") || node.isCompatible("arm,psci")
  }
}
