// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// Stage 1 descriptors of AArch64: 4 KiB granule, 48-bit addresses (Arm ARM, D8.3).
///
/// MAIR holds Device-nGnRE at index 0 and write-back normal memory at index 1; start-up sets it so.
public struct AArch64Encoding: TableEncoding, Sendable {
  /// EL2 without VHE has one privilege level: one execute-never bit, and AP[1] is RES1. The other regimes also
  /// describe EL0, which is kept out.
  public let singlePrivilege: Bool
  public let addressLimit: UInt64
  public var levels: Int { 4 }
  public var largestBlock: Int { 2 }

  /// - Parameter physicalAddressRange: the field PARange of ID_AA64MMFR0_EL1
  public init(singlePrivilege: Bool, physicalAddressRange: UInt64) {
    let bits: UInt64
    switch physicalAddressRange & 0xf {
    case 0: bits = 32
    case 1: bits = 36
    case 2: bits = 40
    case 3: bits = 42
    case 4: bits = 44
    default: bits = 48
    }
    self.singlePrivilege = singlePrivilege
    addressLimit = 1 << bits
  }

  private static let valid: UInt64 = 1
  /// At level 0: a page. Above: a table; without it a block.
  private static let tableOrPage: UInt64 = 1 << 1
  private static let normal: UInt64 = 1 << 2
  private static let attributeIndex: UInt64 = 7 << 2
  private static let accessEL0: UInt64 = 1 << 6
  private static let readOnly: UInt64 = 1 << 7
  private static let innerShareable: UInt64 = 3 << 8
  private static let accessFlag: UInt64 = 1 << 10
  private static let privilegedExecuteNever: UInt64 = 1 << 53
  private static let executeNever: UInt64 = 1 << 54
  private static let address: UInt64 = 0x0000_ffff_ffff_f000
  private static let permissions = readOnly | privilegedExecuteNever | executeNever

  /// The bit that keeps the emulator itself from executing.
  private var ownExecuteNever: UInt64 { singlePrivilege ? Self.executeNever : Self.privilegedExecuteNever }

  public func table(at address: UInt64) -> UInt64 { address | Self.valid | Self.tableOrPage }

  public func leaf(_ address: UInt64, level: Int, access: Access, cache: CachePolicy) -> UInt64 {
    guard access != .none else { return 0 }
    var entry = address | Self.valid | Self.accessFlag | Self.innerShareable
    if level == 0 { entry |= Self.tableOrPage }
    if cache == .writeBack { entry |= Self.normal }
    entry |= singlePrivilege ? Self.accessEL0 : Self.executeNever
    if access != .readWrite { entry |= Self.readOnly }
    if access != .readExecute { entry |= ownExecuteNever }
    return entry
  }

  public func decode(_ entry: UInt64, level: Int) -> TableEntry {
    guard entry & Self.valid != 0 else { return .empty }
    let marked = entry & Self.tableOrPage != 0
    if level > 0, marked { return .table(entry & Self.address) }
    guard level > 0 || marked, level <= largestBlock else { return .empty }
    let writable = entry & Self.readOnly == 0
    let access: Access = writable ? .readWrite : entry & ownExecuteNever == 0 ? .readExecute : .readOnly
    let cache: CachePolicy = entry & Self.attributeIndex == Self.normal ? .writeBack : .device
    return .leaf(entry & Self.address & ~(span(ofLevel: level) - 1), access, cache)
  }

  public func isWritableExecutable(_ entry: UInt64, level: Int) -> Bool {
    guard case .leaf = decode(entry, level: level) else { return false }
    return entry & (Self.readOnly | ownExecuteNever) == 0
  }

  /// A change of permissions alone needs no break; a change of size or memory type does (Arm ARM, D8.16.1).
  public func needsBreak(from old: UInt64, to new: UInt64, level: Int) -> Bool {
    old & new & Self.valid != 0 && (old ^ new) & ~Self.permissions != 0
  }
}
