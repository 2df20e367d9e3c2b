// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Testing

extension FirmwareTests {
  /// UEFI 2.10, 8, before ExitBootServices.
  @Suite struct RuntimeServices {
    let machine: HostMachine
    var runtime: EFI_RUNTIME_SERVICES { machine.runtime }
    let vendor = GUID(low: 0x77, high: 0x88).buffer
    init() throws { machine = try HostMachine() }

    private func set(_ name: String, _ data: [UInt8], _ attributes: UInt32 = 6) -> Status {
      efi(runtime.SetVariable, ucs2(name), vendor, attributes, data.count, Buffer(data))
    }

    @Test func variablesAreReadBack() {
      #expect(set("Boot", [1, 2, 3]) == .success)
      let size = Out<UInt64>(2)
      let attributes = Out<UInt32>(0)
      let data = Buffer(count: 8)
      let name = ucs2("Boot")
      #expect(efi(runtime.GetVariable, name, vendor, attributes, size, data) == .bufferTooSmall)
      #expect(size.value == 3 && data.content.allSatisfy { $0 == 0xa5 })
      size.value = 8
      #expect(efi(runtime.GetVariable, name, vendor, attributes, size, data) == .success)
      #expect(size.value == 3 && attributes.value == 6 && data.content == [1, 2, 3, 0xa5, 0xa5, 0xa5, 0xa5, 0xa5])
      #expect(efi(runtime.GetVariable, name, GUID(low: 1, high: 1).buffer, nil, size, data) == .notFound)
      #expect(efi(runtime.GetVariable, nil, vendor, nil, size, data) == .invalidParameter)
      #expect(efi(runtime.GetVariable, name, nil, nil, size, data) == .invalidParameter)
      #expect(efi(runtime.GetVariable, name, vendor, nil, nil, data) == .invalidParameter)
      size.value = 8
      #expect(efi(runtime.GetVariable, name, vendor, nil, size, nil) == .invalidParameter)
    }

    @Test func setVariableRefusesWhatTheSpecificationRefuses() {
      #expect(set("", [1]) == .invalidParameter)
      #expect(set("A", [1], 4) == .invalidParameter)  // runtime without boot access
      #expect(set("A", [1], 0x8000_0002) == .invalidParameter)
      #expect(set("A", [1], 0x22) == .unsupported)  // authenticated
      #expect(set("A", [1], 7) == .outOfResources)  // nothing here survives a reset
      #expect(set("A", []) == .notFound)
      #expect(set("A", [1], 2) == .success && set("A", [2], 6) == .invalidParameter)
      #expect(efi(runtime.SetVariable, ucs2("A"), vendor, 6, 4, nil) == .invalidParameter)
      #expect(efi(runtime.SetVariable, ucs2("A"), vendor, 6, UInt64.max, Buffer([1])) == .invalidParameter)
      machine.firmware.publishSecureBoot(enabled: true)
      let global = GUID.globalVariable.buffer
      #expect(efi(runtime.SetVariable, ucs2("SecureBoot"), global, 6, 1, Buffer([0])) == .writeProtected)
      #expect(efi(runtime.SetVariable, ucs2("SecureBoot"), global, 0, 0, nil) == .writeProtected)
      let value = Out<UInt8>(9)
      #expect(efi(runtime.GetVariable, ucs2("SecureBoot"), global, nil, Out<UInt64>(1), value) == .success)
      #expect(value.value == 1)
    }

    @Test func signaturesAreTheVariableDB() {
      let lists = Buffer(Array(1...200))
      machine.firmware.publishSignatures(lists.view)
      let guid = GUID.imageSecurityDatabase.buffer
      let (size, attributes) = (Out<UInt64>(256), Out<UInt32>(0))
      let data = Buffer(count: 256)
      #expect(efi(runtime.GetVariable, ucs2("db"), guid, attributes, size, data) == .success)
      #expect(Array(data.content[..<Int(size.value)]) == lists.content && attributes.value == 6)
      #expect(efi(runtime.SetVariable, ucs2("db"), guid, 6, 1, Buffer([0])) == .writeProtected)
      // What fits into no store is left out, and said.
      let large = Buffer(count: 1 << 20)
      machine.firmware.publishSignatures(large.view)
      #expect(efi(runtime.GetVariable, ucs2("db"), guid, nil, size, data) == .success)
    }

