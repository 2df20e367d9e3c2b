// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// A flattened device tree made byte by byte, so that tests can also make wrong ones.
struct DeviceTreeBuilder {
  var structure: [UInt8] = []
  var strings: [UInt8] = []
  var reservations: [(UInt64, UInt64)] = []
  var terminatesReservations = true
  var version: UInt32 = 17
  var lastCompatible: UInt32 = 16

  static func bigEndian(_ value: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: value.bigEndian) { [UInt8]($0) }
  }

  mutating func token(_ word: UInt32) { structure += Self.bigEndian(word) }

  mutating func node(_ name: String, _ body: (inout DeviceTreeBuilder) -> Void = { _ in }) {
    token(1)
    structure += Array(name.utf8) + [0]
    pad()
    body(&self)
    token(2)
  }

  mutating func property(_ name: String, _ value: [UInt8] = []) {
    token(3)
    token(UInt32(value.count))
    token(UInt32(strings.count))
    strings += Array(name.utf8) + [0]
    structure += value
    pad()
  }

  mutating func property(_ name: String, cells: UInt32...) { property(name, cells.flatMap { Self.bigEndian($0) }) }
  mutating func property(_ name: String, text: String...) { property(name, text.flatMap { Array($0.utf8) + [0] }) }
  mutating func property(_ name: String, wide: UInt64...) { property(name, wide.flatMap { Self.bigEndian($0) }) }

  private mutating func pad() { while structure.count % 4 != 0 { structure.append(0) } }

  /// The finished tree: header, reservations, structure with its FDT_END, strings.
  func build(end: Bool = true) -> [UInt8] {
    var entries = reservations.flatMap { Self.bigEndian($0.0) + Self.bigEndian($0.1) }
    if terminatesReservations { entries += [UInt8](repeating: 0, count: 16) }
    let blocks = structure + (end ? Self.bigEndian(UInt32(9)) : [])
    let structureOffset = 40 + entries.count
    let stringsOffset = structureOffset + blocks.count
    let header: [UInt32] = [
      0xd00d_feed, UInt32(stringsOffset + strings.count), UInt32(structureOffset), UInt32(stringsOffset), 40, version,
      lastCompatible, 0, UInt32(strings.count), UInt32(blocks.count),
    ]
    return header.flatMap { Self.bigEndian($0) } + entries + blocks + strings
  }

  /// What kexec-tools hands over on an arm64 machine, with a UART behind two buses.
  static func machine() -> DeviceTreeBuilder {
    var tree = DeviceTreeBuilder()
    tree.reservations = [(0x8000_0000, 0x1_0000), (0x9000_0000, 0x2000)]
    tree.node("") { tree in
      tree.property("#address-cells", cells: 2)
      tree.property("#size-cells", cells: 2)
      tree.node("memory@40000000") { tree in
        tree.property("device_type", text: "memory")
        tree.property("reg", wide: 0x4000_0000, 0x1000_0000, 0x8_0000_0000, 0, 0x9_0000_0000, 0x4000_0000)
      }
      tree.node("memory@c0000000") { tree in
        tree.property("device_type", text: "memory")
        tree.property("reg", wide: 0xc000_0000, 0x1000_0000)
        tree.property("hotpluggable")
      }
      tree.node("memory@d0000000") { tree in
        tree.property("device_type", text: "memory")
        tree.property("status", text: "disabled")
        tree.property("reg", wide: 0xd000_0000, 0x1000_0000)
      }
      tree.node("reserved-memory") { tree in
        tree.property("#address-cells", cells: 2)
        tree.property("#size-cells", cells: 2)
        tree.property("ranges")
        tree.node("firmware@41000000") { tree in
          tree.property("reg", wide: 0x4100_0000, 0x20_0000)
          tree.property("no-map")
        }
        tree.node("pool") { tree in
          tree.property("size", wide: 0x100_0000)
          tree.property("reusable")
        }
        tree.node("cma@42000000") { tree in
          tree.property("reg", wide: 0x4200_0000, 0x10_0000)
          tree.property("reusable")
        }
      }
      tree.node("aliases") { $0.property("serial0", text: "/soc@8000000/bus/uart@1000") }
      tree.node("psci") { tree in
        tree.property("compatible", text: "arm,psci-1.0", "arm,psci")
        tree.property("method", text: "smc")
      }
      tree.node("soc@8000000") { tree in
        tree.property("#address-cells", cells: 1)
        tree.property("#size-cells", cells: 1)
        tree.property("ranges", cells: 0x100_0000, 0, 0x0800_0000, 0x100_0000, 0, 8, 0, 0x100_0000)
        tree.node("bus") { tree in
          tree.property("#address-cells", cells: 1)
          tree.property("#size-cells", cells: 1)
          tree.property("ranges", cells: 0, 0x10_0000, 0x1_0000)
          tree.node("uart@1000") { tree in
            tree.property("compatible", text: "vendor,uart", "snps,dw-apb-uart")
            tree.property("reg", cells: 0x1000, 0x100, 0x2000, 0x100)
            tree.property("reg-shift", cells: 2)
            tree.property("reg-io-width", cells: 4)
            tree.property("reg-offset", cells: 0x40)
          }
          tree.node("overhang@f000") { $0.property("reg", cells: 0xf000, 0x1001) }
        }
        tree.node("lonely") { tree in
          tree.node("uart@0") { tree in
            tree.property("compatible", text: "ns16550a")
            tree.property("reg", cells: 0, 0, 8)
          }
        }
      }
      tree.node("chosen") { tree in
        tree.property("bootargs", text: "console=ttyS0 quiet")
        tree.property("linux,initrd-start", wide: 0x4800_0000)
        tree.property("linux,initrd-end", cells: 0x4900_0000)
        tree.property("stdout-path", text: "serial0:115200n8")
        tree.property("linux,uefi-system-table", wide: 0x1_3c00_0018)
        tree.property("linux,uefi-mmap-start", wide: 0x1_3c10_0000)
        tree.property("linux,uefi-mmap-size", cells: 0x900)
        tree.property("linux,uefi-mmap-desc-size", cells: 48)
        tree.property("linux,uefi-mmap-desc-ver", cells: 1)
        tree.property("linux,elfcorehdr", wide: 0x4f00_0000, 0x1000)
        tree.property("linux,usable-memory-range", wide: 0x4a00_0000, 0x400_0000, 0x4000_0000, 0x10_0000)
        tree.property("linux,kho-fdt", wide: 0x4b00_0000, 0x1000)
        tree.property("rng-seed", cells: 0x0102_0304, 0x0506_0708)
        tree.property("kaslr-seed", wide: 0x1122_3344_5566_7788)
      }
    }
    return tree
  }
}
