// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Testing

extension FirmwareTests {
  /// LoadImage of files (UEFI 2.10, 7.4.1), and where a payload with sidecars finds itself (9.1).
  @Suite struct LoadFromFile {
    let volume: Volume
    let caller: Image
    var machine: HostMachine { volume.machine }
    typealias HandleOut = Out<UnsafeMutableRawPointer?>

    init() throws {
      var archive = TestArchive()
      archive.add("loader/addons/x.addon.efi", TestImage.ordinary().file)
      archive.add("loader/addons/text", Array("no image".utf8))
      archive.add("loader/empty")
      volume = try Volume(archive.finished)
      caller = try volume.machine.makeCaller()
    }

    private func path(_ names: [[UInt8]]) -> Buffer {
      var builder = DevicePathBuilder()
      builder.appendVendor(type: DevicePathType.media, .virgilFileSystem)
      for name in names { builder.append(type: DevicePathType.media, subType: 4, data: name) }
      builder.appendEnd()
      return Buffer(builder.bytes)
    }

    private func load(_ path: Buffer, bootPolicy: Int = 0) -> (status: Status, handle: UnsafeMutableRawPointer?) {
      let out = HandleOut(nil)
      let status = efi(machine.boot.LoadImage, bootPolicy, caller, path, nil, 0, out)
      return (status, out.value)
    }

    @Test(arguments: [0, 1], [["\\loader\\addons\\x.addon.efi"], ["loader", "addons", "X.addon.EFI"]])
    func aFileIsLoadedByItsPath(_ bootPolicy: Int, _ names: [String]) throws {
      let whole = path(names.map { ucs2($0).content })
      let (status, handle) = load(whole, bootPolicy: bootPolicy)
      #expect(status == .success)
      let out = HandleOut(nil)
      #expect(efi(machine.boot.HandleProtocol, handle, GUID.loadedImage.buffer, out) == .success)
      let image = try #require(out.value).assumingMemoryBound(to: EFI_LOADED_IMAGE_PROTOCOL.self).pointee
      #expect(image.DeviceHandle == volume.handle)
      #expect(DevicePath(image.FilePath)?.node(at: 0).subType == 4)
      #expect(efi(machine.boot.UnloadImage, handle) == .success)
    }

    @Test func whatIsNoImageIsRefusedAndNothingLeaks() {
      let good = path([ucs2("\\loader\\addons\\x.addon.efi").content])
      // Once for the slabs that the pool keeps.
      #expect(efi(machine.boot.UnloadImage, load(good).handle) == .success)
      #expect(load(path([ucs2("\\loader\\addons\\text").content])).status == .loadError)
      let before = machine.firmware.memory.regions
      #expect(load(path([ucs2("\\loader\\addons\\text").content])).status == .loadError)
      #expect(load(path([ucs2("\\loader\\empty").content])).status == .loadError)
      #expect(load(path([ucs2("\\loader\\addons").content])).status == .notFound)
      #expect(load(path([ucs2("\\nothing").content])).status == .notFound)
      #expect(load(path([])).status == .notFound)
      // A name without its NUL, and one of half a unit.
      #expect(load(path([[0x6c, 0, 0x6f, 0]])).status == .notFound)
      #expect(load(path([[0x6c]])).status == .notFound)
      #expect(machine.firmware.memory.regions == before)
      machine.check()
    }

