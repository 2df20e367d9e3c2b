// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import ACPI
import Bytes
import Console
import DeviceTree
import Handover
import Testing

/// PL011 and 16550 consoles in the shape that tests compare.
private func pl011(_ base: UInt64) -> ConsoleDescription {
  ConsoleDescription(
    base: base, space: .mmio, width: 4, dataOffset: 0, statusOffset: 0x18, readyMask: 0x20, readyValue: 0,
    receiveMask: 0x10, receiveValue: 0)
}

private func uart(_ base: UInt64, _ space: ConsoleDescription.Space = .port, width: UInt32 = 1, status: UInt32 = 5)
  -> ConsoleDescription
{
  ConsoleDescription(
    base: base, space: space, width: width, dataOffset: 0, statusOffset: status, readyMask: 0x20, readyValue: 0x20,
    receiveMask: 1, receiveValue: 1)
}

@Suite struct CommandLineConsoleTests {
  private func find(_ text: String, pc: Bool = true, tree: [UInt8]? = nil, spcr: [UInt8]? = nil) throws
    -> ConsoleDescription?
  {
    try Array(text.utf8).withView { text in
      try (tree ?? []).withView { treeBytes in
        try (spcr ?? []).withView { spcrBytes in
          let output = try tree == nil ? nil : DeviceTree(treeBytes).standardOutput
          return ConsoleDescription.find(
            commandLine: text,
            firmware: output.flatMap { ConsoleDescription($0) } ?? SPCR(spcrBytes).flatMap { ConsoleDescription($0) },
            legacyPorts: pc)
        }
      }
    }
  }

  @Test(arguments: [
    ("earlycon=pl011,0x9000000", pl011(0x900_0000)),
    ("earlycon=pl011,mmio32,0x9000000,115200", pl011(0x900_0000)),
    ("earlycon=uart8250,io,0x3f8,115200n8", uart(0x3f8)),
    ("console=uart8250,io,0x2f8", uart(0x2f8)),
    ("console=uart,mmio,0xfe000000", uart(0xfe00_0000, .mmio)),
    ("earlycon=uart,mmio32,0xfe000000", uart(0xfe00_0000, .mmio, width: 4, status: 20)),
    ("earlycon=ns16550a,mmio32native,4261412864", uart(0xfe00_0000, .mmio, width: 4, status: 20)),
    // The first one that can be described counts.
    ("earlycon=nonsense,0x1 earlycon=pl011,0x1000 earlycon=pl011,0x2000", pl011(0x1000)),
    ("earlyprintk=serial", uart(0x3f8)),
    ("earlyprintk=serial,ttyS1,115200", uart(0x2f8)),
    ("earlyprintk=serial,0x2e8,115200,keep", uart(0x2e8)),
    ("earlyprintk=ttyS0", uart(0x3f8)),
    ("earlyprintk=vga,serial,1", uart(0x2f8)),
    ("earlyprintk=mmio32,0xfe030000", uart(0xfe03_0000, .mmio, width: 4, status: 20)),
    ("console=ttyS0", uart(0x3f8)),
    ("console=ttyS0 console=tty0 console=ttyS2,115200 console=hvc0", uart(0x3e8)),
    ("console=ttyS3 earlyprintk=ttyS1", uart(0x2f8)),
    ("console=ttyS3 \"earlycon=uart,io,0x3f8\"", uart(0x3f8)),
  ])
  func linuxParametersNameAConsole(text: String, expected: ConsoleDescription) throws {
    #expect(try find(text) == expected)
  }

  @Test(arguments: [
    "", "quiet", "earlycon", "console=ttyAMA0", "console=tty0", "console=ttyS4", "console=ttyS", "console=ttyS00",
    "earlycon=pl011", "earlycon=pl011,", "earlycon=pl011,mmio32", "earlycon=pl011,mmio32,", "earlycon=pl011,mmio32,x",
    "earlycon=pl011,0x", "earlycon=pl011,0x0", "earlycon=pl011,9000000", "earlycon=pl011,0x10000000000000000",
    "earlycon=pl011,0xfffffffffffffff0", "earlycon=pl011,mmio32be,0x9000000", "earlycon=uart,mmio16,0x9000000",
    "earlycon=pl0111,0x9000000", "earlycon=pl011,0x9000002", "earlycon=uart,io,0xffff", "earlycon=uart,io,0x10000",
    "earlycon=uart,mmio32,0xfe000001", "earlycon=pl011,mmio,08", "earlyprintk=pciserial,00:18.1", "earlyprintk=vga",
    "earlyprintk", "-- console=ttyS0",
  ])
  func otherParametersNameNone(text: String) throws {
    #expect(try find(text) == nil)
  }

  @Test func standardPortsExistOnPCsOnly() throws {
    #expect(try find("console=ttyS0 earlyprintk=serial", pc: false) == nil)
    #expect(try find("earlycon=uart,io,0x3f8", pc: false) == uart(0x3f8))
  }

