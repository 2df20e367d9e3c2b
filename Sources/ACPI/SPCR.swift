// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// The Serial Port Console Redirection table (Microsoft, "Serial Port Console Redirection Table", revision 4).
public struct SPCR: Equatable, Sendable {
  /// `Interface Type`: the subtypes of a serial port in the Debug Port Table 2.
  public struct InterfaceType: RawRepresentable, Equatable, Sendable {
    public let rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }
    public static let full16550 = InterfaceType(rawValue: 0x00)
    public static let subset16550 = InterfaceType(rawValue: 0x01)
    public static let armPL011 = InterfaceType(rawValue: 0x03)
    public static let nvidia16550 = InterfaceType(rawValue: 0x05)
    /// 32-bit accesses only; deprecated.
    public static let armSBSA32Bit = InterfaceType(rawValue: 0x0d)
    public static let armSBSAGeneric = InterfaceType(rawValue: 0x0e)
    public static let bcm2835 = InterfaceType(rawValue: 0x10)
    /// 16550-compatible, with the parameters in the base address's own fields.
    public static let generic16550 = InterfaceType(rawValue: 0x12)
  }

  public static let signature: StaticString = "SPCR"

  public let interfaceType: InterfaceType
  public let baseAddress: GenericAddress

  /// - Parameter table: with its header, as `ACPITables.first` returns it
  /// - Returns: nil when the table is too short or its base address is 0: console redirection is off.
  public init?(_ table: ByteView) {
    guard table.matches(Self.signature), let type = table.byte(36), let base = GenericAddress(table, at: 40) else {
      return nil
    }
    interfaceType = InterfaceType(rawValue: type)
    baseAddress = base
  }
}
