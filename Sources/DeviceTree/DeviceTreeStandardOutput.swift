// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

extension DeviceTree {
  /// The console that /chosen names: what a driver table needs to know about it, and no more.
  public struct StandardOutput {
    /// `compatible`, the most specific string first.
    public let compatible: PropertyValue
    /// The first register, as the CPU sees it; `reg-offset` is added already.
    public let base: UInt64
    /// `reg-shift`: log2 of the bytes from one register to the next; nil when absent.
    public let registerShift: UInt32?
    /// `reg-io-width`: bytes of an access; nil when absent.
    public let registerWidth: UInt32?
    /// `big-endian`: registers are big-endian.
    public let isBigEndian: Bool
    /// What follows the colon of `stdout-path`, such as `115200n8`.
    public let options: ByteView?
  }

  /// Resolves `stdout-path`; nil when it is absent, names no available node, or one whose registers the CPU
  /// cannot reach by address.
  public var standardOutput: StandardOutput? {
    guard let text = chosen.stdoutPath else { return nil }
    let (path, options) = text.split(at: UInt8(ascii: ":"))
    guard let node = node(at: path), node.isAvailable, let compatible = node.property("compatible"),
      let window = node.translatedRegister()
    else { return nil }
    let offset = node.property("reg-offset")?.u32 ?? 0
    let (base, overflow) = window.address.addingReportingOverflow(UInt64(offset))
    guard !overflow else { return nil }
    return StandardOutput(
      compatible: compatible, base: base, registerShift: node.property("reg-shift")?.u32,
      registerWidth: node.property("reg-io-width")?.u32, isBigEndian: node.property("big-endian") != nil,
      options: options)
  }
}
