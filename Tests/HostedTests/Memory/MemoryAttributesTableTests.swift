// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Testing

extension FirmwareTests {
  /// `EFI_MEMORY_ATTRIBUTES_TABLE` (UEFI 2.10, 4.6.4).
  @Suite struct MemoryAttributesTables {
    private struct Entry: Equatable {
      let type: UInt32
      let start: UInt64
      let pages: UInt64
      let attribute: UInt64
    }

    private func entries(_ machine: HostMachine) throws -> [Entry] {
      machine.firmware.memoryAttributesTable.update(
        machine.firmware.memory, granularity: machine.firmware.pages.runtimeGranularity)
      let address = try #require(machine.firmware.systemTable.table(.memoryAttributesTable))
      let table = ByteView(UnsafeRawPointer(bitPattern: address)!, count: 8192)
      #expect(table.littleEndian(0, as: UInt32.self) == 2 && table.littleEndian(12, as: UInt32.self) == 0)
      let size = Int(try #require(table.littleEndian(8, as: UInt32.self)))
      return (0..<Int(try #require(table.littleEndian(4, as: UInt32.self)))).map {
        let start = 16 + $0 * size
        return Entry(
          type: table.littleEndian(start, as: UInt32.self)!, start: table.littleEndian(start + 8, as: UInt64.self)!,
          pages: table.littleEndian(start + 24, as: UInt64.self)!,
          attribute: table.littleEndian(start + 32, as: UInt64.self)!)
      }
    }

    /// Every page of runtime memory is in one entry, and no other page is.
    private func check(_ machine: HostMachine, _ entries: [Entry]) {
      var described: UInt64 = 0
      for entry in entries {
        described += entry.pages
        for page in 0..<entry.pages {
          let region = machine.firmware.memory.region(at: entry.start + page * pageSize)
          #expect(region?.type.rawValue == entry.type && region?.type.isRuntime == true)
        }
      }
      let pages = machine.firmware.memory.regions.filter { $0.type.isRuntime }.reduce(0) { $0 + $1.pages }
      #expect(described == pages)
      for (first, second) in zip(entries, entries.dropFirst()) {
        #expect(first.start + first.pages * pageSize <= second.start)
      }
      #expect(entries.allSatisfy { $0.attribute & MemoryAttribute.runtime != 0 })
    }

    @Test(arguments: [UInt64(0x1000), 0x10000])
    func entriesAreTheRuntimeRegions(granularity: UInt64) throws {
      let machine = try HostMachine(granularity: granularity)
      let pages = machine.firmware.pages
      let code = try pages.allocate(.anyPages, type: .runtimeServicesCode, pages: 48, owner: .emulator)
      #expect(pages.protect(code, code + 16 * pageSize, .readOnly))
      #expect(pages.protect(code + 16 * pageSize, code + 20 * pageSize, .readOnly))
      #expect(pages.protect(code + 20 * pageSize, code + 32 * pageSize, .executeProtect))
      #expect(pages.protect(code + 32 * pageSize, code + 48 * pageSize, .executeProtect))
      let entries = try entries(machine)
      check(machine, entries)
      let runtime = MemoryAttribute.runtime
      let own = entries.filter { $0.start >= code && $0.start < code + 48 * pageSize }
      if granularity == 0x1000 {
        #expect(
          own == [
            Entry(type: 5, start: code, pages: 20, attribute: runtime | MemoryAttribute.readOnly),
            Entry(type: 5, start: code + 0x14000, pages: 28, attribute: runtime | MemoryAttribute.executeProtect),
          ])
      } else {
        #expect(
          own == [
            Entry(type: 5, start: code, pages: 16, attribute: runtime | MemoryAttribute.readOnly),
            // Two kinds of pages in one granule: it may be used for both.
            Entry(type: 5, start: code + 0x10000, pages: 16, attribute: runtime),
            Entry(type: 5, start: code + 0x20000, pages: 16, attribute: runtime | MemoryAttribute.executeProtect),
          ])
      }
      let data = entries.filter { $0.type == 6 }
      #expect(!data.isEmpty && data.allSatisfy { $0.attribute == runtime | MemoryAttribute.executeProtect })
    }
  }
}
