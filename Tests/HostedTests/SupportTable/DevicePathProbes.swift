// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// The kinds of device path nodes that have a text form of their own, from the grammar that both directions read.
enum DevicePathProbes {
  struct Form {
    let type: UInt8
    let subType: UInt8
    let name: String
    let isDisplayedOnly: Bool
  }

  static var forms: [Form] {
    let grammar = DevicePathGrammar.lines.withUTF8Buffer { String(decoding: $0, as: UTF8.self) }
    return grammar.split(separator: "\n").map { line in
      let rest = line.drop { $0 == "~" || $0 == "+" }
      return Form(
        type: UInt8(rest.prefix(1), radix: 16)!, subType: UInt8(rest.dropFirst().prefix(2), radix: 16)!,
        name: String(rest.dropFirst(3).prefix { $0 != "(" }), isDisplayedOnly: line.hasPrefix("~"))
    }
  }

  /// The names of a type's forms in order, each once; sub-type 0 is the form of whatever has no other.
  static func names(_ type: UInt8) -> [String] {
    var names: [String] = []
    for form in forms where form.type == type && form.subType != 0 && !names.contains(form.name) {
      names.append(form.name)
    }
    return names
  }

  static func fallback(_ type: UInt8) -> String? { forms.first { $0.type == type && $0.subType == 0 }?.name }

  /// The sub-types of the specification that have none but the type's common form.
  static func withoutForm(_ kind: (type: UInt8, name: String, section: String, last: UInt8, unassigned: [UInt8]))
    -> [UInt8]
  {
    let known = Set(forms.filter { $0.type == kind.type }.map(\.subType))
    return (1...kind.last).filter { !known.contains($0) && !kind.unassigned.contains($0) }
  }

  /// Whether a File Path node (10.3.5.4), which is its own text (10.6.1.5), is printed and read.
  static func filePathIsText(_ machine: HostMachine) -> Bool {
    let probes = (SpecificationNames.devicePathToText, SpecificationNames.devicePathFromText)
    let node: [UInt8] = [4, 4, 10, 0, 0x5c, 0, 0x61, 0, 0, 0]
    func slots(_ guid: GUID) -> UnsafeMutablePointer<efi_slot?> {
      let out = Out<UnsafeMutableRawPointer?>(nil)
      _ = efi(machine.boot.LocateProtocol, guid.buffer, nil, out)
      return out.value!.assumingMemoryBound(to: efi_slot?.self)
    }
    func bytes(_ address: UInt64, _ count: Int) -> [UInt8] {
      UnsafeRawPointer(bitPattern: UInt(address)).map { Array(UnsafeRawBufferPointer(start: $0, count: count)) } ?? []
    }
    let text = bytes(efiCall(slots(probes.0)[0], [Buffer(node), 0, 0]), 6)
    return text == ucs2("\\a").content && bytes(efiCall(slots(probes.1)[0], [ucs2("\\a")]), 10) == node
  }
}