    @Test func getNextVariableNameVisitsAll() {
      let names: Set = ["A", "Longer name", "Z"]
      for name in names { #expect(set(name, [1]) == .success) }
      let buffer = Buffer([UInt8](repeating: 0, count: 64))
      let guid = GUID(low: 0, high: 0).buffer
      let size = Out<UInt64>(64)
      var seen = Set<String>()
      while efi(runtime.GetNextVariableName, size, buffer, guid) == .success {
        let units = stride(from: 0, to: Int(size.value) - 2, by: 2).map {
          buffer.view.littleEndian($0, as: UInt16.self)!
        }
        #expect(seen.insert(String(decoding: units, as: UTF16.self)).inserted)
        size.value = 64
      }
      #expect(seen == names.union(["VirgilLog"]))
      #expect(efi(runtime.GetNextVariableName, size, buffer, guid) == .notFound)
      // Too small for the next name: the size it takes, and the name as it was.
      let start = Buffer([0, 0])
      size.value = 2
      #expect(efi(runtime.GetNextVariableName, size, start, guid) == .bufferTooSmall && size.value > 2)
      #expect(start.content == [0, 0])
      size.value = 64
      #expect(efi(runtime.GetNextVariableName, size, ucs2("none"), guid) == .invalidParameter)
      // 8.2.2: no NUL in the first VariableNameSize bytes.
      size.value = 4
      #expect(efi(runtime.GetNextVariableName, size, Buffer([0x41, 0, 0x42, 0]), guid) == .invalidParameter)
      #expect(efi(runtime.GetNextVariableName, nil, buffer, guid) == .invalidParameter)
      #expect(efi(runtime.GetNextVariableName, size, nil, guid) == .invalidParameter)
      #expect(efi(runtime.GetNextVariableName, size, buffer, nil) == .invalidParameter)
    }

    @Test func queryVariableInfoAddsUp() {
      let (storage, remaining, maximum) = (Out<UInt64>(0), Out<UInt64>(0), Out<UInt64>(0))
      #expect(efi(runtime.QueryVariableInfo, 6, storage, remaining, maximum) == .success)
      let before = remaining.value
      #expect(storage.value > before && maximum.value <= before)
      #expect(set("Four", [UInt8](repeating: 1, count: 100)) == .success)
      #expect(efi(runtime.QueryVariableInfo, 6, storage, remaining, maximum) == .success)
      #expect(before - remaining.value == 144)
      #expect(set("Four", [UInt8](repeating: 1, count: Int(maximum.value) + 1)) == .invalidParameter)
      #expect(set("Four", [UInt8](repeating: 1, count: Int(maximum.value))) == .success)
      #expect(efi(runtime.QueryVariableInfo, 0, storage, remaining, maximum) == .invalidParameter)
      #expect(efi(runtime.QueryVariableInfo, 4, storage, remaining, maximum) == .invalidParameter)
      #expect(efi(runtime.QueryVariableInfo, 7, storage, remaining, maximum) == .unsupported)
      // An append is no kind of variable.
      #expect(efi(runtime.QueryVariableInfo, 0x46, storage, remaining, maximum) == .success)
      #expect(efi(runtime.QueryVariableInfo, 0x40, storage, remaining, maximum) == .invalidParameter)
    }

    @Test func whatIsAbsentSaysSo() {
      #expect(efi(runtime.GetTime, Buffer(count: 16), nil) == .unsupported)
      #expect(efi(runtime.GetTime, nil, nil) == .invalidParameter)
      #expect(efi(runtime.SetTime, Buffer(count: 16)) == .unsupported)
      #expect(efi(runtime.SetVirtualAddressMap, 48, 48, 1, Buffer(count: 48)) == .unsupported)
      #expect(efi(runtime.ConvertPointer, 0, Out<UInt64>(0)) == .unsupported)
      #expect(efi(runtime.UpdateCapsule, nil, 0, 0) == .invalidParameter)
      #expect(efi(runtime.UpdateCapsule, Buffer(count: 8), 1, 0) == .unsupported)
    }
  }
}
