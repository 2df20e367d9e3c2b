// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
//
// Trees that others have made.
import Bytes
import DeviceTree
import Foundation
import Testing

@Suite struct DeviceTreeRealTests {
  @Test(.enabled(if: findProgram("qemu-system-aarch64") != nil, "qemu-system-aarch64 is not installed"))
  func qemuVirtMachine() throws {
    let bytes = try runProgram("qemu-system-aarch64", output: "virt.dtb") { folder in
      [
        "-M", "virt,virtualization=on,dumpdtb=\(folder.appendingPathComponent("virt.dtb").path)",
        "-cpu", "cortex-a57", "-m", "768", "-display", "none", "-nodefaults", "-serial", "null",
      ]
    }
    try bytes.withView { view in
      let tree = try DeviceTree(view)
      #expect(tree.bytes.count == bytes.count)
      #expect(tree.memoryRegions().map(\.range) == [PhysicalRange(address: 0x4000_0000, size: 768 << 20)!])
      let output = try #require(tree.standardOutput)
      #expect(output.base == 0x0900_0000)
      #expect(output.compatible.strings.map { $0.text } == ["arm,pl011", "arm,primecell"])
      #expect(tree.psci?.conduit == .smc)
      #expect(tree.chosen.randomSeed?.count == 32)
      #expect(tree.node(at: "/intc/v2m")?.translatedRegister()?.address == 0x0802_0000)
      #expect(tree.node(at: "/cpus")?.sizeCells == 0)
    }
  }

  private static let source = """
    /dts-v1/;
    /memreserve/ 0x40000000 0x10000;
    / {
      #address-cells = <2>; #size-cells = <1>;
      compatible = "vendor,board";
      aliases { console = &uart; };
      memory@80000000 { device_type = "memory"; reg = <0 0x80000000 0x20000000>; };
      reserved-memory { #address-cells = <2>; #size-cells = <1>; ranges;
        tee@9e000000 { reg = <0 0x9e000000 0x200000>; no-map; }; };
      soc { compatible = "simple-bus"; #address-cells = <1>; #size-cells = <1>; ranges;
        uart: serial@1c28000 { compatible = "snps,dw-apb-uart"; reg = <0x1c28000 0x400>;
          reg-shift = <2>; reg-io-width = <4>; }; };
      chosen { stdout-path = "console:115200n8"; bootargs = "quiet"; linux,initrd-start = <0x84000000>;
        linux,initrd-end = <0x0 0x84100000>; };
    };
    """

  @Test(.enabled(if: findProgram("dtc") != nil, "dtc is not installed"))
  func deviceTreeCompilerOutput() throws {
    let bytes = try runProgram("dtc", output: "out.dtb") { folder in
      let input = folder.appendingPathComponent("in.dts")
      try? Self.source.write(to: input, atomically: true, encoding: .utf8)
      return ["-q", "-I", "dts", "-O", "dtb", "-o", folder.appendingPathComponent("out.dtb").path, input.path]
    }
    try bytes.withView { view in
      let tree = try DeviceTree(view)
      #expect(tree.memoryRegions().map(\.range) == [PhysicalRange(address: 0x8000_0000, size: 0x2000_0000)!])
      #expect(tree.reservations().map(\.range.address) == [0x4000_0000, 0x9e00_0000])
      #expect(tree.reservations().map(\.isNoMap) == [false, true])
      #expect(tree.standardOutput?.base == 0x01c2_8000)
      #expect(tree.standardOutput?.options?.text == "115200n8")
      #expect(tree.chosen.bootargs?.text == "quiet")
      #expect(tree.chosen.initrd == PhysicalRange(address: 0x8400_0000, size: 0x10_0000))
    }
  }
}
