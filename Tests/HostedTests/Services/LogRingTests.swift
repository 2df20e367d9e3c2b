// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Testing

extension FirmwareTests {
  /// The log that the next kernel reads.
  @Suite struct LogRings {
    let machine: HostMachine
    init() throws { machine = try HostMachine() }

    private func log() -> String? {
      let size = Out<UInt64>(1 << 20)
      let data = Buffer(count: 1 << 20)
      let attributes = Out<UInt32>(0)
      let status = efi(
        machine.runtime.GetVariable, ucs2("VirgilLog"), GUID.virgilVendor.buffer, attributes, size, data)
      guard status == .success, attributes.value == 6 else { return nil }
      return String(decoding: data.content.prefix(Int(size.value)), as: UTF8.self)
    }

    @Test func linesAreAVariable() {
      machine.firmware.log.write(.notice) { $0.text("one line") }
      machine.firmware.log.write(.debug) { $0.text("of ").decimal(2) }
      #expect(log()?.hasSuffix("virgil: one line\nvirgil: of 2\n") == true)
      // The console shows no more than it is to.
      #expect(machine.platform.text.contains("one line\r\n") && !machine.platform.text.contains("of 2"))
      let vendor = GUID.virgilVendor.buffer
      #expect(
        efi(machine.runtime.SetVariable, ucs2("VirgilLog"), vendor, 6, 1, Buffer([1])) == .writeProtected)
    }

    @Test func aFullRingDropsItsOldestLinesAndKeepsTheFirst() throws {
      let machine = try HostMachine(begin: true)
      for number in 0..<5000 { machine.firmware.log.write(.debug) { $0.text("line ").decimal(UInt64(number)) } }
      let size = Out<UInt64>(1 << 20)
      let data = Buffer(count: 1 << 20)
      #expect(
        efi(machine.runtime.GetVariable, ucs2("VirgilLog"), GUID.virgilVendor.buffer, nil, size, data) == .success)
      let text = String(decoding: data.content.prefix(Int(size.value)), as: UTF8.self)
      let lines = text.split(separator: "\n")
      #expect(size.value <= UInt64(LogRing.size) && size.value > UInt64(LogRing.size) / 2)
      #expect(lines.first == "Virgil 1.0, build 0x1234")
      // Whole lines, in their order, to the last.
      let numbers = lines.dropFirst().map { Int($0.dropFirst("virgil: line ".count)) ?? -1 }
      #expect(numbers == Array(numbers.first!...4999))
    }

    @Test func failuresOfServicesAreNoted() {
      let before = log() ?? ""
      for _ in 0..<3 {
        #expect(
          efi(machine.runtime.GetVariable, ucs2("absent"), GUID.virgilVendor.buffer, nil, Out<UInt64>(0), nil)
            == .notFound)
      }
      let size = Out<UInt64>(0)
      #expect(efi(machine.boot.GetMemoryMap, size, nil, nil, nil, nil) == .bufferTooSmall)
      #expect((log() ?? "").dropFirst(before.count) == "virgil: get_variable: NOT_FOUND\n")
    }
  }
}
