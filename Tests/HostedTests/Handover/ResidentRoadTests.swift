// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Testing

extension FirmwareTests {
  /// From a block that a kernel's loader wrote to the firmware.
  @Suite struct ResidentRoads {
    /// Whether the emulator keeps a byte for as long as boot services last.
    private func isTaken(_ address: UInt64, _ firmware: Firmware) -> Bool {
      guard let region = firmware.memory.region(at: address) else { return false }
      return region.type == .bootServicesData && region.owner == .emulator
    }

    @Test func whatTheBlockNamesStaysAndTheRestIsFree() throws {
      var machine = ResidentMachine()
      // Far from everything else that is taken: a MEMRESERVE list, and what it reserves.
      let list = machine.base + 0xc0_0000
      let reserved = machine.base + 0xd0_0000
      var bytes: [UInt8] = []
      bytes.appendLittleEndian(UInt32(255))
      bytes.appendLittleEndian(UInt32(1))
      bytes.appendLittleEndian(UInt64(0))
      bytes.appendLittleEndian(reserved)
      bytes.appendLittleEndian(UInt64(0x3000))
      machine.put(bytes, at: list)
      // 23.4: an ESRT with two entries that reaches into a second page.
      let esrt = machine.base + 0xe0_0fe0
      machine.put([2, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0], at: esrt)
      machine.tables = [
        (.linuxMemoryReserveTable, list), (.esrtTable, esrt), (.memoryAttributesTable, machine.base + 0xf0_0000),
      ]
      let start = try machine.start()
      let firmware = try start.makeFirmware()
      for offset: UInt64 in [
        0x10_0000, 0x1f_ffff, 0x20_0000, 0x2f_ffff, 0x40_0000, 0x50_0000, 0x60_0100, 0xc0_0000, 0xd0_0000, 0xd0_2fff,
        0xe0_0fe0, 0xe0_1000,
      ] {
        #expect(isTaken(machine.base + offset, firmware), "\(hex(offset))")
      }
      for offset: UInt64 in [0, 0x51_0000, 0x70_0000, 0xd0_3000, 0xe0_2000, 0xf0_0000] {
        #expect(firmware.memory.region(at: machine.base + offset)?.type == .conventional, "\(hex(offset))")
      }
      let old = try #require(firmware.memory.region(at: machine.runtimePlace))
      #expect(old.type == .reserved && old.pages == 16 && old.attribute & MemoryAttribute.runtime == 0)
      #expect(complaint(about: firmware.memory) == nil)
      let payload = try start.payload()
      #expect(payload.commandLine.equals("console=hvc0"))
      guard case .file(let file) = payload.source else {
        Issue.record("the payload is no file")
        return
      }
      #expect(Array(file.buffer) == machine.image)
      #expect(firmware.systemTable.table(.esrtTable) == UInt(esrt))
      #expect(machine.platform.strays.isEmpty)
    }

    /// EBBR 2.1.0, 3.4.2, and what a crash kernel may use. The kernel restricts its regions itself: here it has not.
    @Test(arguments: [false, true]) func theDeviceTreesReservationsCount(_ restricts: Bool) throws {
      var machine = ResidentMachine()
      let base = machine.base
      var tree = DeviceTreeBuilder()
      tree.reservations = [(base + 0xa0_0000, 0x1000), (machine.initrdPlace, 0x1000)]
      tree.node("") { tree in
        tree.property("#address-cells", cells: 2)
        tree.property("#size-cells", cells: 2)
        tree.node("reserved-memory") { tree in
          tree.property("#address-cells", cells: 2)
          tree.property("#size-cells", cells: 2)
          tree.property("ranges")
          tree.node("secret") { tree in
            tree.property("reg", wide: base + 0xb0_0000, 0x2000)
            tree.property("no-map")
          }
        }
        tree.node("chosen") { tree in
          tree.property("linux,elfcorehdr", wide: base + 0xa8_0000, 0x1000)
          tree.property("linux,kho-fdt", wide: base + 0xa9_0000, 0x1000)
          tree.property("linux,kho-scratch", wide: base + 0xaa_0000, 0x1000)
          tree.property("linux,usable-memory-range", wide: base, 0x100_0000)
        }
      }
      machine.deviceTree = tree.build()
      if restricts { machine.regions = [(base + 0x100_0000, 0xf0_0000, .reserved)] }
      let firmware = try machine.start().makeFirmware()
      for offset: UInt64 in [0xa0_0000, 0xa8_0000, 0xa9_0000, 0xaa_0000, 0x50_0000, 0x90_0000] {
        #expect(isTaken(base + offset, firmware), "\(hex(offset))")
      }
      #expect(firmware.memory.region(at: base + 0xb0_1fff)?.type == .reserved)
      #expect(firmware.memory.region(at: base + 0xb0_2000)?.type == .conventional)
      for offset: UInt64 in [0x100_0000, 0x1ef_ffff, 0x1f0_0000, 0x1ff_ffff] {
        #expect(firmware.memory.region(at: base + offset)?.type == .reserved, "\(hex(offset))")
      }
    }

