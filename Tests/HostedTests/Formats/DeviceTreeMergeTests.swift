// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Testing

/// A payload's device tree made fit for the machine that kexec has described.
@Suite struct DeviceTreeMergeTests {
  /// The merged tree's bytes: measured, then written into exactly as many that end at an inaccessible page.
  static func merge(_ own: [UInt8], _ machine: [UInt8]) throws(DeviceTreeError) -> [UInt8] {
    let (ownFile, machineFile) = (GuardedFile(own), GuardedFile(machine))
    return try ownFile.withView { view throws(DeviceTreeError) in
      let tree = try DeviceTree(view)
      return try machineFile.withView { view throws(DeviceTreeError) in
        let machineTree = try DeviceTree(view)
        let size = try tree.merged(with: machineTree, into: nil)
        let room = GuardedFile([UInt8](repeating: 0xa5, count: size))
        #expect(try tree.merged(with: machineTree, into: room.bytes) == size)
        // A shorter buffer gets what fits, and no more.
        let short = GuardedFile([UInt8](repeating: 0xa5, count: size / 8 * 4))
        #expect(try tree.merged(with: machineTree, into: short.bytes) == size)
        #expect(Array(short.bytes) == Array(room.bytes[..<short.bytes.count]))
        return Array(room.bytes)
      }
    }
  }

  /// All nodes and properties as text, one a line: what two trees are compared by.
  static func lines(_ bytes: [UInt8]) throws -> [String] {
    try GuardedFile(bytes).withView { view in
      let tree = try DeviceTree(view)
      var path: [String] = []
      var lines: [String] = []
      for node in tree.nodes {
        path.removeLast(path.count - node.depth + 1)
        path.append(String(decoding: node.name.buffer, as: UTF8.self))
        let place = path.count > 1 ? path.joined(separator: "/") : "/"
        lines.append(place)
        for (name, value) in node.properties {
          let digits = value.bytes.buffer.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
          lines.append("\(place) \(String(decoding: name.buffer, as: UTF8.self))=\(digits)")
        }
      }
      return lines
    }
  }

  private func board(_ cells: UInt32 = 2, _ more: (inout DeviceTreeBuilder) -> Void = { _ in }) -> DeviceTreeBuilder {
    var tree = DeviceTreeBuilder()
    tree.reservations = [(0x8800_0000, 0x1000)]
    tree.node("") { tree in
      tree.property("#address-cells", cells: cells)
      tree.property("#size-cells", cells: cells)
      tree.property("model", text: "board")
      tree.node("memory@0") { tree in
        tree.property("device_type", text: "memory")
        tree.property("reg", wide: 0, 0)
      }
      tree.node("cpus") { $0.node("cpu@0") { $0.property("phandle", cells: 1) } }
      more(&tree)
    }
    return tree
  }

  private func hex(_ words: UInt64...) -> String {
    words.map { word in String(repeating: "0", count: 16 - String(word, radix: 16).count) + String(word, radix: 16) }
      .joined()
  }

  // MARK: /chosen

