// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Testing

extension FirmwareTests {
  /// UEFI 2.10, 7.2, through the table.
  @Suite struct MemoryServices {
    let machine: HostMachine
    var boot: EFI_BOOT_SERVICES { machine.boot }
    init() throws { machine = try HostMachine() }

    @Test func getMemoryMapTellsItsSizeFirst() throws {
      let size = Out<UInt64>(0)
      let descriptorSize = Out<UInt64>(0)
      let version = Out<UInt32>(0)
      let key = Out<UInt64>(77)
      #expect(efi(boot.GetMemoryMap, size, nil, key, descriptorSize, version) == .bufferTooSmall)
      #expect(size.value % 48 == 0 && size.value >= 48 && descriptorSize.value == 48 && version.value == 1)
      #expect(key.value == 77)
      let needed = size.value
      #expect(efi(boot.GetMemoryMap, size, nil, key, descriptorSize, version) == .invalidParameter)
      #expect(efi(boot.GetMemoryMap, nil, nil, key, descriptorSize, version) == .invalidParameter)

      let buffer = Buffer(count: Int(needed) + 64)
      size.value = needed - 1
      #expect(efi(boot.GetMemoryMap, size, buffer, key, descriptorSize, version) == .bufferTooSmall)
      #expect(size.value == needed && buffer.content.allSatisfy { $0 == 0xa5 })
      size.value = needed + 64
      #expect(efi(boot.GetMemoryMap, size, buffer, key, nil, nil) == .success)
      #expect(size.value == needed && key.value == machine.firmware.memory.key)
      #expect(buffer.content[Int(needed)...].allSatisfy { $0 == 0xa5 })

      // The descriptors cover the machine's memory without a gap, and no two neighbours are alike.
      var position = machine.platform.base
      var last: (type: UInt32, attribute: UInt64)?
      for offset in stride(from: 0, to: Int(needed), by: 48) {
        let type = try #require(buffer.view[MemoryDescriptor.type, at: offset])
        let attribute = try #require(buffer.view[MemoryDescriptor.attribute, at: offset])
        #expect(buffer.view[MemoryDescriptor.physicalStart, at: offset] == position)
        #expect(buffer.view[MemoryDescriptor.virtualStart, at: offset] == 0)
        #expect(last.map { $0.type != type || $0.attribute != attribute } ?? true)
        let isRuntime = type == 5 || type == 6
        #expect(attribute == (isRuntime ? MemoryAttribute.ram | 1 << 63 : MemoryAttribute.ram))
        position += try #require(buffer.view[MemoryDescriptor.numberOfPages, at: offset]) * 4096
        last = (type, attribute)
      }
      #expect(position == machine.platform.end)
    }

    @Test func anUnchangedMapKeepsItsKey() {
      func read() -> UInt64 {
        let size = Out<UInt64>(1 << 16)
        let key = Out<UInt64>(0)
        let buffer = Buffer(count: 1 << 16)
        #expect(efi(boot.GetMemoryMap, size, buffer, key, Out<UInt64>(0), Out<UInt32>(0)) == .success)
        return key.value
      }
      let first = read()
      #expect(read() == first)
      let address = Out<UInt64>(0)
      #expect(efi(boot.AllocatePages, AllocateType.anyPages, MemoryType.loaderData, 1, address) == .success)
      #expect(read() != first)
      #expect(efi(boot.FreePages, address.value, 1) == .success)
      #expect(read() != first)
    }

    @Test func pagesForCodeAreCleared() {
      let address = Out<UInt64>(0)
      #expect(efi(boot.AllocatePages, AllocateType.anyPages, MemoryType.loaderData, 5, address) == .success)
      let memory = UnsafeMutableRawBufferPointer(
        start: UnsafeMutableRawPointer(bitPattern: UInt(address.value)), count: 5 * 4096)
      memory.initializeMemory(as: UInt8.self, repeating: 0xa5)
      #expect(efi(boot.FreePages, address.value, 5) == .success)
      #expect(efi(boot.AllocatePages, AllocateType.address, MemoryType.loaderCode, 5, address) == .success)
      #expect(memory.allSatisfy { $0 == 0 })
      #expect(efi(boot.FreePages, address.value, 5) == .success)
    }

