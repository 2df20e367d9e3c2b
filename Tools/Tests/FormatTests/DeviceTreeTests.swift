// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Bytes
import DeviceTree
import Testing

@Suite struct DeviceTreeTests {
  private func withMachine(_ body: (DeviceTree) throws -> Void) throws {
    try DeviceTreeBuilder.machine().build().withView { try body(DeviceTree($0)) }
  }
  private func range(_ address: UInt64, _ size: UInt64) -> PhysicalRange {
    PhysicalRange(address: address, size: size)!
  }

  @Test func nodesAreFoundWithAndWithoutUnitAddress() throws {
    try withMachine { tree in
      #expect(tree.root.name.count == 0)
      #expect(tree.node(at: "/")?.name.count == 0)
      #expect(tree.node(at: "/soc@8000000/bus/uart@1000")?.name.text == "uart@1000")
      #expect(tree.node(at: "/soc/bus/uart/")?.name.text == "uart@1000")
      #expect(tree.node(at: "//soc//bus")?.name.text == "bus")
      #expect(tree.node(at: "/soc@8000001") == nil)
      #expect(tree.node(at: "/so") == nil)
      #expect(tree.node(at: "") == nil)
    }
  }

  @Test func aliasesLeadToNodes() throws {
    try withMachine { tree in
      #expect(tree.node(at: "serial0")?.name.text == "uart@1000")
      #expect(tree.node(at: "serial1") == nil)
      #expect(tree.node(at: "serial0/nothing") == nil)
    }
  }

  @Test func anAliasOfAnAliasIsNotFollowed() throws {
    var builder = DeviceTreeBuilder()
    builder.node("") { $0.node("aliases") { $0.property("a", text: "a") } }
    try builder.build().withView { view in
      let tree = try DeviceTree(view)
      #expect(tree.node(at: "a") == nil)
    }
  }

