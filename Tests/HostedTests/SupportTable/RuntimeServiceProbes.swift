// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// What the runtime services answer before ExitBootServices, to calls as payloads make them.
enum RuntimeServiceProbes {
  /// All but ResetSystem, which ends the process: `FirmwareTests.SupportTable` runs it in one of its own.
  static func answers(_ machine: HostMachine) -> [String: Status] {
    let runtime = machine.runtime
    let vendor = GUID(low: 0x77, high: 0x88).buffer
    let name = ucs2("Probe")
    let time = Buffer([UInt8](repeating: 0, count: 16))
    let count = Out<UInt64>(0)
    // EFI_CAPSULE_HEADER: a GUID, HeaderSize, Flags, CapsuleImageSize.
    let capsule = Buffer([UInt8](repeating: 1, count: 16) + [28, 0, 0, 0, 0, 0, 0, 0, 28, 0, 0, 0])
    let capsules = Out(capsule.word)
    return withExtendedLifetime(capsule) {
      [
        "GetTime": efi(runtime.GetTime, time, nil),
        "SetTime": efi(runtime.SetTime, time),
        "GetWakeupTime": efi(runtime.GetWakeupTime, Out<UInt8>(0), Out<UInt8>(0), time),
        "SetWakeupTime": efi(runtime.SetWakeupTime, 0, nil),
        "SetVirtualAddressMap": efi(runtime.SetVirtualAddressMap, 48, 48, 1, Buffer(count: 48)),
        "ConvertPointer": efi(runtime.ConvertPointer, 0, Out<UInt64>(0x1000)),
        "SetVariable": efi(runtime.SetVariable, name, vendor, 6, 1, Buffer([1])),
        "GetVariable": efi(runtime.GetVariable, name, vendor, nil, Out<UInt64>(1), Out<UInt8>(0)),
        "GetNextVariableName": efi(
          runtime.GetNextVariableName, Out<UInt64>(64), Buffer([UInt8](repeating: 0, count: 64)), vendor),
        "GetNextHighMonotonicCount": efi(runtime.GetNextHighMonotonicCount, Out<UInt32>(0)),
        "UpdateCapsule": efi(runtime.UpdateCapsule, capsules, 1, 0),
        "QueryCapsuleCapabilities": efi(runtime.QueryCapsuleCapabilities, capsules, 1, count, Out<UInt32>(0)),
        "QueryVariableInfo": efi(runtime.QueryVariableInfo, 6, count, count, count),
      ]
    }
  }

  /// Variables as 8.2.3 names their kinds, and what SetVariable answers.
  static func variableKinds(_ machine: HostMachine) -> [(kind: String, answer: Status)] {
    let kinds: [(String, UInt32)] = [
      ("volatile, boot services only", 0x2), ("volatile, runtime access", 0x6), ("appended to", 0x46),
      ("non-volatile", 0x7), ("authenticated by time", 0x27), ("authenticated by count", 0x16),
      ("enhanced authenticated", 0x87),
    ]
    return kinds.enumerated().map { index, kind in
      let vendor = GUID(low: 0x99, high: UInt64(index)).buffer
      return (kind.0, efi(machine.runtime.SetVariable, ucs2("Kind"), vendor, kind.1, 4, Buffer([1, 2, 3, 4])))
    }
  }

  /// The names of all variables there are.
  static func variableNames(_ machine: HostMachine) -> [String] {
    let (size, name) = (Out<UInt64>(128), Buffer([UInt8](repeating: 0, count: 128)))
    let vendor = GUID(low: 0, high: 0).buffer
    var names: [String] = []
    while efi(machine.runtime.GetNextVariableName, size, name, vendor) == .success {
      let units = (0..<Int(size.value / 2) - 1).map { name.view.littleEndian($0 * 2, as: UInt16.self)! }
      names.append(String(decoding: units, as: UTF16.self))
      size.value = 128
    }
    return names
  }
}
