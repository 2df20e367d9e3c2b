// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// Paging entries of x86-64, 4 or 5 levels (Intel SDM, volume 3, 4.5).
///
/// Of the PAT only entries 0 (write-back) and 3 (uncached) are used: every system sets these two alike.
public struct X86Encoding: TableEncoding, Sendable {
  public let levels: Int
  public let largestBlock: Int
  public let addressLimit: UInt64
  /// Whether EFER.NXE is set. Without it the bit is reserved, and whatever can be read can be executed: entries
  /// then say so when they are decoded, whatever they were made for.
  public let noExecute: Bool

  /// - Parameters:
  ///   - fiveLevels: CR4.LA57
  ///   - gigabytePages: CPUID 0x80000001 EDX bit 26
  ///   - noExecute: EFER.NXE
  ///   - physicalBits: the width of a physical address, CPUID 0x80000008 EAX bits 7–0
  public init(fiveLevels: Bool, gigabytePages: Bool, noExecute: Bool, physicalBits: Int) {
    levels = fiveLevels ? 5 : 4
    largestBlock = gigabytePages ? 2 : 1
    self.noExecute = noExecute
    // One to one, an address must also be canonical: in the lower half of the virtual addresses.
    addressLimit = 1 << UInt64(max(32, min(physicalBits, fiveLevels ? 52 : 47)))
  }

  private static let present: UInt64 = 1
  private static let writable: UInt64 = 1 << 1
  private static let writeThrough: UInt64 = 1 << 3
  private static let cacheDisable: UInt64 = 1 << 4
  private static let pageSize: UInt64 = 1 << 7
  private static let executeDisable: UInt64 = 1 << 63
  private static let address: UInt64 = 0x000f_ffff_ffff_f000

  public func table(at address: UInt64) -> UInt64 { address | Self.present | Self.writable }

  public func leaf(_ address: UInt64, level: Int, access: Access, cache: CachePolicy) -> UInt64 {
    guard access != .none else { return 0 }
    var entry = address | Self.present
    if level > 0 { entry |= Self.pageSize }
    if cache == .device { entry |= Self.cacheDisable | Self.writeThrough }
    if access == .readWrite { entry |= Self.writable }
    if access != .readExecute, noExecute { entry |= Self.executeDisable }
    return entry
  }

  public func decode(_ entry: UInt64, level: Int) -> TableEntry {
    guard entry & Self.present != 0 else { return .empty }
    if level > 0, entry & Self.pageSize == 0 { return .table(entry & Self.address) }
    let writable = entry & Self.writable != 0
    let access: Access = writable ? .readWrite : executes(entry) ? .readExecute : .readOnly
    let cache: CachePolicy = entry & Self.cacheDisable == 0 ? .writeBack : .device
    return .leaf(entry & Self.address & ~(span(ofLevel: level) - 1), access, cache)
  }

  private func executes(_ entry: UInt64) -> Bool { entry & Self.executeDisable == 0 }

  public func isWritableExecutable(_ entry: UInt64, level: Int) -> Bool {
    guard case .leaf = decode(entry, level: level) else { return false }
    return entry & Self.writable != 0 && executes(entry)
  }

  /// The CPU may use either of two present entries until the TLB forgets the old one; never a mixture.
  public func needsBreak(from old: UInt64, to new: UInt64, level: Int) -> Bool { false }
}
