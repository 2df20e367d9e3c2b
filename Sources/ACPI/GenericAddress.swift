// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// A register anywhere: the Generic Address Structure (ACPI 6.5, 5.2.3.2).
public struct GenericAddress: Equatable, Sendable {
  /// `Address Space ID`.
  public struct Space: RawRepresentable, Equatable, Sendable {
    public let rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }
    public static let systemMemory = Space(rawValue: 0)
    public static let systemIO = Space(rawValue: 1)
    public static let pciConfiguration = Space(rawValue: 2)
  }

  static let size = 12

  public let space: Space
  /// In bits.
  public let registerWidth: UInt8
  /// In bits.
  public let registerOffset: UInt8
  /// 0: undefined, for reasons of history; 1 to 4: 8, 16, 32, 64 bits.
  public let accessSize: UInt8
  public let address: UInt64

  /// - Returns: nil when the structure does not lie wholly in `table`, or its address is 0: there is no register.
  init?(_ table: ByteView, at offset: Int) {
    guard let bytes = table.slice(offset, count: Self.size), let space = bytes.byte(0), let width = bytes.byte(1),
      let bitOffset = bytes.byte(2), let access = bytes.byte(3),
      let address = bytes.littleEndian(4, as: UInt64.self), address != 0
    else { return nil }
    self.init(
      space: Space(rawValue: space), registerWidth: width, registerOffset: bitOffset, accessSize: access,
      address: address)
  }

  public init(space: Space, registerWidth: UInt8, registerOffset: UInt8, accessSize: UInt8, address: UInt64) {
    self.space = space
    self.registerWidth = registerWidth
    self.registerOffset = registerOffset
    self.accessSize = accessSize
    self.address = address
  }
}