    #if arch(x86_64)
      @Test func aPayloadWithSidecarsIsAmongThem() throws {
        var image = EFI_LOADED_IMAGE_PROTOCOL()
        var file: [UInt8] = []
        let main = Callback { [machine] arguments in
          let out = HandleOut(nil)
          #expect(efi(machine.boot.HandleProtocol, arguments[0], GUID.loadedImage.buffer, out) == .success)
          image = out.value!.assumingMemoryBound(to: EFI_LOADED_IMAGE_PROTOCOL.self).pointee
          if let path = DevicePath(image.FilePath) { file = Array(path.node(at: 0).data.buffer) }
          return 0
        }
        let bytes = Buffer(TestImage.jumping(to: main.word).file)
        let place = Buffer(Array("EFI/Linux/größe.efi".utf8))
        let none = Buffer([])
        let payload = Payload(source: .file(bytes.view), commandLine: none.view, path: place.view)
        #expect(try machine.firmware.run(payload) == .success)
        withExtendedLifetime((bytes, place, none)) {}
        #expect(image.DeviceHandle == volume.handle)
        #expect(file == ucs2("\\EFI\\Linux\\größe.efi").content)
      }
    #endif

    /// A file system of the payload's: revision 1, and it reads a few bytes at a time.
    @Test func aForeignFileSystemIsReadThroughItsProtocol() throws {
      let content = TestImage.ordinary().file
      var position = 0
      var closed = 0
      let file = UnsafeMutablePointer<EFI_FILE_PROTOCOL>.allocate(capacity: 1)
      defer { file.deallocate() }
      file.initialize(to: EFI_FILE_PROTOCOL())
      let open = Callback { arguments in
        UnsafeMutablePointer<UInt64>(bitPattern: UInt(arguments[1]))!.pointee = arguments[0]
        return 0
      }
      let close = Callback { _ in
        closed += 1
        return 0
      }
      let read = Callback { arguments in
        let size = UnsafeMutablePointer<UInt64>(bitPattern: UInt(arguments[1]))!
        size.pointee = min(size.pointee, 1000, UInt64(content.count - position))
        content[position...].withUnsafeBytes {
          UnsafeMutableRawPointer(bitPattern: UInt(arguments[2]))!.copyMemory(
            from: $0.baseAddress!, byteCount: Int(size.pointee))
        }
        position += Int(size.pointee)
        return 0
      }
      let information = Callback { arguments in
        let size = UnsafeMutablePointer<UInt64>(bitPattern: UInt(arguments[2]))!
        defer { size.pointee = 90 }
        guard size.pointee >= 90 else { return Status.bufferTooSmall.rawValue }
        let buffer = UnsafeMutableRawPointer(bitPattern: UInt(arguments[3]))!
        buffer.storeBytes(of: UInt64(content.count), toByteOffset: 8, as: UInt64.self)
        buffer.storeBytes(of: 0, toByteOffset: 72, as: UInt64.self)
        return 0
      }
      file.pointee.Open = open.asSlot
      file.pointee.Close = close.asSlot
      file.pointee.Read = read.asSlot
      file.pointee.GetInfo = information.asSlot
      let openVolume = Callback { arguments in
        UnsafeMutablePointer<UInt64>(bitPattern: UInt(arguments[1]))!.pointee = file.word
        return 0
      }
      let system = Out(EFI_SIMPLE_FILE_SYSTEM_PROTOCOL(Revision: 0x10000, OpenVolume: openVolume.asSlot))
      var device = DevicePathBuilder()
      device.appendVendor(type: DevicePathType.hardware, GUID(low: 1, high: 2))
      device.appendEnd()
      let devicePath = Buffer(device.bytes)
      let handle = HandleOut(nil)
      #expect(
        efi(
          machine.boot.InstallMultipleProtocolInterfaces, handle, GUID.devicePath.buffer, devicePath,
          GUID.simpleFileSystem.buffer, system, nil) == .success)
      var whole = DevicePathBuilder()
      whole.appendVendor(type: DevicePathType.hardware, GUID(low: 1, high: 2))
      whole.append(type: DevicePathType.media, subType: 4, data: ucs2("a\\b").content)
      whole.appendEnd()
      let (status, image) = load(Buffer(whole.bytes))
      #expect(status == .success && position == content.count && closed == 2)
      #expect(efi(machine.boot.UnloadImage, image) == .success)
    }
  }
}
