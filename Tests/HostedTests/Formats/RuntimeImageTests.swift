// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Testing

extension FirmwareTests {
  /// The image that stays: loading it, on made files.
  @Suite struct RuntimeImages {
    let machine: HostMachine
    init() throws { machine = try HostMachine() }

    private func file(_ change: (inout virgil_runtime_header) -> Void = { _ in }, table: [UInt64] = [0x2000]) -> [UInt8]
    {
      var header = virgil_runtime_header()
      header.magic = VIRGIL_RUNTIME_MAGIC
      header.version = UInt32(VIRGIL_RUNTIME_VERSION)
      header.header_size = UInt32(MemoryLayout<virgil_runtime_header>.size)
      header.file_size = 0x2100
      header.memory_size = 0x3000
      header.relocations = 0x100
      header.relocations_end = 0x100 + UInt64(8 * table.count)
      header.fill = 0x200
      header.data = 0x2000
      change(&header)
      var bytes = withUnsafeBytes(of: header) { Array($0) }
      bytes += [UInt8](repeating: 0, count: 0x100 - bytes.count)
      for word in table { bytes.appendLittleEndian(word) }
      return bytes + [UInt8](repeating: 0x11, count: 0x2100 - bytes.count)
    }
    private func load(_ file: [UInt8]) throws {
      try GuardedFile(file).withView { view in try machine.firmware.loadRuntimeImage(view) }
    }

    @Test func itLiesInRuntimeMemoryWithItsRights() throws {
      try load(file())
      let region = try #require(machine.firmware.memory.regions.first { $0.type == .runtimeServicesCode })
      #expect(region.start & 0xffff == 0 && region.attribute & MemoryAttribute.runtime != 0)
      let memory = UnsafeRawPointer(bitPattern: UInt(region.start))!
      #expect(memory.load(fromByteOffset: 0x2000, as: UInt64.self) == 0x1111_1111_1111_1111 &+ region.start)
      #expect(memory.load(fromByteOffset: 0x2008, as: UInt64.self) == 0x1111_1111_1111_1111)
      #expect(memory.load(fromByteOffset: 0x2100, as: UInt64.self) == 0)
      #expect(machine.platform.access(at: region.start) == .readExecute)
      #expect(machine.platform.access(at: region.start + 0x2000) == .readWrite)
      machine.check()
      let properties = try #require(machine.firmware.systemTable.table(.runtimePropertiesTable))
      let table = ByteView(UnsafeRawPointer(bitPattern: properties)!, count: 8)
      #expect(table.littleEndian(0, as: UInt16.self) == 1 && table.littleEndian(2, as: UInt16.self) == 8)
      #expect(table.littleEndian(4, as: UInt32.self) == RuntimeImage.supported)
    }

    @Test func refusesWhatIsNoRuntimeImageAndLeaksNothing() {
      let before = machine.firmware.memory.regions
      let changes: [(String, (inout virgil_runtime_header) -> Void)] = [
        ("magic", { $0.magic ^= 1 }), ("version", { $0.version += 1 }), ("file size", { $0.file_size = 0x2101 }),
        ("memory below file", { $0.memory_size = 0x2000 }), ("memory size", { $0.memory_size = 1 << 40 }),
        ("memory unaligned", { $0.memory_size = 0x3001 }), ("data unaligned", { $0.data = 0x2008 }),
        ("data 0", { $0.data = 0 }), ("data at end", { $0.data = 0x3000 }), ("fill in data", { $0.fill = 0x2000 }),
        ("relocations", { $0.relocations = .max }), ("relocations end", { $0.relocations_end = 0x2108 }),
        ("relocations backwards", { $0.relocations_end = 0xf8 }), ("half a relocation", { $0.relocations_end -= 4 }),
      ]
      for (name, change) in changes {
        #expect(throws: Status.loadError, "\(name)") { try load(file(change)) }
        #expect(machine.firmware.memory.regions == before, "\(name)")
      }
      #expect(throws: Status.loadError) { try load(file(table: [0x3000])) }
      #expect(throws: Status.loadError) { try load([]) }
      for call in 0..<2 {
        machine.platform.failingMapCall = call
        #expect(throws: Status.outOfResources) { try load(file()) }
        machine.platform.failingMapCall = nil
      }
      #expect(machine.firmware.memory.regions == before && machine.firmware.runtimeImage == nil)
      machine.check()
    }
  }
}
