// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Bytes
import PE
import Testing

@testable import CarriedImage

@Suite("Carried image, refusals")
struct RefusalTests {
  @Test func `What is no image, or no emulator, is named`() {
    let payload = Fixture.payload(0xaa64).build()
    let blob = Fixture.blob()
    #expect(Fixture.refusal([], blob) == .notPE(.noDOSHeader))
    #expect(
      Fixture.refusal(payload.setting(0x98, UInt16(0x10b)), blob) == .notPE(.notPE32Plus(offset: 0x98, magic: 0x10b)))
    #expect(Fixture.refusal(PEBuilder(machine: 0x5064).build(), blob) == .machine(0x5064))
    #expect(Fixture.refusal(payload, Fixture.blob(machine: 0x8664)) == .machines(payload: 0xaa64, emulator: 0x8664))
    #expect(Fixture.refusal(payload, []) == .emulatorTruncated(size: 0, needed: 0x88))
    #expect(Fixture.refusal(payload, payload) == .notEmulator)
    #expect(Fixture.refusal(payload, Array(blob.dropLast())) == .emulatorTruncated(size: 19_999, needed: 20_000))
    #expect(Fixture.refusal(payload, blob.setting(0x18, UInt32(3))) == .emulatorVersion(3))
    #expect(
      Fixture.refusal(payload, blob.setting(0x28, UInt64(100))) == .emulatorSizes(field: "memory_size", value: 100))
    #expect(
      Fixture.refusal(payload, blob.setting(0x28, UInt64.max)) == .emulatorSizes(field: "memory_size", value: .max))
    #expect(
      Fixture.refusal(payload, blob.setting(0x30, UInt64.max).setting(0x38, UInt64(2)))
        == .emulatorSizes(field: "runtime_size", value: 2))
    #expect(
      Fixture.refusal(payload, blob.setting(0x30, UInt64(19_000)).setting(0x38, UInt64(2000)))
        == .emulatorTruncated(size: 20_000, needed: 21_000))
  }

  @Test(arguments: [0xaa64, 0x8664] as [UInt16])
  func `A carried image is not carried again`(machine: UInt16) throws {
    let blob = Fixture.blob(machine: machine)
    let carried = try Fixture.carry(Fixture.payload(machine).build(), blob) { $1 }
    #expect(Fixture.refusal(carried, blob) == .alreadyCarried)
  }

  @Test func `What cannot run in place is refused with what would be right`() throws {
    let blob = Fixture.blob()
    #expect(Fixture.refusal(PEBuilder(characteristics: 0x207).build(), blob) == .relocationsStripped)
    #expect(Fixture.refusal(PEBuilder(entryPoint: 0, sections: []).build(), blob) == .noSections)
    let far = PEBuilder(
      entryPoint: 0, sections: [.init(name: ".far", rva: 0x1000_0000, memorySize: 1, data: [1])])
    #expect(Fixture.refusal(far.build(), blob) == .firstSectionTooFar(rva: 0x1000_0000))
    let large = PEBuilder(sizeOfImage: 0xffff_f000)
    guard case .tooLarge = Fixture.refusal(large.build(), blob) else {
      Issue.record("an image that ends below 4 GiB leaves no room")
      return
    }
  }

  @Test func `Sections that begin among x86's boot headers are refused`() {
    let blob = Fixture.blob(machine: 0x8664)
    func first(_ rva: UInt32) -> Refusal? {
      Fixture.refusal(Fixture.packed(0x8664, first: rva, sections: 1).build(), blob)
    }
    #expect(first(0x1c0) == .firstSectionTooNear(rva: 0x1c0))
    #expect(first(0x200) == .firstSectionTooNear(rva: 0x200))
    #expect(first(0x220) == nil)
    #expect(
      "\(Refusal.firstSectionTooNear(rva: 0x200))".contains("RVA 0x200, but kexec enters an x86_64 image at 0x200"))
    // Six entries of the section table are the most before the boot header at 0x1f1, and two are ours.
    #expect(Fixture.refusal(Fixture.packed(0x8664, first: 0x280, sections: 4).build(), blob) == nil)
    #expect(
      Fixture.refusal(Fixture.packed(0x8664, first: 0x280, sections: 5).build(), blob)
        == .noHeaderRoom(needed: 24 + 112 + 6 * 8 + 7 * 40, room: 0x280))
    // Directories that are in use stay: sixteen take 80 bytes more.
    var used = Fixture.packed(0x8664, first: 0x280, sections: 3)
    used.directories.append((15, used.sections[0].rva, 8))
    #expect(Fixture.refusal(used.build(), blob) == .noHeaderRoom(needed: 24 + 240 + 5 * 40, room: 0x280))
  }

  @Test func `arm64's headers take what there is, and no more`() {
    let blob = Fixture.blob()
    // Directories without contents make room for an entry.
    var builder = Fixture.packed(0xaa64, first: 0x220, sections: 5)
    #expect(Fixture.refusal(builder.build(), blob) == nil)
    builder.directories.append((15, builder.sections[0].rva, 8))
    #expect(Fixture.refusal(builder.build(), blob) == .noHeaderRoom(needed: 24 + 240 + 6 * 40, room: 0x220))
    // The entry fits, a veneer does not, and a branch does not reach.
    builder = Fixture.packed(0xaa64, first: 0x240, sections: 5)
    builder.directories.append((15, builder.sections[0].rva, 8))
    #expect(Fixture.refusal(builder.build(), blob) == nil)
    builder.sections[4].memorySize = 200 << 20
    #expect(Fixture.refusal(builder.build(), blob) == .noHeaderRoom(needed: 32, room: 0x240))
  }

  @Test func `Headers without room are refused, not overwritten`() {
    var builder = PEBuilder(sizeOfHeaders: 0x1000, peOffset: 0x40)
    // Nothing before the PE header, everything behind it is something, and the last data directory is in use.
    builder.directories = [(15, 0x1000, 8)]
    let end = 0x40 + 24 + 240 + 80
    builder.patches = [(end, [UInt8](repeating: 0xcd, count: 0x1000 - end))]
    guard case .noHeaderRoom = Fixture.refusal(builder.build(), Fixture.blob()) else {
      Issue.record("there is no room in these headers")
      return
    }
    // A data directory that points into the headers keeps its bytes, zeros or not.
    var pointed = PEBuilder(sizeOfHeaders: 0x1000, peOffset: 0x40)
    pointed.directories = [(6, UInt32(end), UInt32(0x1000 - end)), (15, 0x1000, 8)]
    guard case .noHeaderRoom = Fixture.refusal(pointed.build(), Fixture.blob()) else {
      Issue.record("the debug directory lies in these headers")
      return
    }
    var large = PEBuilder(machine: 0x8664, sizeOfHeaders: 0x2000)
    large.patches = [(0x1800, [1])]
    large.sections = [.init(name: ".text", rva: 0x2000, memorySize: 1, data: [1])]
    large.entryPoint = 0x2000
    #expect(Fixture.refusal(large.build(), Fixture.blob(machine: 0x8664)) == .headersTooLarge(size: 0x2000))
  }

  @Test(arguments: [0xaa64, 0x8664] as [UInt16])
  func `Any change of the input is survived, and what is accepted has no gaps`(machine: UInt16) throws {
    let payload = Fixture.payload(machine).build()
    let blob = Fixture.blob(machine: machine)
    var accepted = 0
    blob.withUnsafeBytes { blob in
      forEachTruncation(of: payload) { view, length in
        #expect((try? CarriedImage.plan(payload: view, emulator: ByteView(blob))) == nil, "\(length) bytes")
      }
      // Only the headers are changed: the rest is copied.
      let headers = Array(payload.prefix(0x260))
      let guarded = GuardedBytes(capacity: payload.count)
      forEachMutation(of: headers, count: 6000, seed: UInt64(machine)) { view in
        let whole = Array(view.buffer) + payload.dropFirst(view.count)
        guard let plan = try? CarriedImage.plan(payload: guarded.view(whole), emulator: ByteView(blob)) else { return }
        accepted += 1
        var end = 0
        for run in plan.runs {
          #expect(run.fileOffset == end)
          end += run.contents.count
        }
        guard plan.fileSize < 1 << 20, let file = try? Fixture.bytes(of: plan) else { return }
        CarriedFileCheck.noGaps(file, IndependentPE(file))
      }
    }
    #expect(accepted > 300)
    payload.withUnsafeBytes { payload in
      forEachTruncation(of: Array(blob.prefix(0x200))) { view, _ in
        #expect((try? CarriedImage.plan(payload: ByteView(payload), emulator: view)) == nil)
      }
      forEachMutation(of: Array(blob.prefix(0x88)), count: 5000, seed: 3) { view in
        let whole = Array(view.buffer) + blob.dropFirst(view.count)
        whole.withUnsafeBytes { _ = try? CarriedImage.plan(payload: ByteView(payload), emulator: ByteView($0)) }
      }
    }
  }

  @Test func `A report survives any change of a carried image`() throws {
    let carried = try Fixture.carry(Fixture.payload(0x8664).build(), Fixture.blob(machine: 0x8664)) { $1 }
    var read = 0
    forEachMutation(of: carried, count: 3000, seed: 11) { view in
      if (try? ImageReport(file: "x", bytes: view)) != nil { read += 1 }
    }
    #expect(read > 1000)
    let start = IndependentPE(carried).sections.first { $0.name == ".virgil" }!.rawOffset
    let guarded = GuardedBytes(capacity: carried.count)
    forEachMutation(of: Array(carried[start..<start + 0x200]), count: 3000, seed: 12) { view in
      let whole = carried[..<start] + view.buffer + carried[(start + view.count)...]
      _ = try? ImageReport(file: "x", bytes: guarded.view(Array(whole)))
    }
  }
}
