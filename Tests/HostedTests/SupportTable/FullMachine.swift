// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// A firmware with everything on offer that the emulator may publish (`Sources/Emulator/Start.swift`).
final class FullMachine {
  let machine: HostMachine
  /// The handle of a loaded image that carries a package list.
  let image: Out<UnsafeMutableRawPointer?>
  private let kept: [GuardedFile]

  static let initrd: [UInt8] = [1, 2, 3, 4]

  init() throws {
    machine = try HostMachine { platform in
      platform.seconds = 1_700_000_000
      platform.randomWords = (1..<100).map { UInt64($0) &* 0x9e37_79b9_7f4a_7c15 }
    }
    var archive = TestArchive()
    archive.add("file", [1, 2, 3, 4])
    let files = GuardedFile(archive.finished)
    let initrd = GuardedFile(FullMachine.initrd)
    let runtimeImage = GuardedFile(FullMachine.runtimeImage)
    // One that stays out of the configuration table, which lists what is made.
    var builder = DeviceTreeBuilder()
    builder.node("")
    let tree = GuardedFile(builder.build())
    kept = [files, initrd, runtimeImage, tree]

    let firmware = machine.firmware
    try firmware.publishRandomness(seed: nil)
    try firmware.publishFileSystem(ByteView(UnsafeRawBufferPointer(files.bytes)))
    try firmware.publishInitrd(
      ByteView(UnsafeRawBufferPointer(initrd.bytes)), ByteView(UnsafeRawBufferPointer(start: nil, count: 0)))
    firmware.publishSecureBoot(enabled: false)
    firmware.publishSignatures(ByteView(UnsafeRawBufferPointer(files.bytes)))
    let view = ByteView(UnsafeRawBufferPointer(tree.bytes))
    if let tree = try? DeviceTree(view) { try firmware.publishDeviceTree(tree) }
    try runtimeImage.withView { view throws(Status) in
      try firmware.loadRuntimeImage(view, reset: virgil_reset_record())
    }
    image = Out(nil)
    let file = FullMachine.imageWithPackages.file
    let caller = try machine.makeCaller()
    let status = efi(machine.boot.LoadImage, 0, caller, nil, Buffer(file), file.count, image)
    guard status == .success else { throw status }
  }

  /// An image of the emulator's own format that is never run.
  static var runtimeImage: [UInt8] {
    var header = virgil_runtime_header()
    header.magic = VIRGIL_RUNTIME_MAGIC
    header.version = UInt32(VIRGIL_RUNTIME_VERSION)
    header.header_size = UInt32(MemoryLayout<virgil_runtime_header>.size)
    header.file_size = 0x2000
    header.memory_size = 0x3000
    header.relocations = 0x100
    header.relocations_end = 0x108
    header.fill = 0x200
    header.data = 0x2000
    var bytes = withUnsafeBytes(of: header) { Array($0) }
    bytes += [UInt8](repeating: 0, count: 0x2000 - bytes.count)
    bytes[0x101] = 0x10
    return bytes
  }

  /// A resource directory whose entry `HII` is an empty package list.
  private static var imageWithPackages: TestImage {
    let address: UInt32 = 0x6000
    var bytes: [UInt8] = []
    func directory(_ name: UInt32, _ place: UInt32) {
      bytes += [UInt8](repeating: 0, count: 12) + [1, 0, 0, 0]
      bytes.appendLittleEndian(name)
      bytes.appendLittleEndian(place)
    }
    directory(1 << 31 | 88, 1 << 31 | 24)  // type: the name at 88
    directory(1, 1 << 31 | 48)
    directory(0, 72)
    bytes.appendLittleEndian(address + 96)
    bytes.appendLittleEndian(UInt32(24))
    bytes += [UInt8](repeating: 0, count: 8)
    bytes += [3, 0, 0x48, 0, 0x49, 0, 0x49, 0]
    bytes += [UInt8](repeating: 7, count: 16) + [24, 0, 0, 0, 4, 0, 0, 0xdf]
    var image = TestImage.ordinary()
    image.sections.append(
      .init(name: ".rsrc", address: address, size: 120, content: bytes, characteristics: TestImage.constant))
    image.resources = (address, 120)
    image.relocations?.table = 0x7000
    return image
  }

  /// All protocols that are installed, by the services that tell.
  var protocols: [GUID] {
    var found: [GUID] = []
    let (count, handles) = (Out<UInt64>(0), Out<UnsafeMutablePointer<UnsafeMutableRawPointer>?>(nil))
    guard efi(machine.boot.LocateHandleBuffer, 0, nil, nil, count, handles) == .success else { return [] }
    for index in 0..<Int(count.value) {
      let (number, list) = (Out<UInt64>(0), Out<UnsafeMutablePointer<UnsafeRawPointer>?>(nil))
      guard efi(machine.boot.ProtocolsPerHandle, handles.value![index], list, number) == .success else { return [] }
      for place in 0..<Int(number.value) {
        let guid = GUID(at: list.value![place])
        if !found.contains(guid) { found.append(guid) }
      }
    }
    return found
  }

  /// All configuration tables.
  var tables: [GUID] {
    let table = machine.table.pointee
    return (0..<Int(table.NumberOfTableEntries)).map { GUID(table.ConfigurationTable[$0].VendorGuid) }
  }

  /// RuntimeServicesSupported of EFI_RT_PROPERTIES_TABLE.
  var runtimeMask: UInt32? { FullMachine.runtimeMask(machine) }

  static func runtimeMask(_ machine: HostMachine) -> UInt32? {
    machine.firmware.systemTable.table(.runtimePropertiesTable).flatMap {
      ByteView(UnsafeRawPointer(bitPattern: $0)!, count: 8).littleEndian(4, as: UInt32.self)
    }
  }
}