    @Test(arguments: [MemoryType.loaderCode, .loaderData, .runtimeServicesData, MemoryType(rawValue: 0x7000_0000)])
    func allocatePagesOfEveryKind(_ type: MemoryType) {
      let before = machine.firmware.memory.regions
      let any = Out<UInt64>(0)
      #expect(efi(boot.AllocatePages, AllocateType.anyPages, type, 5, any) == .success)
      #expect(machine.firmware.memory.region(at: any.value)?.type == type)
      // What was given can be written to.
      UnsafeMutableRawPointer(bitPattern: UInt(any.value))!.initializeMemory(
        as: UInt8.self, repeating: 1, count: 5 * 4096)

      let limit = machine.platform.base + (8 << 20) - 1
      let low = Out<UInt64>(limit)
      #expect(efi(boot.AllocatePages, AllocateType.maxAddress, type, 3, low) == .success)
      #expect(low.value + 3 * 4096 - 1 <= limit && low.value >= machine.platform.base)

      let exact = Out<UInt64>((machine.platform.base + (2 << 20)).alignedDown(0x10000))
      let wanted = exact.value
      #expect(efi(boot.AllocatePages, AllocateType.address, type, 16, exact) == .success)
      #expect(exact.value == wanted)
      #expect(efi(boot.AllocatePages, AllocateType.address, type, 16, exact) == .notFound)
      #expect(exact.value == wanted)
      machine.check()

      #expect(efi(boot.FreePages, any.value, 5) == .success)
      #expect(efi(boot.FreePages, low.value, 3) == .success)
      #expect(efi(boot.FreePages, exact.value, 16) == .success)
      #expect(efi(boot.FreePages, exact.value, 16) == .notFound)
      #expect(machine.firmware.memory.regions == before)
    }

    @Test func allocatePagesRefusesWhatTheSpecificationRefuses() {
      let address = Out<UInt64>(0x1234)
      let before = machine.firmware.memory.regions
      #expect(efi(boot.AllocatePages, 3, MemoryType.loaderData, 1, address) == .invalidParameter)
      #expect(efi(boot.AllocatePages, 0, MemoryType.loaderData, 1, nil) == .invalidParameter)
      // 7.2.1: persistent and unaccepted memory, types without a meaning, and free memory itself.
      for type: UInt32 in [7, 14, 15, 16, 0x6fff_ffff] {
        #expect(efi(boot.AllocatePages, 0, type, 1, address) == .invalidParameter, "type \(type)")
        #expect(efi(boot.AllocatePool, type, 64, Out<UInt64>(0)) == .invalidParameter, "type \(type)")
      }
      #expect(efi(boot.AllocatePages, 0, MemoryType.loaderData, UInt64.max, address) == .outOfResources)
      #expect(efi(boot.AllocatePages, 0, MemoryType.loaderData, 1 << 20, address) == .outOfResources)
      address.value = 0x1234
      #expect(efi(boot.AllocatePages, 2, MemoryType.loaderData, 1, address).isError)
      address.value = 0
      #expect(efi(boot.AllocatePages, 2, MemoryType.loaderData, 1, address) == .notFound)
      #expect(machine.firmware.memory.regions == before)
    }

    @Test func freePagesLeavesTheEmulatorsPagesAlone() {
      let before = machine.firmware.memory.regions
      let table = UInt64(UInt(bitPattern: machine.table))
      #expect(efi(boot.FreePages, table.alignedDown(0x10000), 16) == .notFound)
      #expect(efi(boot.FreePages, machine.platform.base, 1) == .notFound)
      #expect(efi(boot.FreePages, 0, 1) == .notFound)
      #expect(efi(boot.FreePages, machine.platform.base + 1, 1) == .invalidParameter)
      #expect(efi(boot.FreePages, machine.platform.base, 0) == .invalidParameter)
      #expect(machine.firmware.memory.regions == before)
    }

    @Test func poolThroughTheTable() {
      let pointer = Out<UnsafeMutableRawPointer?>(nil)
      #expect(efi(boot.AllocatePool, MemoryType.loaderData, 100, pointer) == .success)
      #expect(efi(boot.FreePool, pointer.value) == .success)
      #expect(efi(boot.FreePool, pointer.value) == .invalidParameter)
      #expect(efi(boot.FreePool, nil) == .invalidParameter)
      #expect(efi(boot.FreePool, 8) == .invalidParameter)
      #expect(efi(boot.FreePool, UInt64.max) == .invalidParameter)
      #expect(efi(boot.AllocatePool, MemoryType.loaderData, 100, nil) == .invalidParameter)
      #expect(efi(boot.AllocatePool, MemoryType.loaderData, UInt64.max, pointer) == .outOfResources)
      #expect(efi(boot.AllocatePool, MemoryType.loaderData, 0, pointer) == .success)
      #expect(efi(boot.FreePool, pointer.value) == .success)
    }
  }
}