  @Test func whatKexecSaysToTheNextKernelIsCarried() throws {
    let own = board { tree in
      tree.node("chosen") { tree in
        tree.property("bootargs", text: "own")
        tree.property("stdout-path", text: "/own")
        tree.property("linux,elfcorehdr", wide: 1, 2)
        tree.property("linux,initrd-start", wide: 3)
        tree.property("rng-seed", cells: 4)
      }
    }
    let lines = try Self.lines(Self.merge(own.build(), DeviceTreeBuilder.machine().build()))
    let chosen = lines.filter { $0.hasPrefix("/chosen ") }.map { String($0.dropFirst(8)) }.sorted()
    #expect(
      chosen == [
        "bootargs=6f776e00", "kaslr-seed=1122334455667788", "linux,elfcorehdr=" + hex(0x4f00_0000, 0x1000),
        "linux,kho-fdt=" + hex(0x4b00_0000, 0x1000),
        "linux,usable-memory-range=" + hex(0x4a00_0000, 0x400_0000, 0x4000_0000, 0x10_0000),
        "rng-seed=0102030405060708", "stdout-path=2f6f776e00",
      ])
  }

  @Test func aTreeWithoutChosenGetsOne() throws {
    let lines = try Self.lines(Self.merge(board().build(), DeviceTreeBuilder.machine().build()))
    #expect(lines.filter { $0 == "/chosen" }.count == 1)
    #expect(lines.contains { $0.hasPrefix("/chosen stdout-path=") })
    #expect(!lines.contains { $0.hasPrefix("/chosen bootargs=") || $0.contains("uefi") || $0.contains("initrd") })
  }

  @Test func withoutAnythingToCarryTheTreeStaysTheSame() throws {
    var machine = DeviceTreeBuilder()
    machine.node("")
    let own = board { $0.node("chosen") { $0.property("bootargs", text: "own") } }.build()
    #expect(try Self.lines(Self.merge(own, machine.build())) == Self.lines(own))
  }

  // MARK: Memory

  @Test func memoryIsTheMachines() throws {
    let merged = try Self.merge(board().build(), DeviceTreeBuilder.machine().build())
    #expect(try !Self.lines(merged).contains("/memory@0"))
    try GuardedFile(merged).withView { view in
      let starts = try DeviceTree(view).memoryRegions().map(\.range.address)
      #expect(starts == [0x4000_0000, 0x9_0000_0000, 0xc000_0000])
    }
    // A machine that EFI describes has none in its tree.
    var machine = DeviceTreeBuilder()
    machine.node("") { $0.node("chosen") }
    #expect(try Self.lines(Self.merge(board().build(), machine.build())).contains("/memory@0"))
  }

  @Test func reservationsAreAddedAndHandlesLeftOut() throws {
    let own = board { tree in
      tree.node("reserved-memory") { tree in
        tree.property("#address-cells", cells: 1)
        tree.property("#size-cells", cells: 1)
        tree.property("ranges")
        tree.node("cma@42000000") { $0.property("phandle", cells: 7) }
      }
    }
    var machine = DeviceTreeBuilder()
    machine.node("") { tree in
      tree.property("#address-cells", cells: 2)
      tree.property("#size-cells", cells: 2)
      tree.node("reserved-memory") { tree in
        tree.property("#address-cells", cells: 2)
        tree.property("#size-cells", cells: 2)
        tree.property("phandle", cells: 1)
        tree.property("ranges")
        tree.node("cma@42000000") { $0.property("reg", wide: 0x4200_0000, 0x1000) }
        tree.node("dynamic") { $0.property("size", wide: 0x1000) }
        tree.node("firmware@41000000") { tree in
          tree.property("reg", wide: 0x4100_0000, 0x20_0000)
          tree.property("no-map")
          tree.property("phandle", cells: 9)
        }
      }
    }
    let lines = try Self.lines(Self.merge(own.build(), machine.build())).filter { $0.hasPrefix("/reserved-memory") }
    #expect(
      lines == [
        "/reserved-memory", "/reserved-memory #address-cells=00000001", "/reserved-memory #size-cells=00000001",
        "/reserved-memory ranges=", "/reserved-memory/cma@42000000", "/reserved-memory/cma@42000000 phandle=00000007",
        "/reserved-memory/firmware@41000000", "/reserved-memory/firmware@41000000 reg=4100000000200000",
        "/reserved-memory/firmware@41000000 no-map=",
      ])
    let made = try Self.lines(Self.merge(board().build(), machine.build())).filter { $0.hasPrefix("/reserved-memory") }
    #expect(
      made == [
        "/reserved-memory", "/reserved-memory #address-cells=00000002", "/reserved-memory #size-cells=00000002",
        "/reserved-memory ranges=", "/reserved-memory/cma@42000000",
        "/reserved-memory/cma@42000000 reg=" + hex(0x4200_0000, 0x1000), "/reserved-memory/firmware@41000000",
        "/reserved-memory/firmware@41000000 reg=" + hex(0x4100_0000, 0x20_0000),
        "/reserved-memory/firmware@41000000 no-map=",
      ])
  }

  // MARK: Cells

  @Test func rangesAreRewrittenForOtherCells() throws {
    var machine = DeviceTreeBuilder()
    machine.node("") { tree in
      tree.property("#address-cells", cells: 2)
      tree.property("#size-cells", cells: 2)
      tree.node("memory@80000000") { tree in
        tree.property("device_type", text: "memory")
        tree.property("reg", wide: 0x8000_0000, 0x1000_0000, 0xa000_0000, 0x2000_0000)
      }
      tree.node("chosen") { tree in
        tree.property("linux,elfcorehdr", wide: 0x8100_0000, 0x1000)
        tree.property("rng-seed", wide: 1, 2)
      }
    }
    let small = try Self.lines(Self.merge(board(1).build(), machine.build()))
    #expect(small.contains("/memory@80000000 reg=8000000010000000a000000020000000"))
    #expect(small.contains("/chosen linux,elfcorehdr=8100000000001000"))
    #expect(small.contains("/chosen rng-seed=" + hex(1, 2)))
    let large = try Self.lines(Self.merge(board(3).build(), machine.build()))
    #expect(large.contains("/chosen linux,elfcorehdr=00000000" + hex(0x8100_0000) + "00000000" + hex(0x1000)))
  }

  @Test func whatDoesNotFitIsRefused() throws {
    for cells in [0, 1, 5, 0xffff_ffff] as [UInt32] {
      #expect(throws: DeviceTreeError.numberDoesNotFit) {
        try Self.merge(board(cells).build(), DeviceTreeBuilder.machine().build())
      }
    }
    // Numbers of a machine that nobody can read.
    var machine = DeviceTreeBuilder()
    machine.node("") { tree in
      tree.property("#address-cells", cells: 3)
      tree.node("chosen") { $0.property("linux,elfcorehdr", cells: 1, 2, 3, 4) }
    }
    #expect(throws: DeviceTreeError.numberDoesNotFit) { try Self.merge(board().build(), machine.build()) }
  }

  // MARK: Form

  @Test func nothingIsLostBehindEmptyTokens() throws {
    var own = DeviceTreeBuilder()
    own.token(4)
    own.node("") { tree in
      tree.token(4)
      tree.node("chosen") { tree in
        tree.token(4)
        tree.property("bootargs", text: "own")
        tree.token(4)
      }
      tree.token(4)
    }
    own.token(4)
    let lines = try Self.lines(Self.merge(own.build(), DeviceTreeBuilder.machine().build()))
    #expect(lines.contains("/chosen bootargs=6f776e00") && lines.contains("/memory@40000000"))
    #expect(lines.contains { $0.hasPrefix("/chosen linux,elfcorehdr=") })
  }

  @Test func theHeaderIsRightAndRoomIsLeft() throws {
    let merged = try Self.merge(board().build(), DeviceTreeBuilder.machine().build())
    func word(_ offset: Int) -> Int { merged[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) } }
    #expect(word(4) == merged.count && word(16) == 40)
    #expect(word(8) + word(36) == word(12) && word(12) + word(32) + DeviceTree.spareBytes == merged.count)
    #expect(
      Array(merged[40..<72]) == [0, 0, 0, 0, 0x88, 0, 0, 0] + [0, 0, 0, 0, 0, 0, 0x10, 0]
        + [UInt8](repeating: 0, count: 16))
    #expect(merged.suffix(DeviceTree.spareBytes).allSatisfy { $0 == 0 })
  }

  @Test func mergingTwiceAddsNothing() throws {
    let machine = DeviceTreeBuilder.machine().build()
    let once = try Self.merge(board().build(), machine)
    #expect(try Set(Self.lines(Self.merge(once, machine))) == Set(Self.lines(once)))
    #expect(try Self.lines(Self.merge(once, machine)).count == Self.lines(once).count)
  }
}