  @Test func childrenAndPropertiesComeInOrder() throws {
    try withMachine { tree in
      #expect(
        tree.root.children.map { $0.name.text } == [
          "memory@40000000", "memory@c0000000", "memory@d0000000", "reserved-memory", "aliases", "psci", "soc@8000000",
          "chosen",
        ])
      #expect(tree.root.properties.map { $0.name.text } == ["#address-cells", "#size-cells"])
      #expect(tree.nodes.map { _ in 1 }.count == 17)
      #expect(tree.node(at: "/soc")?.children.map { $0.name.text } == ["bus", "lonely"])
      // A leaf's iterator does not stray into the nodes behind it.
      #expect(tree.node(at: "/aliases")?.children.map { $0.name.text } == [])
      var children = tree.node(at: "/soc/lonely")!.children
      #expect(children.next() != nil)
      #expect(children.next() == nil)
      #expect(children.next() == nil)
    }
  }

  @Test func memoryIsWhatIsAvailable() throws {
    try withMachine { tree in
      let regions = tree.memoryRegions()
      #expect(
        regions.map(\.range) == [
          range(0x4000_0000, 0x1000_0000), range(0x9_0000_0000, 0x4000_0000), range(0xc000_0000, 0x1000_0000),
        ])
      #expect(regions.map(\.isHotpluggable) == [false, false, true])
    }
  }

  @Test func usableMemoryStandsInForReg() throws {
    var builder = DeviceTreeBuilder()
    builder.node("") { tree in
      tree.node("memory") { tree in
        tree.property("device_type", text: "memory")
        tree.property("reg", cells: 0, 0, 0x8000_0000)
        tree.property("linux,usable-memory", cells: 0, 0x100_0000, 0x200_0000)
      }
    }
    // No #address-cells and #size-cells: 2 and 1.
    try builder.build().withView { view in
      let tree = try DeviceTree(view)
      #expect(tree.memoryRegions().map(\.range) == [range(0x100_0000, 0x200_0000)])
    }
  }

  @Test func reservationsComeFromBothPlaces() throws {
    try withMachine { tree in
      let reservations = tree.reservations()
      #expect(
        reservations.map(\.range) == [
          range(0x8000_0000, 0x1_0000), range(0x9000_0000, 0x2000), range(0x4100_0000, 0x20_0000),
          range(0x4200_0000, 0x10_0000),
        ])
      #expect(reservations.map(\.isNoMap) == [false, false, true, false])
      #expect(reservations.map(\.isReusable) == [false, false, false, true])
      #expect(reservations.map { $0.name?.text } == [nil, nil, "firmware@41000000", "cma@42000000"])
    }
  }

  @Test func chosenValuesAreTyped() throws {
    try withMachine { tree in
      let chosen = tree.chosen
      #expect(chosen.bootargs?.text == "console=ttyS0 quiet")
      #expect(chosen.initrd == range(0x4800_0000, 0x100_0000))
      #expect(chosen.uefiSystemTable == 0x1_3c00_0018)
      #expect(chosen.uefiMemoryMap?.range == range(0x1_3c10_0000, 0x900))
      #expect(chosen.uefiMemoryMap?.descriptorSize == 48)
      #expect(chosen.uefiMemoryMap?.descriptorVersion == 1)
      #expect(chosen.elfCoreHeader == range(0x4f00_0000, 0x1000))
      #expect(chosen.usableMemoryRanges == [range(0x4a00_0000, 0x400_0000), range(0x4000_0000, 0x10_0000)])
      #expect(chosen.kexecHandoverTree == range(0x4b00_0000, 0x1000))
      #expect(chosen.kexecHandoverScratch == nil)
      #expect(chosen.randomSeed.map { [UInt8]($0.buffer) } == [1, 2, 3, 4, 5, 6, 7, 8])
      #expect(chosen.kaslrSeed == 0x1122_3344_5566_7788)
    }
  }

  @Test func chosenMayBeAbsent() throws {
    var builder = DeviceTreeBuilder()
    builder.node("")
    try builder.build().withView { view in
      let tree = try DeviceTree(view)
      #expect(tree.chosen.bootargs == nil)
      #expect(tree.chosen.initrd == nil)
      #expect(tree.chosen.usableMemoryRanges.isEmpty)
      #expect(tree.standardOutput == nil)
      #expect(tree.psci == nil)
      #expect(tree.reservations().isEmpty)
    }
  }

  @Test func standardOutputIsTranslatedThroughBothBuses() throws {
    try withMachine { tree in
      let output = try #require(tree.standardOutput)
      // 0x1000 on the bus, 0x101000 in the SoC, 0x8_0010_1000 for the CPU, and reg-offset.
      #expect(output.base == 0x8_0010_1040)
      #expect(output.compatible.strings.map { $0.text } == ["vendor,uart", "snps,dw-apb-uart"])
      #expect(output.registerShift == 2)
      #expect(output.registerWidth == 4)
      #expect(output.options?.text == "115200n8")
      #expect(tree.node(at: "serial0")?.translatedRegister(1) == range(0x8_0010_2000, 0x100))
      #expect(tree.node(at: "serial0")?.translatedRegister(2) == nil)
      #expect(tree.node(at: "serial0")?.translatedRegister(.max) == nil)
    }
  }

  @Test func addressesBehindABusWithoutRangesMeanNothing() throws {
    try withMachine { tree in
      #expect(tree.node(at: "/soc/lonely/uart") != nil)
      #expect(tree.node(at: "/soc/lonely/uart")?.translatedRegister() == nil)
      #expect(tree.root.translatedRegister() == nil)
      // Its last byte lies beyond what the bus maps.
      #expect(tree.node(at: "/soc/bus/overhang") != nil)
      #expect(tree.node(at: "/soc/bus/overhang")?.translatedRegister() == nil)
    }
  }

  @Test func psciIdentifiersAreTheStandardOnes() throws {
    try withMachine { tree in
      let psci = try #require(tree.psci)
      #expect(psci.conduit == .smc)
      #expect(psci.systemOff == 0x8400_0008)
      #expect(psci.systemReset == 0x8400_0009)
    }
  }

  @Test func oldPSCIHasOnlyWhatItLists() throws {
    var builder = DeviceTreeBuilder()
    builder.node("") { tree in
      tree.node("psci") { tree in
        tree.property("compatible", text: "arm,psci")
        tree.property("method", text: "hvc")
        tree.property("cpu_on", cells: 0x95c1_ba60)
      }
    }
    try builder.build().withView { view in
      let psci = try #require(try DeviceTree(view).psci)
      #expect(psci.conduit == .hvc)
      #expect(psci.cpuOn == 0x95c1_ba60)
      #expect(psci.cpuOff == nil)
      #expect(psci.systemReset == nil)
    }
  }

  @Test func valuesOfTheWrongShapeAreNil() throws {
    var builder = DeviceTreeBuilder()
    builder.node("") { tree in
      tree.property("three", [1, 2, 3])
      tree.property("wide", wide: 1 << 40)
      tree.property("list", text: "one", "", "three")
    }
    try builder.build().withView { view in
      let root = try DeviceTree(view).root
      let three = try #require(root.property("three"))
      #expect(three.u32 == nil && three.u64 == nil && three.number == nil && three.string == nil)
      #expect(three.strings.map { $0.text } == [])
      #expect(root.property("wide")?.number == 1 << 40)
      #expect(root.property("wide")?.cells(0, count: 3) == nil)
      #expect(root.property("wide")?.cells(1, count: 2) == nil)
      #expect(root.property("wide")?.cells(1, count: 1) == 0)
      #expect(root.property("wide")?.cells(-1, count: 1) == nil)
      #expect(root.property("wide")?.cells(.max, count: 1) == nil)
      #expect(root.property("list")?.strings.map { $0.text } == ["one", "", "three"])
      #expect(root.property("lis") == nil)
    }
  }
}
