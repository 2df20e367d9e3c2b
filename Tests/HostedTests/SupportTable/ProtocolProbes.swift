// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// What the members of the protocols on offer answer to calls as payloads make them.
struct ProtocolProbes {
  struct Member {
    let name: String
    let answer: Status
  }

  let full: FullMachine
  var machine: HostMachine { full.machine }
  var boot: EFI_BOOT_SERVICES { machine.boot }
  typealias Address = Out<UnsafeMutableRawPointer?>

  /// The members of a protocol; nil for one that nobody has written calls for. Data alone has none.
  func members(_ guid: GUID) -> [Member]? {
    switch guid {
    case .devicePath, .loadedImage, .loadedImageDevicePath, .hiiPackageList: []
    case .simpleTextOutput: textOutput()
    case .simpleTextInput: textInput()
    case .simpleTextInputEx: textInputEx()
    case .loadFile2: loadFile()
    case .simpleFileSystem: volume()
    case .rng: random()
    case .memoryAttribute: memoryAttribute()
    case SpecificationNames.deviceTreeFixup: deviceTreeFixup()
    case SpecificationNames.devicePathUtilities: pathUtilities()
    case SpecificationNames.devicePathToText: pathToText()
    case SpecificationNames.devicePathFromText: pathFromText()
    case SpecificationNames.unicodeCollation: collation()
    case SpecificationNames.hiiDatabase: hiiDatabase()
    case SpecificationNames.hiiString: hiiString()
    default: nil
    }
  }

  /// Those members of a structure that are functions, as its declaration has them.
  static func functions(of structure: some Any) -> [String] {
    Mirror(reflecting: structure).children.compactMap { type(of: $0.value) == efi_slot?.self ? $0.label : nil }
  }

  func locate<Table>(_ guid: GUID, as type: Table.Type = Table.self) -> UnsafeMutablePointer<Table> {
    let out = Address(nil)
    _ = efi(boot.LocateProtocol, guid.buffer, nil, out)
    return out.value!.assumingMemoryBound(to: Table.self)
  }

  private func succeeds(_ name: String, _ holds: Bool) -> Member {
    Member(name: name, answer: holds ? .success : .aborted)
  }

  // MARK: Console (12)

  private func textOutput() -> [Member] {
    let this = machine.table.pointee.ConOut!
    let table = this.pointee
    return [
      Member(name: "Reset", answer: efi(table.Reset, this, 0)),
      Member(name: "OutputString", answer: efi(table.OutputString, this, ucs2("text"))),
      Member(name: "TestString", answer: efi(table.TestString, this, ucs2("text"))),
      Member(name: "QueryMode", answer: efi(table.QueryMode, this, 0, Out<UInt64>(0), Out<UInt64>(0))),
      Member(name: "SetMode", answer: efi(table.SetMode, this, 0)),
      Member(name: "SetAttribute", answer: efi(table.SetAttribute, this, 0x1f)),
      Member(name: "ClearScreen", answer: efi(table.ClearScreen, this)),
      Member(name: "SetCursorPosition", answer: efi(table.SetCursorPosition, this, 1, 1)),
      Member(name: "EnableCursor", answer: efi(table.EnableCursor, this, 1)),
    ]
  }

  private func textInput() -> [Member] {
    let this = machine.table.pointee.ConIn!
    let reset = efi(this.pointee.Reset, this, 0)
    machine.platform.input = [0x61]
    return [
      Member(name: "Reset", answer: reset),
      Member(name: "ReadKeyStroke", answer: efi(this.pointee.ReadKeyStroke, this, Out(EFI_INPUT_KEY()))),
    ]
  }

  private func textInputEx() -> [Member] {
    let this: UnsafeMutablePointer<EFI_SIMPLE_TEXT_INPUT_EX_PROTOCOL> = locate(.simpleTextInputEx)
    let table = this.pointee
    let reset = efi(table.Reset, this, 0)
    machine.platform.input = [0x61]
    let (key, handle) = (Out(EFI_KEY_DATA()), Address(nil))
    return [
      Member(name: "Reset", answer: reset),
      Member(name: "ReadKeyStrokeEx", answer: efi(table.ReadKeyStrokeEx, this, key)),
      Member(name: "SetState", answer: efi(table.SetState, this, Out<UInt8>(0x80))),
      Member(name: "RegisterKeyNotify", answer: efi(table.RegisterKeyNotify, this, key, Callback { _ in 0 }, handle)),
      Member(name: "UnregisterKeyNotify", answer: efi(table.UnregisterKeyNotify, this, handle.value)),
    ]
  }

