// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Testing

extension FirmwareTests {
  /// LoadImage from a device path (UEFI 2.10, 7.4.1, 9.1, 13.1, 13.2), and what the payload itself is told.
  @Suite struct LoadByPath {
    let machine: HostMachine
    let caller: Image
    var boot: EFI_BOOT_SERVICES { machine.boot }
    let device = GUID(low: 0xd1, high: 0xd2)

    init() throws {
      machine = try HostMachine()
      caller = try machine.makeCaller()
    }

    typealias HandleOut = Out<UnsafeMutableRawPointer?>

    private func path(to name: [UInt8]) -> Buffer {
      var builder = DevicePathBuilder()
      builder.appendVendor(type: DevicePathType.hardware, device)
      if !name.isEmpty { builder.append(type: DevicePathType.media, subType: 4, data: name) }
      builder.appendEnd()
      return Buffer(builder.bytes)
    }

    /// A device of the payload's that has one file, by Load File or Load File 2.
    private final class Device {
      let table: UnsafeMutablePointer<EFI_LOAD_FILE_PROTOCOL>
      private(set) var load: Callback! = nil
      let handle = HandleOut(nil)
      var answer = Status.success
      var claimed: UInt64
      let devicePath: Buffer

      init(_ suite: LoadByPath, _ guid: GUID, _ file: [UInt8]) {
        table = .allocate(capacity: 1)
        claimed = UInt64(file.count)
        devicePath = suite.path(to: [])
        load = Callback { [unowned self] arguments in
          let size = UnsafeMutablePointer<UInt64>(bitPattern: UInt(arguments[3]))!
          guard answer == .success else { return answer.rawValue }
          guard let buffer = UnsafeMutableRawPointer(bitPattern: UInt(arguments[4])), size.pointee >= UInt64(file.count)
          else {
            size.pointee = UInt64(file.count)
            return Status.bufferTooSmall.rawValue
          }
          buffer.copyMemory(from: file, byteCount: file.count)
          size.pointee = claimed
          return 0
        }
        table.initialize(to: EFI_LOAD_FILE_PROTOCOL(LoadFile: load.asSlot))
        #expect(
          efi(
            suite.boot.InstallMultipleProtocolInterfaces, handle, GUID.devicePath.buffer, devicePath, guid.buffer,
            table, nil)
            == .success)
      }
      deinit { table.deallocate() }
    }

    @Test(arguments: [false, true])
    func theDeviceIsAskedForTheFile(_ bootPolicy: Bool) throws {
      let device = Device(self, bootPolicy ? .loadFile : .loadFile2, TestImage.ordinary().file)
      let name: [UInt8] = [0x41, 0, 0, 0]
      let handle = HandleOut(nil)
      let wanted = path(to: name)
      #expect(efi(boot.LoadImage, bootPolicy ? 1 : 0, caller, wanted, nil, 0, handle) == .success)
      #expect(device.load.calls == 2)
      let out = HandleOut(nil)
      #expect(efi(boot.HandleProtocol, handle.value, GUID.loadedImage.buffer, out) == .success)
      let image = try #require(out.value).assumingMemoryBound(to: EFI_LOADED_IMAGE_PROTOCOL.self).pointee
      #expect(image.DeviceHandle == device.handle.value)
      // 9.1: FilePath is what comes after the device; 9.2: the other protocol has the whole path.
      let rest = try #require(DevicePath(image.FilePath))
      #expect(rest.node(at: 0).type == DevicePathType.media && rest.sizeWithoutEnd == 8)
      #expect(efi(boot.HandleProtocol, handle.value, GUID.loadedImageDevicePath.buffer, out) == .success)
      let wholeStart = try #require(out.value)
      let whole = try #require(DevicePath(wholeStart))
      #expect(whole.size == wanted.count && out.value != UnsafeMutableRawPointer(bitPattern: UInt(wanted.word)))
      #expect(Array(UnsafeRawBufferPointer(start: whole.start, count: whole.size)) == wanted.content)
      #expect(efi(boot.UnloadImage, handle.value) == .success)
    }

    @Test func aMemoryMappedPathNamesAFileInMemory() throws {
      let file = TestImage.ordinary().file
      let size = UInt64(file.count)
      let place = try machine.firmware.pool.copy(file, .loaderData)
      let handle = HandleOut(nil)
      func load(_ first: UInt64, _ last: UInt64) -> Status {
        var builder = DevicePathBuilder()
        builder.appendMemoryMapped(.loaderData, start: first, end: last)
        builder.appendEnd()
        return efi(boot.LoadImage, 0, caller, Buffer(builder.bytes), nil, 0, handle)
      }
      #expect(load(place.word, place.word + size - 1) == .success)
      #expect(efi(boot.UnloadImage, handle.value) == .success)
      #expect(load(place.word, place.word + 100) == .loadError)
      // Memory that is none, all of it or in part, and ranges that are none.
      let end = machine.platform.base + machine.platform.arenaSize
      for (first, last) in [(end, end + 99), (place.word, end), (place.word, place.word - 1), (0, UInt64.max), (1, 0)] {
        #expect(load(first, last) == .notFound)
      }
      try machine.firmware.pool.free(place)
      machine.check()
    }

