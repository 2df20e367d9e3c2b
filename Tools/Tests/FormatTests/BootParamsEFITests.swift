// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Bytes
import LinuxBoot
import Testing

@Suite struct BootParamsEFITests {
  /// A system table at 0x8000 with two configuration tables at 0x8080.
  private func memory() -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 0x80 + 48)
    bytes.set(0x5453_5953_2049_4249 as UInt64, at: 0)
    bytes.set(0x0002_0046 as UInt32, at: 8)
    bytes.set(0x7000 as UInt64, at: 24)
    bytes.set(0x9000 as UInt64, at: 88)
    bytes.set(2 as UInt64, at: 104)
    bytes.set(0x8080 as UInt64, at: 112)
    bytes.replaceSubrange(0x80..<0x90, with: Array(0...15))
    bytes.set(0x1234 as UInt64, at: 0x90)
    bytes.replaceSubrange(0x98..<0xa8, with: Array(16...31))
    bytes.set(0x5678 as UInt64, at: 0xa8)
    return bytes
  }

  private func error(_ bytes: [UInt8]) -> EFISystemTableError? {
    bytes.withView { view in
      let memory = TestMemory(base: 0x8000, bytes: view)
      do throws(EFISystemTableError) {
        let table = try EFISystemTable(at: 0x8000, read: memory.read)
        _ = try table.configurationTables(at: table.configurationTable, read: memory.read)
        return nil
      } catch {
        #expect(error.description.hasPrefix("EFI system table: "))
        return error
      }
    }
  }

  @Test func systemTablesAreRead() throws {
    try memory().withView { view in
      let memory = TestMemory(base: 0x8000, bytes: view)
      let table = try EFISystemTable(at: 0x8000, read: memory.read)
      #expect(table.revision == 0x0002_0046)
      #expect(table.firmwareVendor == 0x7000)
      #expect(table.runtimeServices == 0x9000)
      let tables = try table.configurationTables(at: table.configurationTable, read: memory.read)
      #expect(tables.map(\.address) == [0x1234, 0x5678])
      #expect(tables.map { [UInt8]($0.guid.buffer) } == [Array(0...15), Array(16...31)])
      #expect(tables.entry(2) == nil)
    }
  }

  @Test func badSystemTablesAreNamed() {
    var bytes = memory()
    bytes[0] = 0
    #expect(error(bytes) == .wrongSignature(0x5453_5953_2049_4200, address: 0x8000))
    bytes = memory()
    bytes.set(UInt64.max, at: 104)
    #expect(error(bytes) == .tooManyTables(.max))
    bytes.set(3 as UInt64, at: 104)
    #expect(error(bytes) == .unreadable(address: 0x8080, size: 72))
    bytes = memory()
    bytes.set(0xffff_8000_0000_8080 as UInt64, at: 112)
    #expect(error(bytes) == .unreadable(address: 0xffff_8000_0000_8080, size: 48))
    forEachTruncation(of: memory()) { view, length in #expect(error([UInt8](view.buffer)) != nil, "\(length) bytes") }
  }

  private func descriptor(_ type: UInt32, _ start: UInt64, _ virtual: UInt64, _ pages: UInt64, _ attribute: UInt64)
    -> [UInt8]
  {
    words(type, 0) + words(start, virtual, pages, attribute) + words(0 as UInt64)
  }

  @Test func memoryMapsAreReadByTheirOwnStride() throws {
    let bytes =
      descriptor(7, 0x10_0000, 0x5000_0000, 16, 0xf) + descriptor(5, 0x20_0000, 0xffff_0000_0000_0000, 2, 1 << 63 | 0xf)
      + descriptor(6, .max - 0xfff, 0, .max, 1 << 63) + [1, 2, 3]
    try bytes.withView { view in
      let map = try EFIMemoryMap(view, descriptorSize: 48, descriptorVersion: 1)
      #expect(map.count == 3)
      #expect(map.map(\.type) == [7, 5, 6])
      #expect(map.entry(0)?.range == PhysicalRange(address: 0x10_0000, size: 0x1_0000))
      #expect(map.entry(2)?.range == nil)
      #expect(map.physicalAddress(of: 0xffff_0000_0000_0000) == 0x20_0000)
      #expect(map.physicalAddress(of: 0xffff_0000_0000_1fff) == 0x20_1fff)
      #expect(map.physicalAddress(of: 0xffff_0000_0000_2000) == 0xffff_0000_0000_2000)
      #expect(map.physicalAddress(of: 0x10_0000) == 0x10_0000)
      // Only runtime regions are mapped.
      #expect(map.physicalAddress(of: 0x5000_0000) == 0x5000_0000)
    }
  }

  @Test func otherDescriptorsAreRefused() throws {
    try [UInt8](repeating: 0, count: 96).withView { view in
      for size in [0, 8, 32, 39, 41] as [UInt32] {
        #expect(throws: EFIMemoryMapError.badDescriptorSize(size)) {
          try EFIMemoryMap(view, descriptorSize: size, descriptorVersion: 1)
        }
      }
      #expect(throws: EFIMemoryMapError.unsupportedVersion(2)) {
        try EFIMemoryMap(view, descriptorSize: 48, descriptorVersion: 2)
      }
      let huge = try EFIMemoryMap(view, descriptorSize: 0xffff_fff8, descriptorVersion: 1)
      #expect(huge.count == 0)
    }
  }
}
