// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Testing

extension FirmwareTests {
  /// The tables themselves (UEFI 2.10, 4.2 to 4.6), and InstallConfigurationTable (7.5.6).
  @Suite struct Tables {
    let machine: HostMachine
    var boot: EFI_BOOT_SERVICES { machine.boot }
    init() throws { machine = try HostMachine() }

    /// Whether a table's header is right for its size, its CRC-32 included (4.2.1).
    private func isSound(_ table: UnsafeRawPointer, _ signature: String, _ size: Int) -> Bool {
      var bytes = Array(UnsafeRawBufferPointer(start: table, count: size))
      func word(_ offset: Int) -> UInt32 { table.loadUnaligned(fromByteOffset: offset, as: UInt32.self) }
      let crc = word(16)
      for index in 16..<20 { bytes[index] = 0 }
      return String(decoding: bytes[..<8], as: UTF8.self) == signature
        && word(8) == 2 << 16 | 100 && word(12) == UInt32(size)
        && bytes[20..<24].allSatisfy { $0 == 0 } && crc == slowCRC32(bytes)
    }

    /// Bit by bit, from the polynomial: not the way that the core computes it.
    private func slowCRC32(_ bytes: [UInt8]) -> UInt32 {
      var crc: UInt32 = .max
      for byte in bytes {
        crc ^= UInt32(byte)
        for _ in 0..<8 { crc = crc & 1 != 0 ? crc >> 1 ^ 0xedb8_8320 : crc >> 1 }
      }
      return ~crc
    }

    private var areSound: Bool {
      isSound(machine.table, "IBI SYST", 120) && isSound(machine.table.pointee.BootServices, "BOOTSERV", 24 + 44 * 8)
        && isSound(machine.table.pointee.RuntimeServices, "RUNTSERV", 24 + 14 * 8)
    }

    @Test func everySlotIsFilled() {
      #expect(areSound)
      let bootSlots = UnsafeRawBufferPointer(start: machine.table.pointee.BootServices, count: 24 + 44 * 8)
      for index in 0..<44 {
        let value = bootSlots.loadUnaligned(fromByteOffset: 24 + 8 * index, as: UInt.self)
        #expect((value == 0) == (index == 17), "boot service \(index)")  // 17: Reserved
      }
      let runtimeSlots = UnsafeRawBufferPointer(start: machine.table.pointee.RuntimeServices, count: 24 + 14 * 8)
      for index in 0..<14 { #expect(runtimeSlots.loadUnaligned(fromByteOffset: 24 + 8 * index, as: UInt.self) != 0) }
    }

    private func installed() -> [UInt64: UInt] {
      var result: [UInt64: UInt] = [:]
      for index in 0..<Int(machine.table.pointee.NumberOfTableEntries) {
        let entry = machine.table.pointee.ConfigurationTable[index]
        // The firmware's own, which is always there.
        if GUID(entry.VendorGuid) == .memoryAttributesTable { continue }
        #expect(result.updateValue(UInt(bitPattern: entry.VendorTable), forKey: entry.VendorGuid.words.0) == nil)
      }
      return result
    }

    @Test func installReplaceRemove() {
      let guid = GUID(low: 1, high: 2).buffer
      let other = GUID(low: 3, high: 4).buffer
      #expect(efi(boot.InstallConfigurationTable, guid, nil) == .notFound)
      #expect(efi(boot.InstallConfigurationTable, nil, 0x1000) == .invalidParameter)
      #expect(efi(boot.InstallConfigurationTable, guid, 0x1000) == .success)
      #expect(efi(boot.InstallConfigurationTable, other, 0x2000) == .success)
      #expect(installed() == [1: 0x1000, 3: 0x2000] && areSound)
      #expect(efi(boot.InstallConfigurationTable, guid, 0x3000) == .success)
      #expect(installed() == [1: 0x3000, 3: 0x2000] && areSound)
      #expect(efi(boot.InstallConfigurationTable, guid, nil) == .success)
      #expect(installed() == [3: 0x2000] && areSound)
      #expect(efi(boot.InstallConfigurationTable, guid, nil) == .notFound)
    }

    @Test func installSignalsTheGroupOfTheTable() {
      let guid = GUID(low: 1, high: 2).buffer
      let notify = Callback { _ in 0 }
      let event = Out<UnsafeMutableRawPointer?>(nil)
      #expect(efi(boot.CreateEventEx, EventType.notifySignal, TPL.callback, notify, 0, guid, event) == .success)
      #expect(efi(boot.InstallConfigurationTable, guid, 0x1000) == .success && notify.calls == 1)
      #expect(efi(boot.InstallConfigurationTable, guid, nil) == .success && notify.calls == 2)
      #expect(efi(boot.InstallConfigurationTable, guid, nil) == .notFound && notify.calls == 2)
    }

    @Test func growsWithoutLimitAndWithoutLeaking() {
      func runtimePages() -> UInt64 {
        machine.firmware.memory.regions.filter { $0.type == .runtimeServicesData }.reduce(0) { $0 + $1.pages }
      }
      let before = runtimePages()
      let count = 2000
      for index in 0..<count {
        #expect(
          efi(boot.InstallConfigurationTable, GUID(low: UInt64(index), high: 9).buffer, 0x1000 + index) == .success)
      }
      #expect(installed() == Dictionary(uniqueKeysWithValues: (0..<count).map { (UInt64($0), UInt(0x1000 + $0)) }))
      #expect(areSound)
      let array = UInt64(UInt(bitPattern: machine.table.pointee.ConfigurationTable))
      #expect(machine.firmware.memory.region(at: array)?.type == .runtimeServicesData)
      // One array of 24-byte entries, doubled as it grew, in 64 KiB grains: earlier ones are free again.
      #expect(runtimePages() - before <= UInt64(2 * count * 24) / 4096 + 16)
      for index in 0..<count {
        #expect(efi(boot.InstallConfigurationTable, GUID(low: UInt64(index), high: 9).buffer, nil) == .success)
      }
      #expect(installed().isEmpty && areSound)
      machine.check()
    }