    struct Fault: CustomTestStringConvertible, Sendable {
      let testDescription: String
      let message: String
      let change: @Sendable (inout ResidentMachine) -> Void
      init(_ name: String, _ message: String, _ change: @escaping @Sendable (inout ResidentMachine) -> Void) {
        (testDescription, self.message, self.change) = (name, message, change)
      }
    }

    private static func place(_ type: UInt32) -> String { "record \(type) of the handover block names" }

    static let faults = [
      Fault("no image", "names no image file") { $0.ranges[RecordType.image] = (0, 0) },
      Fault("an image in place", "names no image file") { $0.origin = VIRGIL_IMAGE_IN_PLACE },
      Fault("an image beyond memory", place(1)) { $0.ranges[RecordType.image] = ($0.platform.end - 1, 2) },
      Fault("an image of the largest size", place(1)) { $0.ranges[RecordType.image] = ($0.base, .max) },
      Fault("an image at 0", place(1)) { $0.ranges[RecordType.image] = (0, 100) },
      Fault("an image in runtime memory", place(1)) { $0.ranges[RecordType.image] = ($0.runtimePlace - 1, 2) },
      Fault("an image in scratch memory", place(1)) { $0.ranges[RecordType.image] = ($0.base + 0x2f_ffff, 9) },
      Fault("a command line nowhere", place(3)) { $0.ranges[RecordType.commandLine] = (1 << 60, 8) },
      Fault("an initrd nowhere", place(4)) { $0.ranges[RecordType.initrd] = ($0.base - 4096, 8192) },
      Fault("a device tree nowhere", place(5)) { $0.ranges[RecordType.deviceTree] = (.max, 1) },
      Fault("scratch memory over the block", place(8)) {
        $0.ranges[RecordType.scratch] = ($0.blockPlace - 0x10_0000, 0x10_0001)
      },
      Fault("scratch memory in the emulator", place(7)) {
        $0.ranges[RecordType.scratch] = ($0.emulator.address + 0x8_0000, 0x10_0000)
      },
      Fault("another emulator", "is another emulator's") {
        $0.ranges[RecordType.emulator] = ($0.emulator.address + 4096, $0.emulator.size)
      },
      Fault("a smaller emulator", "is another emulator's") {
        $0.ranges[RecordType.emulator] = ($0.emulator.address, $0.emulator.size - 1)
      },
      Fault("no emulator", "is another emulator's") { $0.ranges[RecordType.emulator] = (0, 0) },
      Fault("nobody verified: Secure Boot", "nobody has verified the image") { ($0.verified, $0.state) = (0, (1, 0)) },
      Fault("nobody verified: lockdown", "nobody has verified the image") { ($0.verified, $0.state) = (0, (0, 1)) },
    ]

    @Test(arguments: faults) func aWrongBlockIsRefusedWithAMessage(_ fault: Fault) throws {
      var machine = ResidentMachine()
      fault.change(&machine)
      #expect(try machine.road(machine.block()).isSound(emulator: machine.emulator) == false)
      #expect(machine.platform.text.contains("error: ") && machine.platform.text.contains(fault.message))
    }

    @Test func whatNobodyHasVerifiedIsStartedWhereNobodyAsksForIt() throws {
      var machine = ResidentMachine()
      machine.verified = 0
      for state in [nil, (0, 0)] as [(UInt8, UInt8)?] {
        machine.state = state
        #expect(try machine.road(machine.block()).isSound(emulator: machine.emulator))
      }
      (machine.verified, machine.state) = (1, (1, 1))
      #expect(try machine.road(machine.block()).isSound(emulator: machine.emulator))
      #expect(machine.platform.output.isEmpty)
    }