  private func deviceTreeFixup() -> [Member] {
    let this: UnsafeMutablePointer<EFI_DT_FIXUP_PROTOCOL> = locate(SpecificationNames.deviceTreeFixup)
    var tree = DeviceTreeBuilder()
    tree.node("")
    let buffer = Buffer(tree.build() + [UInt8](repeating: 0, count: 8192))
    return [
      Member(name: "Fixup", answer: efi(this.pointee.Fixup, this, buffer, Out(UInt64(buffer.count)), UInt32(3)))
    ]
  }

  // MARK: Files (13), random numbers and memory (37)

  private func loadFile() -> [Member] {
    let this: UnsafeMutablePointer<EFI_LOAD_FILE_PROTOCOL> = locate(.loadFile2)
    let size = Out(UInt64(FullMachine.initrd.count))
    let end = Buffer([0x7f, 0xff, 4, 0])
    return [
      Member(name: "LoadFile", answer: efi(this.pointee.LoadFile, this, end, 0, size, Buffer(count: Int(size.value))))
    ]
  }

  private func volume() -> [Member] {
    let this: UnsafeMutablePointer<EFI_SIMPLE_FILE_SYSTEM_PROTOCOL> = locate(.simpleFileSystem)
    return [Member(name: "OpenVolume", answer: efi(this.pointee.OpenVolume, this, Address(nil)))]
  }

  private func openedRoot() -> Volume.File {
    let this: UnsafeMutablePointer<EFI_SIMPLE_FILE_SYSTEM_PROTOCOL> = locate(.simpleFileSystem)
    let root = Out<UnsafeMutablePointer<EFI_FILE_PROTOCOL>?>(nil)
    _ = efi(this.pointee.OpenVolume, this, root)
    return Volume.File(root.value!)
  }

  /// EFI_FILE_PROTOCOL (13.5), which is on no handle: of a file.
  func file() -> (revision: UInt64, members: [Member]) {
    let (root, out) = (openedRoot(), Address(nil))
    let file = root.open("file").file!
    let table = file.members
    let token = Out(EFI_FILE_IO_TOKEN(Event: nil, Status: 0, BufferSize: 0, Buffer: nil))
    let (size, position, info) = (Out<UInt64>(4), Out<UInt64>(0), Out<UInt64>(200))
    let (type, buffer) = (GUID.fileInfo.buffer, Buffer(count: 200))
    return (
      table.Revision,
      [
        Member(name: "Open", answer: efi(root.members.Open, root, out, ucs2("file"), 1, 0)),
        Member(name: "Close", answer: root.open("file").file!.close()),
        Member(name: "Delete", answer: root.open("file").file.map { efi($0.members.Delete, $0) }!),
        Member(name: "Read", answer: efi(table.Read, file, size, buffer)),
        Member(name: "Write", answer: efi(table.Write, file, size, buffer)),
        Member(name: "GetPosition", answer: efi(table.GetPosition, file, position)),
        Member(name: "SetPosition", answer: efi(table.SetPosition, file, 0)),
        Member(name: "GetInfo", answer: efi(table.GetInfo, file, type, info, buffer)),
        Member(name: "SetInfo", answer: efi(table.SetInfo, file, type, info.value, buffer)),
        Member(name: "Flush", answer: efi(table.Flush, file)),
        Member(name: "OpenEx", answer: efi(root.members.OpenEx, root, out, ucs2("file"), 1, 0, token)),
        Member(name: "ReadEx", answer: efi(table.ReadEx, file, token)),
        Member(name: "WriteEx", answer: efi(table.WriteEx, file, token)),
        Member(name: "FlushEx", answer: efi(table.FlushEx, file, token)),
      ]
    )
  }

