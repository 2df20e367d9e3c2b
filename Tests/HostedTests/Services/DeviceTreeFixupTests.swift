// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Testing

extension FirmwareTests {
  /// EFI_DT_FIXUP_PROTOCOL, as systemd-stub calls it.
  @Suite struct DeviceTreeFixup {
    let machine: HostMachine
    let kexecs: GuardedFile
    var boot: EFI_BOOT_SERVICES { machine.boot }
    let fixup: UnsafeMutablePointer<EFI_DT_FIXUP_PROTOCOL>

    static let guid = GUID(0xe617_d64c, 0xfe08, 0x46da, 0xf4dc_bbd5_870c_7300)

    init() throws {
      machine = try HostMachine(begin: true)
      kexecs = GuardedFile(DeviceTreeBuilder.machine().build())
      try machine.firmware.publishDeviceTree(try DeviceTree(ByteView(UnsafeRawBufferPointer(kexecs.bytes))))
      let out = Out<UnsafeMutableRawPointer?>(nil)
      #expect(efi(machine.boot.LocateProtocol, Self.guid.buffer, nil, out) == .success)
      fixup = try #require(out.value).assumingMemoryBound(to: EFI_DT_FIXUP_PROTOCOL.self)
    }

    /// A board's tree, with a reservation of two pages, the second of them not to be mapped.
    private func board(reserving address: UInt64 = 0) -> [UInt8] {
      var tree = DeviceTreeBuilder()
      if address != 0 { tree.reservations = [(address + 1, 1)] }
      tree.node("") { tree in
        tree.property("#address-cells", cells: 2)
        tree.property("#size-cells", cells: 2)
        tree.node("reserved-memory") { tree in
          tree.property("#address-cells", cells: 2)
          tree.property("#size-cells", cells: 2)
          tree.property("ranges")
          tree.node("secret") { tree in
            tree.property("reg", wide: address + pageSize, address == 0 ? 0 : pageSize)
            tree.property("no-map")
          }
        }
      }
      return tree.build()
    }

    private func call(_ buffer: Buffer?, _ size: Out<UInt64>?, _ flags: UInt64) -> Status {
      efi(fixup.pointee.Fixup, UnsafeMutableRawPointer(fixup), buffer, size, flags)
    }

    private func room(_ tree: [UInt8], _ size: Int) -> Buffer {
      Buffer(tree + [UInt8](repeating: 0xa5, count: size - tree.count))
    }

    private func install(_ table: any Word) {
      #expect(efi(boot.InstallConfigurationTable, GUID.deviceTreeTable.buffer, table) == .success)
    }

    @Test func aTreeIsMadeFitInTheRoomThatItNeeds() throws {
      #expect(fixup.pointee.Revision == 0x10000)
      let tree = board()
      let size = Out(UInt64(tree.count))
      let first = Buffer(tree)
      #expect(call(first, size, 3) == .bufferTooSmall)
      #expect(first.content == tree && size.value >= UInt64(tree.count + 4096))
      // One byte less is too small again, and says the same.
      let needed = size.value
      size.value = needed - 1
      #expect(call(room(tree, Int(needed) - 1), size, 3) == .bufferTooSmall && size.value == needed)
      let second = room(tree, Int(needed) + 8)
      #expect(call(second, size, 3) == .success)
      #expect(second.content.suffix(8).allSatisfy { $0 == 0xa5 })
      let expected = try DeviceTreeMergeTests.merge(tree, Array(kexecs.bytes))
      #expect(Array(second.content[..<Int(needed)]) == expected)
      install(second)
      install(kexecs.bytes.baseAddress!)
      #expect(!machine.platform.text.contains("without fix-ups"))
      machine.check()
    }

