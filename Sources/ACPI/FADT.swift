// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// What resets a machine and powers it off, from the Fixed ACPI Description Table (ACPI 6.5, 5.2.9).
public struct FADT: Equatable, Sendable {
  public static let signature: StaticString = "FACP"

  enum Fields {
    static let DSDT = Field<UInt32>(40)
    static let PM1a_CNT_BLK = Field<UInt32>(64)
    static let PM1b_CNT_BLK = Field<UInt32>(68)
    static let PM_TMR_BLK = Field<UInt32>(76)
    static let PM1_CNT_LEN = Field<UInt8>(89)
    static let IAPC_BOOT_ARCH = Field<UInt16>(109)
    static let Flags = Field<UInt32>(112)
    static let RESET_REG = 116
    static let RESET_VALUE = Field<UInt8>(128)
    static let ARM_BOOT_ARCH = Field<UInt16>(129)
    static let X_DSDT = Field<UInt64>(140)
    static let X_PM1a_CNT_BLK = 172
    static let X_PM1b_CNT_BLK = 184
    static let X_PM_TMR_BLK = 208
  }
  static let RESET_REG_SUP: UInt32 = 1 << 10
  static let HW_REDUCED_ACPI: UInt32 = 1 << 20

  /// Where `resetValue` is written to reset the machine (4.8.3.6); nil unless RESET_REG_SUP is set.
  public let resetRegister: GenericAddress?
  public let resetValue: UInt8
  /// PM1 control: SLP_TYP and SLP_EN power the machine off (4.8.3.2.1). nil on hardware-reduced machines.
  public let pm1aControl: GenericAddress?
  /// The second half of PM1 control where a chipset has split it.
  public let pm1bControl: GenericAddress?
  /// The power management timer, 3.579545 MHz (4.8.3.3).
  public let pmTimer: GenericAddress?
  /// The Differentiated System Description Table, whose `\_S5` says what SLP_TYP is.
  public let dsdt: UInt64?
  /// IAPC_BOOT_ARCH: there is no real-time clock at ports 0x70 and 0x71.
  public let hasNoCMOSClock: Bool
  /// ARM_BOOT_ARCH: the machine has PSCI.
  public let isPSCICompliant: Bool
  /// ARM_BOOT_ARCH: PSCI is called by HVC, not SMC.
  public let usesHVC: Bool

  /// - Parameter table: with its header, as `ACPITables.first` returns it
  /// - Returns: nil when the table is shorter than that of ACPI 1.0.
  public init?(_ table: ByteView) {
    guard table.matches(Self.signature), let flags = table[Fields.Flags] else { return nil }
    let hasReset = flags & Self.RESET_REG_SUP != 0
    let value = table[Fields.RESET_VALUE]
    resetRegister = hasReset && value != nil ? GenericAddress(table, at: Fields.RESET_REG) : nil
    resetValue = value ?? 0
    let reduced = flags & Self.HW_REDUCED_ACPI != 0
    let controlBits = UInt8(clamping: Int(table[Fields.PM1_CNT_LEN] ?? 2) * 8)
    /// The extended address where there is one, else the port that ACPI 1.0 names.
    func register(_ extended: Int, _ port: Field<UInt32>, bits: UInt8) -> GenericAddress? {
      if reduced { return nil }
      if let address = GenericAddress(table, at: extended) { return address }
      guard let number = table[port], number != 0 else { return nil }
      return GenericAddress(
        space: .systemIO, registerWidth: bits, registerOffset: 0, accessSize: 0, address: UInt64(number))
    }
    pm1aControl = register(Fields.X_PM1a_CNT_BLK, Fields.PM1a_CNT_BLK, bits: controlBits)
    pm1bControl = register(Fields.X_PM1b_CNT_BLK, Fields.PM1b_CNT_BLK, bits: controlBits)
    pmTimer = register(Fields.X_PM_TMR_BLK, Fields.PM_TMR_BLK, bits: 32)
    let extendedDSDT = table[Fields.X_DSDT] ?? 0
    let dsdt = extendedDSDT != 0 ? extendedDSDT : UInt64(table[Fields.DSDT] ?? 0)
    self.dsdt = dsdt == 0 ? nil : dsdt
    hasNoCMOSClock = (table[Fields.IAPC_BOOT_ARCH] ?? 0) & 1 << 5 != 0
    let arm = table[Fields.ARM_BOOT_ARCH] ?? 0
    isPSCICompliant = arm & 1 != 0
    usesHVC = arm & 2 != 0
  }
}