  private func random() -> [Member] {
    let this: UnsafeMutablePointer<EFI_RNG_PROTOCOL> = locate(.rng)
    return [
      Member(name: "GetInfo", answer: efi(this.pointee.GetInfo, this, Out<UInt64>(64), Buffer(count: 64))),
      Member(name: "GetRNG", answer: efi(this.pointee.GetRNG, this, nil, 8, Buffer(count: 8))),
    ]
  }

  private func memoryAttribute() -> [Member] {
    let this: UnsafeMutablePointer<EFI_MEMORY_ATTRIBUTE_PROTOCOL> = locate(.memoryAttribute)
    let (table, address, bit) = (this.pointee, Out<UInt64>(0), MemoryAttribute.readOnly)
    _ = efi(boot.AllocatePages, 0, MemoryType.loaderData, 1, address)
    return [
      Member(
        name: "GetMemoryAttributes",
        answer: efi(table.GetMemoryAttributes, this, address.value, pageSize, Out<UInt64>(0))),
      Member(name: "SetMemoryAttributes", answer: efi(table.SetMemoryAttributes, this, address.value, pageSize, bit)),
      Member(
        name: "ClearMemoryAttributes", answer: efi(table.ClearMemoryAttributes, this, address.value, pageSize, bit)),
    ]
  }

  // MARK: Device paths (10) and collation (13.11): members that return what they made

  private static let node: [UInt8] = [1, 1, 6, 0, 0, 2]
  private static let end: [UInt8] = [0x7f, 0xff, 4, 0]

  private func pathUtilities() -> [Member] {
    let slots: UnsafeMutablePointer<efi_slot?> = locate(SpecificationNames.devicePathUtilities)
    let (node, path) = (Buffer(ProtocolProbes.node), Buffer(ProtocolProbes.node + ProtocolProbes.end))
    let instance = Out(path.word)
    let instances = efiCall(slots[4], [path, path])
    return [
      succeeds("GetDevicePathSize", efiCall(slots[0], [path]) == 10),
      succeeds("DuplicateDevicePath", efiCall(slots[1], [path]) != 0),
      succeeds("AppendDevicePath", efiCall(slots[2], [path, path]) != 0),
      succeeds("AppendDeviceNode", efiCall(slots[3], [path, node]) != 0),
      succeeds("AppendDevicePathInstance", instances != 0),
      succeeds("GetNextDevicePathInstance", efiCall(slots[5], [instance, Out<UInt64>(0)]) != 0),
      succeeds("IsDevicePathMultiInstance", efiCall(slots[6], [instances]) & 0xff == 1),
      succeeds("CreateDeviceNode", efiCall(slots[7], [1, 1, 6]) != 0),
    ]
  }

  private func pathToText() -> [Member] {
    let slots: UnsafeMutablePointer<efi_slot?> = locate(SpecificationNames.devicePathToText)
    let (node, path) = (Buffer(ProtocolProbes.node), Buffer(ProtocolProbes.node + ProtocolProbes.end))
    return [
      succeeds("ConvertDeviceNodeToText", efiCall(slots[0], [node, 1, 1]) != 0),
      succeeds("ConvertDevicePathToText", efiCall(slots[1], [path, 1, 1]) != 0),
    ]
  }

  private func pathFromText() -> [Member] {
    let slots: UnsafeMutablePointer<efi_slot?> = locate(SpecificationNames.devicePathFromText)
    return [
      succeeds("ConvertTextToDeviceNode", efiCall(slots[0], [ucs2("Pci(2,0)")]) != 0),
      succeeds("ConvertTextToDevicePath", efiCall(slots[1], [ucs2("PciRoot(0)/Pci(2,0)")]) != 0),
    ]
  }