    @Test func aTreeThatAStubHasMadeStaysOut() throws {
      var stubs = DeviceTreeBuilder()
      stubs.node("") { $0.node("chosen") { $0.property("linux,uefi-system-table", wide: 1) } }
      let machine = try HostMachine()
      let tree = GuardedFile(stubs.build())
      try machine.firmware.publishDeviceTree(try DeviceTree(ByteView(UnsafeRawBufferPointer(tree.bytes))))
      #expect(machine.firmware.systemTable.table(.deviceTreeTable) == nil)
    }

    @Test func aTreeThatHasNotBeenMadeFitIsInstalledAndNoted() {
      let tree = Buffer(board())
      install(tree)
      #expect(machine.firmware.systemTable.table(.deviceTreeTable) == UInt(tree.word))
      #expect(machine.platform.text.contains("without fix-ups"))
    }

    @Test func reservationsLeaveFreeMemory() throws {
      let place = machine.platform.base + 100 * pageSize
      let tree = board(reserving: place)
      let size = Out(UInt64(0x8000))
      // Not before the tree fits.
      size.value = UInt64(tree.count)
      #expect(call(Buffer(tree), size, 3) == .bufferTooSmall)
      #expect(machine.firmware.memory.region(at: place)?.type == .conventional)
      size.value = 0x8000
      #expect(call(room(tree, 0x8000), size, 2) == .success)
      #expect(machine.firmware.memory.region(at: place)?.type == .bootServicesData)
      #expect(machine.firmware.memory.region(at: place + pageSize)?.type == .reserved)
      #expect(machine.platform.access(at: place + pageSize) == .none)
      #expect(machine.firmware.memory.region(at: place + 2 * pageSize)?.type == .conventional)
      #expect(efi(boot.AllocatePages, AllocateType.address, MemoryType.loaderData, 1, Out(place)) == .notFound)
      #expect(efi(boot.FreePages, place, 1) == .notFound)
      machine.check()
    }

    @Test func whatIsInUseIsNotReserved() {
      let place = Out(machine.platform.base + 200 * pageSize)
      #expect(efi(boot.AllocatePages, AllocateType.address, MemoryType.loaderData, 2, place) == .success)
      let size = Out(UInt64(0x8000))
      #expect(call(room(board(reserving: place.value), 0x8000), size, 3) == .success)
      #expect(efi(boot.FreePages, place.value, 2) == .success)
      machine.check()
    }

    @Test func wrongCallsAreRefused() {
      let tree = board()
      let size = Out(UInt64(0x8000))
      let good = room(tree, 0x8000)
      #expect(efi(fixup.pointee.Fixup, nil, good, size, 3) == .invalidParameter)
      #expect(call(nil, size, 3) == .invalidParameter)
      #expect(call(good, nil, 3) == .invalidParameter)
      for flags in [0, 4, 8, 0x8000_0001] as [UInt64] { #expect(call(good, size, flags) == .invalidParameter) }
      size.value = 7
      #expect(call(good, size, 3) == .invalidParameter)
      size.value = UInt64(tree.count) - 1
      #expect(call(good, size, 3) == .bufferTooSmall && size.value == UInt64(tree.count))
      size.value = 0x8000
      var wrong = tree
      wrong[0] = 0
      #expect(call(room(wrong, 0x8000), size, 3) == .invalidParameter)
      wrong = tree
      wrong[72] ^= 0xff
      #expect(call(room(wrong, 0x8000), size, 3) == .invalidParameter)
      #expect(good.content.prefix(tree.count) == tree[...])
      machine.check()
    }

    @Test func thousandsOfReservationsEndInAnErrorOrAreMade() {
      var tree = DeviceTreeBuilder()
      for page in 0..<4000 as Range<UInt64> {
        tree.reservations.append((machine.platform.base + (200 + 2 * page) * pageSize, 1))
      }
      tree.node("")
      let size = Out(UInt64(0x40000))
      machine.platform.heapFreeBytes = 0
      let status = call(room(tree.build(), 0x40000), size, 3)
      #expect(status == .success || status == .outOfResources)
      machine.check()
    }
  }
}