    @Test func aDeviceTreeThatIsNoneIsSaidToBe() throws {
      for tree in [[1, 2, 3], DeviceTreeBuilder().build(end: false)] as [[UInt8]] {
        var machine = ResidentMachine()
        machine.deviceTree = tree
        #expect(try machine.road(machine.block()).information() == nil)
        #expect(machine.platform.text.contains("device tree is none"))
      }
    }

    @Test func aBlockThatTheScratchMemoryCannotHoldIsSaidToBe() throws {
      var machine = ResidentMachine()
      #expect(try machine.road(machine.block()).fits(heap: 0xc_0000))
      machine.ballast = 0x2_0000
      #expect(try machine.road(machine.block()).fits(heap: 0xc_0000) == false)
      #expect(machine.platform.text.contains("too large for the scratch memory"))
    }

    /// Add-ons with signatures of their own, in an archive behind the initrd, as the kernel's loader found them.
    @Test(arguments: [(1, 0), (0, 1), (0, 0)] as [(UInt8, UInt8)])
    func addOnsThatTheKernelHasVerifiedAreLoaded(_ state: (UInt8, UInt8)) throws {
      let addOn = TestImage.ordinary().file
      var archive = TestArchive()
      archive.addFolder(".virgil-sidecars")
      archive.add("loader/addons/good.addon.efi", addOn)
      let offset = archive.bytes.count - (addOn.count + 3) & ~3
      archive.add("loader/addons/bad.addon.efi", addOn)
      var machine = ResidentMachine()
      machine.initrd = Array("TRAIL___".utf8)
      machine.verifiedFiles = [(machine.initrdPlace + 8 + UInt64(offset), UInt64(addOn.count))]
      machine.initrd += archive.finished
      machine.state = state
      let firmware = try machine.start().makeFirmware()
      let caller = try firmware.add(
        LaidOutImage(
          base: machine.base, size: pageSize, allocatedPages: 0, entryPoint: machine.base, subsystem: .application),
        parent: nil, path: nil)
      func load(_ name: String) throws(Status) {
        var builder = DevicePathBuilder()
        builder.appendVendor(type: DevicePathType.media, .virgilFileSystem)
        builder.append(
          type: DevicePathType.media, subType: 4, data: ucs2("\\loader\\addons\\\(name).addon.efi").content)
        builder.appendEnd()
        let path = Buffer(builder.bytes)
        defer { extendLifetime(path) }
        let image = try firmware.loadImage(
          parent: caller, path: DevicePath(path.view.base), source: nil, bootPolicy: false)
        firmware.unload(image)
      }
      #expect(throws: Never.self) { try load("good") }
      if state == (0, 0) {
        #expect(throws: Never.self) { try load("bad") }
      } else {
        #expect(throws: Status.accessDenied) { try load("bad") }
      }
      #expect(firmware.secureBootVariable == state.0)
    }

    /// Whatever a block says, with a checksum that is right: it is refused, or there is a block to start with.
    @Test func mutationsNeverLeadOutside() throws {
      var machine = ResidentMachine()
      machine.platform.hasForeignMemory = false
      machine.deviceTree = DeviceTreeBuilder.machine().build()
      machine.state = (0, 1)
      machine.put([2, 0, 0, 0, 2, 0, 0, 0], at: machine.base + 0xe0_0000)
      machine.tables = [(.esrtTable, machine.base + 0xe0_0000), (.linuxMemoryReserveTable, machine.base + 0xe1_0000)]
      machine.verifiedFiles = [(machine.initrdPlace, 8)]
      let block = machine.block()
      var random = SeededGenerator(seed: 0x7265_7369)
      var refused = 0
      for _ in 0..<10_000 {
        var changed = block
        for _ in 0...random.below(2) {
          let place = 32 + random.below(changed.count - 32)
          changed[place] = random.below(2) == 0 ? UInt8(truncatingIfNeeded: random.next()) : [0, 0xff][random.below(2)]
        }
        for index in 24..<28 { changed[index] = 0 }
        let checksum = changed.withUnsafeBytes { CRC32.checksum($0) }
        for index in 0..<4 { changed[24 + index] = UInt8(truncatingIfNeeded: checksum >> UInt32(8 * index)) }
        machine.platform.output = []
        guard let road = try? machine.road(changed), road.isSound(emulator: machine.emulator),
          let information = road.information()
        else {
          refused += 1
          continue
        }
        let bytes = information.handover(found: road.block)
        try GuardedFile(bytes).withView { view in _ = try HandoverReader(view, address: 0) }
      }
      #expect(refused > 500 && refused < 9500, "\(refused)")
    }
  }
}
