// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Testing

extension FirmwareTests {
  /// The protocols that the emulator produces.
  @Suite struct Protocols {
    let machine: HostMachine
    var boot: EFI_BOOT_SERVICES { machine.boot }
    init() throws { machine = try HostMachine { $0.randomWords = (0..<8).map { UInt64($0) &* 0x0101_0101_0101_0101 } } }

    private func locate<Table>(_ guid: GUID, as type: Table.Type) throws -> UnsafeMutablePointer<Table> {
      let out = Out<UnsafeMutableRawPointer?>(nil)
      #expect(efi(boot.LocateProtocol, guid.buffer, nil, out) == .success)
      return try #require(out.value).assumingMemoryBound(to: Table.self)
    }

    // MARK: Load File 2 (13.2)

    @Test func theInitrdIsFoundAndRead() throws {
      let content = (0..<10_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
      let initrd = Buffer(content)
      try machine.firmware.publishInitrd(initrd.view, Buffer([]).view)
      var builder = DevicePathBuilder()
      builder.appendVendor(type: DevicePathType.media, .linuxInitrdMedia)
      builder.appendEnd()
      let path = Buffer(builder.bytes)
      let remaining = Out<UInt64>(path.word)
      let device = Out<UnsafeMutableRawPointer?>(nil)
      #expect(efi(boot.LocateDevicePath, GUID.loadFile2.buffer, remaining, device) == .success)
      #expect(remaining.value == path.word + 20)
      let loadFile = Out<UnsafeMutableRawPointer?>(nil)
      #expect(efi(boot.HandleProtocol, device.value, GUID.loadFile2.buffer, loadFile) == .success)
      let this = try #require(loadFile.value).assumingMemoryBound(to: EFI_LOAD_FILE_PROTOCOL.self)
      let rest = remaining.value
      let size = Out<UInt64>(0)
      #expect(efi(this.pointee.LoadFile, this, rest, 0, size, nil) == .bufferTooSmall && size.value == 10_000)
      let buffer = Buffer(count: 10_004)
      size.value = 9_999
      #expect(efi(this.pointee.LoadFile, this, rest, 0, size, buffer) == .bufferTooSmall && size.value == 10_000)
      #expect(buffer.content.allSatisfy { $0 == 0xa5 })
      size.value = 10_004
      #expect(efi(this.pointee.LoadFile, this, rest, 0, size, buffer) == .success && size.value == 10_000)
      #expect(Array(buffer.content[..<10_000]) == content && buffer.content[10_000...].allSatisfy { $0 == 0xa5 })
      #expect(efi(this.pointee.LoadFile, this, rest, 1, size, buffer) == .unsupported)
      #expect(efi(this.pointee.LoadFile, this, path, 0, size, buffer) == .notFound)
      #expect(efi(this.pointee.LoadFile, this, nil, 0, size, buffer) == .invalidParameter)
      #expect(efi(this.pointee.LoadFile, this, rest, 0, nil, buffer) == .invalidParameter)
      #expect(efi(this.pointee.LoadFile, nil, rest, 0, size, buffer) == .invalidParameter)
    }

    @Test func withoutAnInitrdThereIsNone() {
      #expect(efi(boot.LocateProtocol, GUID.loadFile2.buffer, nil, Out<UInt64>(0)) == .notFound)
    }

    // MARK: Memory Attribute (37.7)

    @Test func memoryAttributesAreSetClearedAndTold() throws {
      let attribute = try locate(.memoryAttribute, as: EFI_MEMORY_ATTRIBUTE_PROTOCOL.self)
      let address = Out<UInt64>(0)
      #expect(efi(boot.AllocatePages, 0, MemoryType.loaderCode, 4, address) == .success)
      let base = address.value
      func get(_ start: UInt64, _ pages: UInt64) -> (Status, UInt64) {
        let out = Out<UInt64>(0)
        return (efi(attribute.pointee.GetMemoryAttributes, attribute, start, pages * pageSize, out), out.value)
      }
      func set(_ start: UInt64, _ pages: UInt64, _ bits: UInt64) -> Status {
        efi(attribute.pointee.SetMemoryAttributes, attribute, start, pages * pageSize, bits)
      }
      func clear(_ start: UInt64, _ pages: UInt64, _ bits: UInt64) -> Status {
        efi(attribute.pointee.ClearMemoryAttributes, attribute, start, pages * pageSize, bits)
      }
      let (ro, xp, rp) = (MemoryAttribute.readOnly, MemoryAttribute.executeProtect, MemoryAttribute.readProtect)
      #expect(get(base, 4) == (.success, 0))
      #expect(set(base, 2, ro) == .success && get(base, 2) == (.success, ro))
      #expect(machine.platform.access(at: base) == .readExecute)
      #expect(machine.platform.synchronized.contains { $0.address == base })
      #expect(get(base, 4).0 == .noMapping)
      #expect(set(base + pageSize, 2, xp) == .success)
      #expect(get(base + pageSize, 1) == (.success, ro | xp) && get(base + 2 * pageSize, 1) == (.success, xp))
      #expect(machine.platform.access(at: base + pageSize) == .readOnly)
      #expect(set(base + 3 * pageSize, 1, rp) == .success && machine.platform.access(at: base + 3 * pageSize) == .none)
      machine.check()
      #expect(clear(base, 4, ro | xp | rp) == .success && get(base, 4) == (.success, 0))
      machine.check()
      // All of it was code that could be either; none of it is both.
      for page in 0..<4 { #expect(machine.platform.access(at: base + UInt64(page) * pageSize) == .readWrite) }

      #expect(set(base, 0, ro) == .invalidParameter && set(base, 1, 0) == .invalidParameter)
      #expect(set(base, 1, 1 << 63) == .invalidParameter && clear(base, 1, ro | 1) == .invalidParameter)
      #expect(set(base + 1, 1, ro) == .unsupported && get(base + 1, 1).0 == .unsupported)
      #expect(set(machine.platform.end - pageSize, 2, ro) == .unsupported && get(0, 1).0 == .unsupported)
      #expect(set(.max - 4095, 2, ro) == .unsupported)
      #expect(efi(attribute.pointee.GetMemoryAttributes, attribute, base, pageSize, nil) == .invalidParameter)
      #expect(efi(attribute.pointee.GetMemoryAttributes, attribute, base, 100, Out<UInt64>(0)) == .unsupported)
      machine.platform.mapBudget = 0
      #expect(set(base, 1, ro) == .outOfResources && get(base, 1) == (.success, 0))
      machine.platform.mapBudget = nil
      #expect(efi(boot.FreePages, base, 4) == .success)
      machine.check()
    }

    @Test func freeMemoryWithAttributesIsPlainOnceAllocated() throws {
      let attribute = try locate(.memoryAttribute, as: EFI_MEMORY_ATTRIBUTE_PROTOCOL.self)
      let base = machine.platform.base
      let bits = MemoryAttribute.readOnly | MemoryAttribute.executeProtect
      #expect(efi(attribute.pointee.SetMemoryAttributes, attribute, base, 16 * pageSize, bits) == .success)
      let address = Out<UInt64>(base)
      #expect(efi(boot.AllocatePages, 2, MemoryType.loaderData, 16, address) == .success)
      machine.check()
      #expect(machine.platform.access(at: base) == .readWrite)
    }

    @Test func whatWasMadeExecutableTurnsRound() throws {
      let attribute = try locate(.memoryAttribute, as: EFI_MEMORY_ATTRIBUTE_PROTOCOL.self)
      for type in [MemoryType.loaderData, .reserved, MemoryType(rawValue: 0x8000_0000)] {
        let address = Out<UInt64>(0)
        #expect(efi(boot.AllocatePages, 0, type, 1, address) == .success)
        let bits = MemoryAttribute.executeProtect
        #expect(!machine.firmware.pages.resolveFault(at: address.value, execute: true))
        #expect(efi(attribute.pointee.ClearMemoryAttributes, attribute, address.value, pageSize, bits) == .success)
        #expect(machine.firmware.pages.resolveFault(at: address.value, execute: true), "type \(type)")
        #expect(machine.platform.access(at: address.value) == .readExecute)
      }
    }

    // MARK: RNG (37.5)

    @Test func randomBytesComeFromThePlatform() throws {
      try machine.firmware.publishRandomness(seed: nil)
      machine.platform.randomWords = (1..<8).map { UInt64($0) &* 0x0101_0101_0101_0101 }
      let rng = try locate(.rng, as: EFI_RNG_PROTOCOL.self)
      let size = Out<UInt64>(0)
      #expect(efi(rng.pointee.GetInfo, rng, size, nil) == .bufferTooSmall && size.value == 16)
      let list = Buffer(count: 16)
      #expect(efi(rng.pointee.GetInfo, rng, size, list) == .success)
      #expect(list.content == GUID.rngAlgorithmRaw.buffer.content)
      let value = Buffer(count: 12)
      #expect(efi(rng.pointee.GetRNG, rng, list, 10, value) == .success)
      #expect(value.content == [1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 0xa5, 0xa5])
      #expect(efi(rng.pointee.GetRNG, rng, GUID(low: 1, high: 1).buffer, 8, value) == .unsupported)
      #expect(efi(rng.pointee.GetRNG, rng, nil, 0, value) == .invalidParameter)
      #expect(efi(rng.pointee.GetRNG, rng, nil, 8, nil) == .invalidParameter)
      #expect(efi(rng.pointee.GetRNG, rng, nil, 800, Buffer(count: 800)) == .deviceError)
    }

    @Test func withoutAGeneratorThereIsNoProtocol() throws {
      let plain = try HostMachine()
      for seed in [nil, [UInt8](repeating: 7, count: 15)] {
        guard let seed else {
          try plain.firmware.publishRandomness(seed: nil)
          continue
        }
        try GuardedFile(seed).withView { try plain.firmware.publishRandomness(seed: $0) }
      }
      #expect(plain.firmware.systemTable.table(.linuxRandomSeedTable) == nil)
      #expect(efi(plain.boot.LocateProtocol, GUID.rng.buffer, nil, Out<UInt64>(0)) == .notFound)
    }

    // MARK: Console (12.3, 12.4)

    @Test func textGoesOutAsUTF8() throws {
      let out = try #require(machine.table.pointee.ConOut)
      machine.platform.output = []
      #expect(efi(out.pointee.OutputString, out, ucs2("añ€\r\n")) == .success)
      #expect(machine.platform.text == "añ€\r\n")
      #expect(out.pointee.Mode.pointee.CursorColumn == 0)
      let surrogate = Buffer([0x41, 0, 0x00, 0xd8, 0, 0])
      #expect(efi(out.pointee.OutputString, out, surrogate) == .warnUnknownGlyph)
      #expect(efi(out.pointee.TestString, out, surrogate) == .unsupported)
      #expect(efi(out.pointee.OutputString, out, nil) == .invalidParameter)
      let (columns, rows) = (Out<UInt64>(0), Out<UInt64>(0))
      #expect(efi(out.pointee.QueryMode, out, 0, columns, rows) == .success && columns.value == 80 && rows.value == 25)
      #expect(efi(out.pointee.QueryMode, out, 1, columns, rows) == .unsupported)
      #expect(efi(out.pointee.SetMode, out, 1) == .unsupported)
      #expect(efi(out.pointee.SetAttribute, out, 0x80) == .unsupported)
      #expect(efi(out.pointee.SetCursorPosition, out, 80, 0) == .unsupported)
      #expect(efi(out.pointee.SetCursorPosition, out, UInt64.max, UInt64.max) == .unsupported)
      machine.platform.output = []
      #expect(efi(out.pointee.SetCursorPosition, out, 4, 2) == .success && machine.platform.text == "\u{1b}[3;5H")
    }

    @Test func keysAreReadOnce() throws {
      let input = try #require(machine.table.pointee.ConIn)
      let key = Out(EFI_INPUT_KEY())
      let index = Out<UInt64>(9)
      #expect(efi(input.pointee.ReadKeyStroke, input, key) == .notReady)
      #expect(efi(boot.CheckEvent, input.pointee.WaitForKey) == .notReady)
      machine.platform.input = [0x61, 0x7f, 0x1b]
      #expect(efi(boot.WaitForEvent, 1, Out(input.pointee.WaitForKey), index) == .success && index.value == 0)
      #expect(efi(input.pointee.ReadKeyStroke, input, key) == .success && key.value.UnicodeChar == 0x61)
      #expect(efi(input.pointee.ReadKeyStroke, input, key) == .success && key.value.UnicodeChar == 8)
      #expect(efi(input.pointee.ReadKeyStroke, input, key) == .notReady)  // it may begin a sequence
      machine.platform.ticks += KeyInput.escapePatience
      #expect(efi(input.pointee.ReadKeyStroke, input, key) == .success && key.value.ScanCode == 0x17)
      #expect(efi(input.pointee.ReadKeyStroke, input, key) == .notReady)
      machine.platform.input = [1, 2, 3]
      #expect(efi(input.pointee.Reset, input, 0) == .success)
      #expect(efi(input.pointee.ReadKeyStroke, input, key) == .notReady)
      #expect(efi(input.pointee.ReadKeyStroke, input, nil) == .invalidParameter)
    }
  }
}
