// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// Bits of a variable's attributes (UEFI 2.10, 8.2.1).
public enum VariableAttributes {
  public static let nonVolatile: UInt32 = 0x01
  public static let bootServiceAccess: UInt32 = 0x02
  public static let runtimeAccess: UInt32 = 0x04
  public static let hardwareErrorRecord: UInt32 = 0x08
  public static let authenticatedWrite: UInt32 = 0x10
  public static let timeBasedAuthenticatedWrite: UInt32 = 0x20
  public static let appendWrite: UInt32 = 0x40
  public static let enhancedAuthenticatedAccess: UInt32 = 0x80
  static let access = bootServiceAccess | runtimeAccess
}
