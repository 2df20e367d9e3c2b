// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Bytes
import LinuxBoot
import Testing

@Suite struct BootParamsSetupDataTests {
  private func error(_ fixture: BootParamsFixture) throws -> SetupDataError? {
    try fixture.with { parameters, read in
      do throws(SetupDataError) {
        _ = try parameters.setupValues(read: read)
        return nil
      } catch {
        #expect(error.description.hasPrefix("setup_data: "))
        return error
      }
    }
  }

  @Test func everyTypeBecomesAValue() throws {
    try BootParamsFixture.everything().with { parameters, read in
      let values = try parameters.setupValues(read: read)
      #expect(values.extendedE820.map(\.address) == [0x4_0000_0000, 0x8_0000_0000])
      #expect(values.extendedE820.map(\.type) == [.ram, .reserved])
      #expect(values.efi?.fw_vendor == 0xaa0)
      #expect(values.efi?.tables == 0xbb0)
      #expect(values.efi?.smbios == 0xcc0)
      #expect(values.randomSeed.map { [UInt8]($0.buffer) } == Array(1...32))
      #expect(values.deviceTree?.count == 4)
      #expect(values.ima == PhysicalRange(address: 0x6000_0000, size: 0x3000))
      #expect(values.kexecHandover?.deviceTree == PhysicalRange(address: 0x7000_0000, size: 0x1000))
      #expect(values.kexecHandover?.scratch == PhysicalRange(address: 0x7100_0000, size: 0x2000))
      // Seven nodes, and what the indirect one points at.
      #expect(values.memory.count == 8)
    }
  }

  @Test func indirectNodesAreFollowedOnce() throws {
    var fixture = BootParamsFixture()
    let node = fixture.node(1 << 31, next: 0, words((1 << 31) as UInt32, 0) + words(20 as UInt64, 0x5000))
    try fixture.with { _, read in
      var items: [SetupData] = []
      try SetupDataList(first: node).forEach(read: read) { items.append($0) }
      #expect(items.map(\.type) == [.indirect])
      #expect(items[0].payload.size == 24)
    }
    fixture = BootParamsFixture()
    fixture.set(fixture.node(1 << 31, next: 0, [1, 2, 3]), BootParams.Fields.setup_data)
    #expect(try error(fixture) == .shortPayload(.indirect, address: 0x2010, size: 3))
  }

  /// A tail of any length that leads into a cycle of any length.
  @Test(.timeLimit(.minutes(1))) func cyclesAreFound() throws {
    for tail in 0..<6 {
      for length in 1..<9 {
        var fixture = BootParamsFixture()
        for index in 0..<tail + length {
          let following = index == tail + length - 1 ? tail : index + 1
          _ = fixture.node(0, next: 0x2000 + UInt64(following) * 16, [])
        }
        fixture.set(0x2000, BootParams.Fields.setup_data)
        guard case .cycle(let address) = try error(fixture) else {
          Issue.record("tail \(tail), cycle \(length): not found")
          continue
        }
        #expect(address >= 0x2000 + UInt64(tail) * 16)
      }
    }
  }

  @Test(.timeLimit(.minutes(1))) func endlessListsAreGivenUp() throws {
    // Each node is somewhere else: no cycle to find.
    let header = GuardedBytes(capacity: 16)
    #expect(throws: SetupDataError.tooLong(limit: SetupDataList.maximumCount)) {
      try SetupDataList(first: 0x1000).forEach(read: { address, _ in header.view(words(address + 16, 0)) }, { _ in })
    }
  }

  @Test func aLongListIsNotTooLong() throws {
    var fixture = BootParamsFixture()
    for index in 0..<5000 { _ = fixture.node(0, next: index == 4999 ? 0 : 0x2000 + UInt64(index + 1) * 16, []) }
    fixture.set(0x2000, BootParams.Fields.setup_data)
    try fixture.with { parameters, read in
      let values = try parameters.setupValues(read: read)
      #expect(values.memory.count == 5000)
    }
  }

  @Test func badNodesAreNamed() throws {
    var fixture = BootParamsFixture()
    fixture.set(0x10_0000, BootParams.Fields.setup_data)
    #expect(try error(fixture) == .unreadable(address: 0x10_0000, size: 16))

    fixture = BootParamsFixture()
    fixture.set(.max - 3, BootParams.Fields.setup_data)
    #expect(try error(fixture) == .unreadable(address: .max - 3, size: 16))

    fixture = BootParamsFixture()
    fixture.set(fixture.node(4, next: 0, [1, 2, 3]), BootParams.Fields.setup_data)
    #expect(try error(fixture) == .shortPayload(.efi, address: 0x2010, size: 3))

    // A length beyond memory harms only those who need the payload.
    for (type, expected) in [
      (9, SetupDataError.unreadable(address: 0x2010, size: 0xffff_ffff)), (5, nil),
    ] as [(UInt32, SetupDataError?)] {
      fixture = BootParamsFixture()
      fixture.set(fixture.append(words(0 as UInt64) + words(type, 0xffff_ffff)), BootParams.Fields.setup_data)
      #expect(try error(fixture) == expected)
    }
  }
}