  private func collation() -> [Member] {
    let slots: UnsafeMutablePointer<efi_slot?> = locate(SpecificationNames.unicodeCollation)
    let (lower, upper, fat) = (ucs2("ABC"), ucs2("abc"), Buffer(count: 4))
    let text = Buffer(count: 8)
    _ = efiCall(slots[2], [slots, lower])
    _ = efiCall(slots[3], [slots, upper])
    _ = efiCall(slots[4], [slots, 1, Buffer([0x61]), text])
    return [
      succeeds("StriColl", efiCall(slots[0], [slots, ucs2("abc"), ucs2("ABC")]) == 0),
      succeeds("MetaiMatch", efiCall(slots[1], [slots, ucs2("abc"), ucs2("A*")]) & 0xff == 1),
      succeeds("StrLwr", lower.content == ucs2("abc").content),
      succeeds("StrUpr", upper.content == ucs2("ABC").content),
      succeeds("FatToStr", Array(text.content[..<4]) == ucs2("a").content),
      succeeds("StrToFat", efiCall(slots[5], [slots, ucs2("ab"), 4, fat]) & 0xff == 0 && fat.content[0] == 0x41),
    ]
  }

  // MARK: HII (34)

  /// A package list of one string in English.
  private static var packages: [UInt8] {
    var strings: [UInt8] = []
    for _ in 0..<2 { strings.appendLittleEndian(UInt32(49)) }
    strings += [UInt8](repeating: 0, count: 34) + Array("en\0".utf8) + [0x14, 0x61, 0, 0, 0, 0]
    let size = UInt8(strings.count + 4)
    let all: [UInt8] = [size, 0, 0, 4] + strings + [4, 0, 0, 0xdf]
    return [UInt8](repeating: 7, count: 16) + [UInt8(20 + all.count), 0, 0, 0] + all
  }

  private func hiiDatabase() -> [Member] {
    let slots: UnsafeMutablePointer<efi_slot?> = locate(SpecificationNames.hiiDatabase)
    let (list, size, short) = (Address(nil), Out<UInt64>(64), Out<UInt16>(64))
    let driver = machine.table.pointee.ConsoleInHandle
    let packages = Buffer(ProtocolProbes.packages)
    let layout = GUID(low: 1, high: 1).buffer
    let answers: [(String, Status)] = [
      ("NewPackageList", efi(slots[0], slots, packages, driver, list)),
      ("UpdatePackageList", efi(slots[2], slots, list.value, packages)),
      ("ListPackageLists", efi(slots[3], slots, 0, nil, size, Buffer(count: 64))),
      ("ExportPackageLists", efi(slots[4], slots, list.value, Out<UInt64>(256), Buffer(count: 256))),
      ("RegisterPackageNotify", efi(slots[5], slots, 4, nil, Callback { _ in 0 }, 1, Address(nil))),
      ("UnregisterPackageNotify", efi(slots[6], slots, list.value)),
      ("FindKeyboardLayouts", efi(slots[7], slots, short, Buffer(count: 64))),
      ("GetKeyboardLayout", efi(slots[8], slots, layout, short, Buffer(count: 64))),
      ("SetKeyboardLayout", efi(slots[9], slots, layout)),
      ("GetPackageListHandle", efi(slots[10], slots, list.value, Address(nil))),
      ("RemovePackageList", efi(slots[1], slots, list.value)),
    ]
    return answers.map { Member(name: $0.0, answer: $0.1) }
  }

  private func hiiString() -> [Member] {
    let database: UnsafeMutablePointer<efi_slot?> = locate(SpecificationNames.hiiDatabase)
    let slots: UnsafeMutablePointer<efi_slot?> = locate(SpecificationNames.hiiString)
    let list = Address(nil)
    _ = efi(database[0], database, Buffer(ProtocolProbes.packages), nil, list)
    let (language, text) = (Buffer(Array("en\0".utf8)), ucs2("text"))
    let answers: [(String, Status)] = [
      ("NewString", efi(slots[0], slots, list.value, Out<UInt16>(0), language, nil, text, nil)),
      ("GetString", efi(slots[1], slots, language, list.value, 1, Buffer(count: 64), Out<UInt64>(64), nil)),
      ("SetString", efi(slots[2], slots, list.value, 1, language, text, nil)),
      ("GetLanguages", efi(slots[3], slots, list.value, Buffer(count: 64), Out<UInt64>(64))),
      ("GetSecondaryLanguages", efi(slots[4], slots, list.value, language, Buffer(count: 64), Out<UInt64>(64))),
    ]
    return answers.map { Member(name: $0.0, answer: $0.1) }
  }
}
