// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Foundation
import Testing

/// Trees that are wrong, extreme, or made by dtc.
@Suite struct DeviceTreeMergeHostileTests {
  @Test(.timeLimit(.minutes(2))) func whatIsAcceptedMergesIntoAnAcceptedTree() throws {
    let good = DeviceTreeBuilder.machine().build()
    var random = SeededGenerator(seed: 11)
    var (merged, refused) = (0, 0)
    for round in 0..<6000 {
      var bytes = good
      for _ in 0..<1 + random.below(4) {
        let place = random.below(bytes.count)
        switch random.below(4) {
        case 0: bytes[place] ^= 1 << UInt8(random.below(8))
        case 1: bytes[place] = UInt8(random.below(256))
        case 2:
          for offset in place & ~3..<min(place & ~3 + 4, bytes.count) {
            bytes[offset] = random.below(2) == 0 ? 0 : 0xff
          }
        default:
          let from = random.below(bytes.count)
          let size = min(4 * random.below(16), bytes.count - max(place, from))
          bytes.replaceSubrange(place..<place + size, with: Array(bytes[from..<from + size]))
        }
      }
      do throws(DeviceTreeError) {
        let result = try DeviceTreeMergeTests.merge(round & 1 == 0 ? bytes : good, round & 2 == 0 ? bytes : good)
        #expect(throws: Never.self) { try DeviceTreeMergeTests.lines(result) }
        merged += 1
      } catch {
        refused += 1
      }
    }
    #expect(merged > 1000 && refused > 100, "\(merged) merged, \(refused) refused")
  }

  @Test func everyTruncationIsRefused() {
    let bytes = DeviceTreeBuilder.machine().build()
    for length in stride(from: 0, to: bytes.count, by: 3) {
      #expect(throws: DeviceTreeError.self) { try DeviceTreeMergeTests.merge(Array(bytes[..<length]), bytes) }
    }
  }

  @Test func treesOfTheGreatestDepthMerge() throws {
    func deep(_ name: String, _ levels: Int, _ tree: inout DeviceTreeBuilder) {
      if levels == 0 { return }
      tree.node(name) { tree in
        tree.property("reg", wide: 1, 2)
        deep("x", levels - 1, &tree)
      }
    }
    var machine = DeviceTreeBuilder()
    machine.node("") { tree in
      deep("reserved-memory", DeviceTree.maximumDepth - 1, &tree)
      deep("chosen", DeviceTree.maximumDepth - 1, &tree)
    }
    var own = DeviceTreeBuilder()
    own.node("") { tree in deep("chosen", DeviceTree.maximumDepth - 1, &tree) }
    let lines = try DeviceTreeMergeTests.lines(DeviceTreeMergeTests.merge(own.build(), machine.build()))
    #expect(lines.filter { !$0.contains(" ") }.count == 1 + 2 * (DeviceTree.maximumDepth - 1))
  }

  // MARK: dtc

  /// What a program prints; nil when it is not there. Throws when it fails.
  private func run(_ arguments: [String], _ input: [UInt8]) throws -> [UInt8]? {
    let program = "/usr/bin/" + arguments[0]
    guard FileManager.default.isExecutableFile(atPath: program) else {
      print("skipped: no \(program) (Debian has it in device-tree-compiler)")
      return nil
    }
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let (from, to) = (folder.appendingPathComponent("from"), folder.appendingPathComponent("to"))
    try Data(input).write(to: from)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments.dropFirst() + ["-o", to.path, from.path]
    process.standardError = Pipe()
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0, "\(arguments)")
    return [UInt8](try Data(contentsOf: to))
  }

  @Test func treesOfTheCompilerMergeIntoWhatItReads() throws {
    let board = """
      /dts-v1/;
      /memreserve/ 0x88000000 0x2000;
      / {
        compatible = "virgil,board"; model = "board";
        #address-cells = <2>; #size-cells = <1>;
        memory@0 { device_type = "memory"; reg = <0 0 0>; };
        reserved-memory {
          #address-cells = <2>; #size-cells = <1>; ranges;
          pool: pool@47000000 { reg = <0 0x47000000 0x1000>; };
        };
        device { memory-region = <&pool>; };
        chosen { bootargs = "quiet"; };
      };
      """
    let machine = """
      /dts-v1/;
      / {
        compatible = "virgil,board";
        #address-cells = <2>; #size-cells = <2>;
        memory@40000000 { device_type = "memory"; reg = <0 0x40000000 0 0x40000000>; };
        reserved-memory {
          #address-cells = <2>; #size-cells = <2>; ranges;
          secure: secure@46000000 { reg = <0 0x46000000 0 0x200000>; no-map; };
        };
        user { memory-region = <&secure>; };
        chosen {
          linux,elfcorehdr = <0 0x7aaf0000 0 0x1000>; linux,usable-memory-range = <0 0x6ac00000 0 0x10000000>;
        };
      };
      """
    for padding in ["0", "65536"] {
      let options = ["dtc", "-q", "-@", "-I", "dts", "-O", "dtb", "-p", padding]
      guard let own = try run(options, Array(board.utf8)), let other = try run(options, Array(machine.utf8)) else {
        return
      }
      let merged = try DeviceTreeMergeTests.merge(own, other)
      #expect(merged.count < 10_000)
      let text = try #require(try run(["dtc", "-q", "-s", "-I", "dtb", "-O", "dts"], merged))
      let source = String(decoding: text, as: UTF8.self)
      for line in [
        "/memreserve/\t0x0000000088000000 0x0000000000002000;", "model = \"board\";",
        "linux,elfcorehdr = <0x00 0x7aaf0000 0x1000>;", "linux,usable-memory-range = <0x00 0x6ac00000 0x10000000>;",
        "reg = <0x00 0x40000000 0x40000000>;", "reg = <0x00 0x46000000 0x200000>;", "memory-region = <0x01>;",
      ] { #expect(source.contains(line), "\(line) is not in\n\(source)") }
      #expect(!source.contains("memory@0 {"))
    }
  }
}
