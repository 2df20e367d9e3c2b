// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// A register to write a value to: the FADT's RESET_REG and RESET_VALUE (ACPI 6.5, 4.8.3.6).
public struct ACPIReset: Equatable, Sendable {
  /// A generic address structure's address space: 0 memory, 1 I/O port. Others are not used.
  public var space: UInt8
  public var address: UInt64
  public var value: UInt8

  public init(space: UInt8, address: UInt64, value: UInt8) {
    self.space = space
    self.address = address
    self.value = value
  }
}

/// How the sleeping state S5 is entered (ACPI 6.5, 4.8.3.2): SLP_TYP and SLP_EN into the PM1 control registers.
public struct ACPISleep: Equatable, Sendable {
  /// I/O ports; 0 for a PM1b that does not exist.
  public var pm1a: UInt16
  public var pm1b: UInt16
  /// Of `\_S5`: 0 to 7.
  public var sleepTypeA: UInt8
  public var sleepTypeB: UInt8

  public init(pm1a: UInt16, pm1b: UInt16 = 0, sleepTypeA: UInt8, sleepTypeB: UInt8 = 0) {
    self.pm1a = pm1a
    self.pm1b = pm1b
    self.sleepTypeA = sleepTypeA
    self.sleepTypeB = sleepTypeB
  }
}