    @Test func crc32OfTheCheckString() {
      let crc = Out<UInt32>(0)
      let text = Buffer(Array("123456789".utf8))
      #expect(efi(boot.CalculateCrc32, text, 9, crc) == .success)
      #expect(crc.value == 0xcbf4_3926)
      #expect(efi(boot.CalculateCrc32, nil, 9, crc) == .invalidParameter)
      #expect(efi(boot.CalculateCrc32, text, 0, crc) == .invalidParameter)
      #expect(efi(boot.CalculateCrc32, text, 9, nil) == .invalidParameter)
      #expect(crc.value == slowCRC32(Array("123456789".utf8)))
    }

    @Test(arguments: [0, 1, 7, 8, 64, 1000])
    func copyMemTakesOverlap(_ distance: Int) {
      let content = (0..<3000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
      let forward = Buffer(content)
      _ = efiCall(boot.CopyMem, [forward.word + UInt64(distance), forward.word, 2000])
      #expect(Array(forward.content[distance..<distance + 2000]) == Array(content[..<2000]))
      #expect(Array(forward.content[(distance + 2000)...]) == Array(content[(distance + 2000)...]))
      let backward = Buffer(content)
      _ = efiCall(boot.CopyMem, [backward.word, backward.word + UInt64(distance), 2000])
      #expect(Array(backward.content[..<2000]) == Array(content[distance..<distance + 2000]))
    }

    @Test func setMemWritesItsBytesOnly() {
      let buffer = Buffer(count: 100)
      _ = efiCall(boot.SetMem, [buffer.word + 10, 50, 0x1ff])
      #expect(buffer.content == (0..<100).map { (10..<60).contains($0) ? 0xff : 0xa5 })
      _ = efiCall(boot.SetMem, [buffer, 0, 1])
      #expect(buffer.content[0] == 0xa5)
    }

    @Test func monotonicCountNeverRepeats() {
      let count = Out<UInt64>(0)
      let high = Out<UInt32>(0)
      var last: UInt64 = 0
      for _ in 0..<3 {
        for _ in 0..<3 {
          #expect(efi(boot.GetNextMonotonicCount, count) == .success && count.value > last)
          last = count.value
        }
        #expect(efi(machine.runtime.GetNextHighMonotonicCount, high) == .success)
        #expect(UInt64(high.value) == last >> 32 + 1)
      }
      #expect(efi(boot.GetNextMonotonicCount, nil) == .invalidParameter)
    }
  }
}
