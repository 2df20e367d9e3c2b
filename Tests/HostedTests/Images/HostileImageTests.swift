// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Foundation
import Testing

extension FirmwareTests {
  /// Images with a few bytes changed: loaded or refused, never a crash, never a leak, no byte written beside them.
  @Suite struct HostileImages {
    private static let rounds = 12_000

    @Test(arguments: Material.architectures)
    func mutatedImages(_ architecture: Material.Architecture) throws {
      var files = try Material.images(architecture).filter { $0.path.contains("/stub/") }
        .map { [UInt8](try Data(contentsOf: $0)) }.filter { $0.count < 128 << 10 }
      if files.isEmpty { Material.reportAbsence("stubs for \(architecture), so only a made image is mutated") }
      var made = TestImage.ordinary()
      made.machine = architecture.machine
      files.append(made.file)
      var loaded = 0
      for (index, content) in files.enumerated() {
        loaded += try mutate(content, architecture, seed: UInt64(index + 1), rounds: Self.rounds / files.count + 1)
      }
      print("\(architecture): \(Self.rounds) mutations of \(files.count) images, \(loaded) of them still load")
      // Both ways were taken, or the mutations are too wild or too tame.
      #expect(loaded > Self.rounds / 20 && loaded < Self.rounds * 19 / 20)
    }

    /// - Returns: how many could be loaded.
    private func mutate(
      _ content: [UInt8], _ architecture: Material.Architecture, seed: UInt64, rounds: Int
    ) throws -> Int {
      let machine = try HostMachine(megabytes: 4, machine: architecture.machine)
      let pages = machine.firmware.pages
      let fence = try pages.allocate(.anyPages, type: .loaderData, pages: 2, owner: .payload)
      let fenceBytes = UnsafeMutableRawBufferPointer(
        start: UnsafeMutableRawPointer(bitPattern: UInt(fence)), count: 8192)
      fenceBytes.initializeMemory(as: UInt8.self, repeating: 0xee)
      let whole = [UInt8](repeating: 0xee, count: 8192)
      let file = GuardedFile(content)
      let headers = try file.withView { view in try PEHeaders(view) }
      let before = machine.firmware.memory.regions
      var random = SeededGenerator(seed: seed << 20 | 0x696d)
      var loaded = 0
      for round in 0..<rounds {
        let undo = change(file.bytes, headers, &random)
        var done: LaidOutImage?
        do throws(Status) {
          done = try file.withView { view throws(Status) in try machine.firmware.loader.load(file: view) }
        } catch {
          if ![Status.loadError, .unsupported, .outOfResources].contains(error) {
            Issue.record("round \(round): \(error)")
          }
        }
        var fine = memcmp(fenceBytes.baseAddress!, whole, whole.count) == 0
        if let done {
          loaded += 1
          if round % 8 == 0 { machine.check() }
          fine = fine && done.entryPoint >= done.base && done.entryPoint - done.base < max(done.size, 1)
          try pages.free(done.base, pages: done.allocatedPages, owner: .emulator)
        }
        fine = fine && machine.firmware.memory.regions == before && machine.platform.strays.isEmpty
        if round % 64 == 0 { machine.check() }
        for (place, byte) in undo.reversed() { file.bytes[place] = byte }
        guard fine else {
          Issue.record("round \(round) of seed \(seed) left traces: \(undo)")
          return loaded
        }
        machine.platform.output = []
      }
      machine.check()
      return loaded
    }

    /// Changes one to four places, mostly in the headers and the relocations.
    ///
    /// - Returns: what was there.
    private func change(
      _ bytes: UnsafeMutableRawBufferPointer, _ headers: PEHeaders, _ random: inout SeededGenerator
    ) -> [(Int, UInt8)] {
      let extremes: [UInt32] = [
        0, 1, 0xfff, 0x1000, 0x7fff_ffff, 0x8000_0000, 0xffff_f000, 0xffff_ffff, UInt32(bytes.count),
      ]
      var undo: [(Int, UInt8)] = []
      func put(_ place: Int, _ byte: UInt8) {
        guard place < bytes.count else { return }
        undo.append((place, bytes[place]))
        bytes[place] = byte
      }
      let table = headers.section(named: ".reloc")
      for _ in 0...random.below(4) {
        let place: Int
        switch random.below(8) {
        case 0: place = random.below(bytes.count)
        case 1, 2:
          guard let table, table.sizeInFile > 0 else { continue }
          place = Int(table.pointerToRawData) + random.below(Int(table.sizeInFile))
        default: place = headers.peOffset + random.below(headers.sectionTableEnd - headers.peOffset)
        }
        switch random.below(5) {
        case 4:
          // A section of no size, anywhere.
          let section = headers.sectionTableOffset + random.below(headers.numberOfSections) * PEFields.Section.size
          let address = UInt32(truncatingIfNeeded: random.next()) >> UInt32(random.below(24)) & ~0xfff
          for offset in 0..<4 {
            put(section + PEFields.Section.VirtualSize.offset + offset, 0)
            put(section + PEFields.Section.SizeOfRawData.offset + offset, 0)
            put(
              section + PEFields.Section.VirtualAddress.offset + offset,
              UInt8(truncatingIfNeeded: address >> UInt32(8 * offset)))
          }
        case 0: put(place, bytes[place] ^ 1 << UInt8(random.below(8)))
        case 1: put(place, UInt8(truncatingIfNeeded: random.next()))
        case 2:
          let word = extremes[random.below(extremes.count)]
          for offset in 0..<4 { put(place & ~3 + offset, UInt8(truncatingIfNeeded: word >> UInt32(8 * offset))) }
        default:
          let source = headers.peOffset + random.below(headers.sectionTableEnd - headers.peOffset - 8)
          for offset in 0..<8 { put(place + offset, bytes[source + offset]) }
        }
      }
      return undo
    }
  }
}