  private func tree(
    _ compatible: String..., shift: UInt32? = nil, width: UInt32? = nil, reg: [UInt32] = [0, 0x900_0000, 0x1000]
  ) -> [UInt8] {
    var builder = DeviceTreeBuilder()
    builder.node("") { tree in
      tree.node("serial") { tree in
        tree.property("compatible", compatible.flatMap { Array($0.utf8) + [0] })
        tree.property("reg", reg.flatMap { DeviceTreeBuilder.bigEndian($0) })
        if let shift { tree.property("reg-shift", cells: shift) }
        if let width { tree.property("reg-io-width", cells: width) }
      }
      tree.node("chosen") { $0.property("stdout-path", text: "/serial") }
    }
    return builder.build()
  }

  @Test func compatibleStringsNameAModel() throws {
    func find(_ tree: [UInt8]) throws -> ConsoleDescription? { try self.find("", pc: false, tree: tree) }
    #expect(try find(tree("arm,pl011", "arm,primecell")) == pl011(0x900_0000))
    #expect(try find(tree("arm,sbsa-uart")) == pl011(0x900_0000))
    #expect(try find(tree("ns16550a")) == uart(0x900_0000, .mmio))
    #expect(try find(tree("ns16550a", shift: 2)) == uart(0x900_0000, .mmio, status: 20))
    #expect(
      try find(tree("vendor,new", "snps,dw-apb-uart", shift: 2, width: 4))
        == uart(0x900_0000, .mmio, width: 4, status: 20))
    #expect(try find(tree("mediatek,mt6577-uart")) == uart(0x900_0000, .mmio, width: 4, status: 20))
    #expect(try find(tree("amlogic,meson-gx-uart"))?.readyMask == 1 << 21)
    #expect(try find(tree("vendor,unknown")) == nil)
    // Words at byte distances, half-words, and shifts that leave the register nowhere.
    #expect(try find(tree("ns16550a", width: 4)) == nil)
    #expect(try find(tree("ns16550a", shift: 1, width: 2)) == nil)
    #expect(try find(tree("ns16550a", shift: 40)) == nil)
    #expect(try find(tree("ns16550a", shift: 0xffff_ffff, width: 0xffff_ffff)) == nil)
    #expect(try find(tree("arm,pl011", reg: [0xffff_ffff, 0xffff_fff0, 0])) == nil)
  }

  @Test func spcrNamesAConsole() throws {
    func find(_ type: UInt8, _ space: UInt8, _ width: UInt8, _ access: UInt8, _ base: UInt64) throws
      -> ConsoleDescription?
    {
      try self.find("", pc: true, spcr: ACPIFixture.spcr(type, space: space, width: width, access: access, base: base))
    }
    #expect(try find(3, 0, 32, 3, 0x900_0000) == pl011(0x900_0000))
    #expect(try find(0x0e, 0, 32, 1, 0x900_0000) == pl011(0x900_0000))
    #expect(try find(0, 1, 8, 0, 0x3f8) == uart(0x3f8))
    #expect(try find(0, 0, 8, 1, 0xfe00_0000) == uart(0xfe00_0000, .mmio))
    #expect(try find(0, 0, 32, 3, 0xfe00_0000) == uart(0xfe00_0000, .mmio, width: 4, status: 20))
    #expect(try find(0x12, 0, 32, 1, 0xfe00_0000) == uart(0xfe00_0000, .mmio, status: 20))
    #expect(try find(0, 0, 16, 2, 0xfe00_0000) == nil)
    #expect(try find(3, 1, 32, 3, 0x3f8) == nil)
    #expect(try find(0x15, 0, 32, 3, 0x900_0000) == nil)
    #expect(try find(3, 2, 32, 3, 0x900_0000) == nil)
    #expect(try find(3, 0, 32, 3, 0) == nil)
  }

  @Test func whatIsAskedForCountsMoreThanWhatIsSuggested() throws {
    let device = tree("arm,pl011")
    let acpi = ACPIFixture.spcr(0, space: 1, width: 8, access: 0, base: 0x2e8)
    #expect(try find("earlycon=pl011,0x1000 console=ttyS0", tree: device, spcr: acpi) == pl011(0x1000))
    #expect(try find("console=ttyS0", tree: device, spcr: acpi) == uart(0x3f8))
    #expect(try find("console=ttyS0 earlycon", tree: device, spcr: acpi) == pl011(0x900_0000))
    #expect(try find("console=ttyS0 earlycon") == uart(0x3f8))
    #expect(try find("quiet", tree: device, spcr: acpi) == pl011(0x900_0000))
    #expect(try find("quiet", spcr: acpi) == uart(0x2e8))
    #expect(ConsoleDescription.find(commandLine: nil, firmware: nil, legacyPorts: true) == nil)
  }

  @Test(.timeLimit(.minutes(1))) func mutationsNeverTrap() {
    let text = Array("earlycon=pl011,mmio32,0x9000000 console=uart,io,0x3f8 earlyprintk=serial,ttyS1,9600".utf8)
    var found = 0
    forEachMutation(of: text, count: 20_000, seed: 5) { view in
      if ConsoleDescription.find(commandLine: view, firmware: nil, legacyPorts: true) != nil { found += 1 }
    }
    #expect(found > 1_000)
  }
}