    @Test func failuresOfTheDeviceAreHandedOnAndLeakNothing() {
      let device = Device(self, .loadFile2, TestImage.ordinary().file)
      let handle = HandleOut(nil)
      let wanted = path(to: [1, 2])
      // Once for the slabs that the pool keeps.
      #expect(efi(boot.LoadImage, 0, caller, wanted, nil, 0, handle) == .success)
      #expect(efi(boot.UnloadImage, handle.value) == .success)
      let before = machine.firmware.memory.regions
      for status in [Status.deviceError, .notFound, .accessDenied] {
        device.answer = status
        #expect(efi(boot.LoadImage, 0, caller, wanted, nil, 0, handle) == status)
      }
      device.answer = .success
      // A size that it could never have written.
      device.claimed = .max
      #expect(efi(boot.LoadImage, 0, caller, wanted, nil, 0, handle) == .success)
      #expect(efi(boot.UnloadImage, handle.value) == .success)
      device.claimed = 100
      #expect(efi(boot.LoadImage, 0, caller, wanted, nil, 0, handle) == .loadError)
      // 7.4.1: a boot option is for Load File, which is not here.
      #expect(efi(boot.LoadImage, 1, caller, wanted, nil, 0, handle) == .notFound)
      let stranger = Buffer([1, 4, 20, 0] + [UInt8](repeating: 9, count: 16) + [0x7f, 0xff, 4, 0])
      #expect(efi(boot.LoadImage, 0, caller, stranger, nil, 0, handle) == .notFound)
      #expect(machine.firmware.memory.regions == before)
      machine.check()
    }

    #if arch(x86_64)
      @Test(arguments: ["quiet splash", "grüße=€", "\u{1F600} x", "", "  \t"])
      func thePayloadIsToldItsCommandLine(_ line: String) throws {
        var options: [UInt16] = []
        var path: [UInt8] = []
        var image = EFI_LOADED_IMAGE_PROTOCOL()
        let main = Callback { [machine] arguments in
          let out = HandleOut(nil)
          #expect(efi(machine.boot.HandleProtocol, arguments[0], GUID.loadedImage.buffer, out) == .success)
          image = out.value!.assumingMemoryBound(to: EFI_LOADED_IMAGE_PROTOCOL.self).pointee
          let units = UnsafeBufferPointer(
            start: image.LoadOptions?.assumingMemoryBound(to: UInt16.self), count: Int(image.LoadOptionsSize) / 2)
          options = Array(units)
          if let whole = DevicePath(image.FilePath) {
            path = Array(UnsafeRawBufferPointer(start: whole.start, count: whole.size))
          }
          return 3
        }
        let file = Buffer(TestImage.jumping(to: main.word).file)
        let text = Buffer(Array(line.utf8))
        let payload = Payload(source: .file(file.view), commandLine: text.view)
        #expect(try machine.firmware.run(payload).rawValue == 3)
        withExtendedLifetime((file, text)) {}
        let isBlank = line.utf8.allSatisfy { $0 <= 0x20 }
        #expect(options == (isBlank ? [] : Array(line.utf16) + [0]))
        #expect(image.ParentHandle?.word == machine.firmware.emulatorHandle.word)
        let node = try #require(path.count == 28 ? Buffer(path) : nil)
        #expect(node.view.littleEndian(8, as: UInt64.self) == image.ImageBase.word)
        #expect(node.view.littleEndian(16, as: UInt64.self) == image.ImageBase.word + 0x7fff)
        #expect(machine.firmware.images.count == 1)  // the caller of this suite
        machine.check()
      }

      @Test func aPayloadWhosePathIsKnownIsNotMereMemory() throws {
        var image = EFI_LOADED_IMAGE_PROTOCOL()
        var path: [UInt8] = []
        let main = Callback { [machine] arguments in
          let out = HandleOut(nil)
          #expect(efi(machine.boot.HandleProtocol, arguments[0], GUID.loadedImage.buffer, out) == .success)
          image = out.value!.assumingMemoryBound(to: EFI_LOADED_IMAGE_PROTOCOL.self).pointee
          if let whole = DevicePath(image.FilePath) {
            path = Array(UnsafeRawBufferPointer(start: whole.start, count: whole.size))
          }
          return 0
        }
        let file = Buffer(TestImage.jumping(to: main.word).file)
        let none = Buffer([])
        let place = Buffer(Array("a/b.efi".utf8))
        #expect(
          try machine.firmware.run(Payload(source: .file(file.view), commandLine: none.view, path: place.view))
            == .success)
        withExtendedLifetime((file, none, place)) {}
        // There are no files, and so no device of theirs.
        #expect(image.DeviceHandle == nil)
        let name = ucs2("\\a\\b.efi").content
        #expect(path == [4, 4, UInt8(4 + name.count), 0] + name + [0x7f, 0xff, 4, 0])
        machine.check()
      }
    #endif
  }
}
