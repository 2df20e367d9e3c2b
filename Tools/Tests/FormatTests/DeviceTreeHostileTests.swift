// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Bytes
import DeviceTree
import Testing

@Suite struct DeviceTreeHostileTests {
  /// Asks a tree everything that it can be asked.
  private func exercise(_ tree: DeviceTree) {
    var bytes = 0
    for node in tree.nodes {
      bytes += node.name.count
      for (name, value) in node.properties {
        bytes += name.count + value.bytes.count
        for text in value.strings { bytes += text.count }
      }
      _ = node.children.map { $0.name.count }
      _ = node.translatedRegister()
    }
    #expect(bytes >= 0)
    _ = (tree.memoryRegions(), tree.reservations().count, tree.standardOutput, tree.psci)
    let chosen = tree.chosen
    _ = (chosen.bootargs, chosen.initrd, chosen.uefiMemoryMap, chosen.elfCoreHeader, chosen.usableMemoryRanges)
  }

  private func error(_ bytes: [UInt8]) -> DeviceTreeError? {
    bytes.withView { view in
      do throws(DeviceTreeError) {
        _ = try DeviceTree(view)
        return nil
      } catch {
        #expect(error.description.hasPrefix("device tree: "))
        return error
      }
    }
  }

  private func flaw(_ edit: (inout DeviceTreeBuilder) -> Void, end: Bool = true) -> DeviceTreeError.Flaw? {
    var builder = DeviceTreeBuilder()
    edit(&builder)
    if case .malformed(let flaw, _) = error(builder.build(end: end)) { return flaw }
    return nil
  }

  @Test func everyTruncationIsRefused() {
    let bytes = DeviceTreeBuilder.machine().build()
    forEachTruncation(of: bytes) { view, length in
      do throws(DeviceTreeError) {
        _ = try DeviceTree(view)
        Issue.record("\(length) of \(bytes.count) bytes were accepted")
      } catch {
        let needed = length < 8 ? 8 : UInt64(bytes.count)
        #expect(error == .truncated(needed: needed, present: length))
      }
    }
  }

  /// Cuts inside a block, with a header that agrees.
  @Test func everyShorterStructureBlockIsRefused() {
    let builder = DeviceTreeBuilder.machine()
    for length in stride(from: 0, to: builder.structure.count, by: 1) {
      var cut = builder
      cut.structure.removeLast(builder.structure.count - length)
      #expect(error(cut.build(end: false)) != nil, "structure block of \(length) bytes")
    }
  }

  @Test(.timeLimit(.minutes(1))) func mutationsNeverTrap() {
    var accepted = 0
    forEachMutation(of: DeviceTreeBuilder.machine().build(), count: 30_000, seed: 1) { view in
      guard let tree = try? DeviceTree(view) else { return }
      accepted += 1
      exercise(tree)
    }
    // Else nothing but the header check would have been tried.
    #expect(accepted > 1_000)
  }

  @Test func headersAreChecked() {
    var builder = DeviceTreeBuilder()
    builder.node("")
    let good = builder.build()
    #expect(error(good) == nil)
    var bytes = good
    bytes[0] = 0
    #expect(error(bytes) == .wrongMagic(0x000d_feed))
    builder.version = 16
    #expect(error(builder.build()) == .unsupportedVersion(16, compatibleWith: 16))
    builder.version = 18
    builder.lastCompatible = 18
    #expect(error(builder.build()) == .unsupportedVersion(18, compatibleWith: 18))
    builder.lastCompatible = 17
    #expect(error(builder.build()) == nil)
    builder.terminatesReservations = false
    builder.reservations = [(1, 1)]
    builder.strings = Array(repeating: 1, count: 7)
    #expect(error(builder.build()) == .unterminatedReservations)
  }

  @Test func blocksMustLieInTheTree() {
    var builder = DeviceTreeBuilder()
    builder.node("") { $0.property("a") }
    let good = builder.build()
    for (offset, values) in [
      (0x08, [0, 39, 41, 0xffff_fffc] as [UInt32]), (0x0c, [0, 0xffff_ffff]), (0x10, [0, 44, 0xffff_fff8]),
      (0x20, [0xffff_ffff]), (0x24, [0xffff_ffff]),
    ] {
      for value in values {
        var bytes = good
        bytes.set(value.byteSwapped, at: offset)
        guard case .blockOutOfBounds = error(bytes) else {
          Issue.record("header offset \(offset) = \(value) gave \(String(describing: error(bytes)))")
          continue
        }
      }
    }
  }

