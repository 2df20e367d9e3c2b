// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

extension DeviceTree {
  /// What /chosen says; everything is absent when there is no such node.
  public var chosen: Chosen {
    let root = root
    return Chosen(
      node: node(at: "/chosen"), rootAddressCells: root.addressCells, rootSizeCells: root.sizeCells)
  }

  /// Whether nothing is said of the machine, and nothing that the next kernel could not do without: such a tree is made
  /// by Linux's EFI stub where firmware has none.
  public var isEmpty: Bool {
    let root = place("/")
    let chosen = place("/chosen")
    return property("compatible", of: root) == nil && property("linux,elfcorehdr", of: chosen) == nil
      && property("linux,kho-fdt", of: chosen) == nil
  }

  /// /chosen: parameters for the kernel, not hardware (Devicetree Specification 0.4, 3.6; the `linux,` ones in
  /// Linux's Documentation/arch/arm64/booting.rst, Documentation/arch/arm/uefi.rst and dt-schema's chosen.yaml).
  public struct Chosen {
    let node: Node?
    let rootAddressCells: Int
    let rootSizeCells: Int

    /// The command line, without its NUL. Bytes, since nothing guarantees UTF-8.
    public var bootargs: ByteView? { node?.property("bootargs").map { $0.string ?? $0.bytes } }

    /// `linux,initrd-start` to `linux,initrd-end`, each of one or two cells; nil unless both are there and the
    /// range is not empty.
    public var initrd: PhysicalRange? {
      guard let start = number("linux,initrd-start"), let end = number("linux,initrd-end"),
        let range = PhysicalRange(from: start, to: end), !range.isEmpty
      else { return nil }
      return range
    }

    /// `stdout-path` (or the older `linux,stdout-path`): a path or alias, with options after a colon.
    public var stdoutPath: ByteView? {
      (node?.property("stdout-path") ?? node?.property("linux,stdout-path"))?.string
    }

    /// `linux,uefi-system-table`: physical address.
    public var uefiSystemTable: UInt64? { number("linux,uefi-system-table") }

    /// `linux,uefi-mmap-*`; nil unless all four are there.
    public var uefiMemoryMap: UEFIMemoryMap? {
      guard let start = number("linux,uefi-mmap-start"), let size = number("linux,uefi-mmap-size"),
        let descriptorSize = number("linux,uefi-mmap-desc-size").flatMap({ UInt32(exactly: $0) }),
        let descriptorVersion = number("linux,uefi-mmap-desc-ver").flatMap({ UInt32(exactly: $0) }),
        let range = PhysicalRange(address: start, size: size)
      else { return nil }
      return UEFIMemoryMap(range: range, descriptorSize: descriptorSize, descriptorVersion: descriptorVersion)
    }

    /// `linux,uefi-secure-boot`: `enum efi_secureboot_mode` (1 unknown, 2 disabled, 3 enabled).
    public var uefiSecureBoot: UInt64? { number("linux,uefi-secure-boot") }

    /// `linux,elfcorehdr`: the crashed kernel's ELF core header.
    public var elfCoreHeader: PhysicalRange? { range("linux,elfcorehdr") }

    /// `linux,usable-memory-range`: the only RAM that a crash kernel may use; empty when it may use all.
    public var usableMemoryRanges: [PhysicalRange] {
      var ranges: [PhysicalRange] = []
      guard let value = node?.property("linux,usable-memory-range") else { return ranges }
      for range in value.ranges(addressCells: rootAddressCells, sizeCells: rootSizeCells) { ranges.append(range) }
      return ranges
    }

    /// `rng-seed`: random bytes. A view into the tree, so that whoever uses them can wipe them.
    public var randomSeed: ByteView? { node?.property("rng-seed")?.bytes }

    /// `kaslr-seed`; 0 when it has been used up.
    public var kaslrSeed: UInt64? { number("kaslr-seed") }

    /// `linux,kho-fdt`: kexec handover's own device tree.
    public var kexecHandoverTree: PhysicalRange? { range("linux,kho-fdt") }

    /// `linux,kho-scratch`: the list of kexec handover's scratch areas.
    public var kexecHandoverScratch: PhysicalRange? { range("linux,kho-scratch") }

    /// The value of any other property.
    public func property(_ name: StaticString) -> PropertyValue? { node?.property(name) }

    @inline(never) private func number(_ name: StaticString) -> UInt64? { node?.property(name)?.number }

    @inline(never) private func range(_ name: StaticString) -> PhysicalRange? {
      guard let value = node?.property(name) else { return nil }
      var list = value.ranges(addressCells: rootAddressCells, sizeCells: rootSizeCells)
      return list.next()
    }
  }

  /// Where the first kernel keeps the EFI memory map.
  public struct UEFIMemoryMap: Equatable, Sendable {
    public let range: PhysicalRange
    /// Bytes from one descriptor to the next.
    public let descriptorSize: UInt32
    /// `EFI_MEMORY_DESCRIPTOR_VERSION`: 1.
    public let descriptorVersion: UInt32
  }
}