  @Test func structureFlawsHaveNames() {
    #expect(flaw { _ in } == .noRoot)
    #expect(flaw({ $0.node("") }, end: false) == .endOfBlock)
    #expect(flaw { $0.token(7) } == .unknownToken(7))
    #expect(flaw { $0.token(2) } == .unbalancedEnd)
    #expect(flaw { $0.property("a") } == .propertyOutsideNode)
    #expect(
      flaw {
        $0.node(""); $0.node("")
      } == .secondRoot)
    #expect(
      flaw {
        $0.node("") {
          $0.node("a"); $0.property("late")
        }
      } == .propertyOutsideNode)
    #expect(
      flaw {
        $0.token(1); $0.token(0)
      } == .openNodes(1))
    #expect(
      flaw(
        {
          $0.token(1); $0.token(0x6161_6161)
        }, end: false) == .unterminatedName)
    #expect(flaw { $0.node("") { $0.property(String(repeating: "x", count: 256)) } } == .badPropertyName(0))
    #expect(flaw { $0.node("") { $0.property("") } } == .badPropertyName(0))
    #expect(
      flaw {
        $0.node("") {
          $0.token(3); $0.token(0x1000); $0.token(0)
        }
      } == .propertyTooLong(0x1000))
    #expect(
      flaw {
        $0.node("") {
          $0.token(4); $0.property("a"); $0.token(4)
        }
      } == nil)
  }

  @Test func depthIsLimitedAndWalkedWithoutRecursion() {
    func nested(_ depth: Int) -> [UInt8] {
      var builder = DeviceTreeBuilder()
      for _ in 0..<depth {
        builder.token(1)
        builder.token(0)
      }
      for _ in 0..<depth { builder.token(2) }
      return builder.build()
    }
    #expect(error(nested(DeviceTree.maximumDepth)) == nil)
    #expect(error(nested(DeviceTree.maximumDepth + 1)) == .malformed(.tooDeep, offset: 8 * DeviceTree.maximumDepth))
    #expect(error(nested(100_000)) == .malformed(.tooDeep, offset: 8 * DeviceTree.maximumDepth))
  }

  @Test(.timeLimit(.minutes(1))) func cellCountsOfZeroAndMillionsEndTheList() throws {
    for cells in [0, 3, 4, 255, 0x7fff_ffff, 0xffff_ffff] as [UInt32] {
      var builder = DeviceTreeBuilder()
      builder.node("") { tree in
        tree.property("#address-cells", cells: cells)
        tree.property("#size-cells", cells: cells)
        tree.node("memory") { tree in
          tree.property("device_type", text: "memory")
          tree.property("reg", cells: 1, 2, 3, 4, 5, 6)
        }
        tree.node("reserved-memory") { tree in
          tree.property("#address-cells", cells: cells)
          tree.property("#size-cells", cells: cells)
          tree.node("a") { $0.property("reg", cells: 1, 2, 3, 4, 5, 6) }
        }
      }
      try builder.build().withView { view in
        let tree = try DeviceTree(view)
        #expect(tree.memoryRegions().isEmpty)
        #expect(tree.reservations().isEmpty)
        #expect(tree.node(at: "/memory")?.translatedRegister() == nil)
      }
    }
  }

  @Test func rangesThatWrapRoundAreLeftOut() throws {
    var builder = DeviceTreeBuilder()
    builder.reservations = [(.max, 2), (0x1000, 0x1000)]
    builder.node("") { tree in
      tree.property("#size-cells", cells: 2)
      tree.node("memory") { tree in
        tree.property("device_type", text: "memory")
        tree.property("reg", wide: .max - 0xfff, 0x2000, 0x4000, 0x1000)
      }
    }
    try builder.build().withView { view in
      let tree = try DeviceTree(view)
      #expect(tree.memoryRegions().map(\.range) == [PhysicalRange(address: 0x4000, size: 0x1000)!])
      #expect(tree.reservations().map(\.range) == [PhysicalRange(address: 0x1000, size: 0x1000)!])
    }
  }
}
