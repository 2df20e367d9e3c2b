// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Testing

extension FirmwareTests {
  /// What LoadImage takes with Secure Boot on (UEFI 2.10, 7.4.1).
  @Suite struct ImagePolicy {
    typealias HandleOut = Out<UnsafeMutableRawPointer?>

    private func load(
      _ machine: HostMachine, _ caller: Image, _ path: Buffer?, _ source: (any Word)?, _ size: Int
    ) -> Status {
      let out = HandleOut(nil)
      let status = efi(machine.boot.LoadImage, 0, caller, path, source, size, out)
      // 7.4.1: NULL where it is not loaded.
      #expect((out.value == nil) == (status != .success))
      if status == .success { #expect(efi(machine.boot.UnloadImage, out.value) == .success) }
      return status
    }

    private func filePath(_ name: String) -> Buffer {
      var builder = DevicePathBuilder()
      builder.appendVendor(type: DevicePathType.media, .virgilFileSystem)
      builder.append(type: DevicePathType.media, subType: 4, data: ucs2(name).content)
      builder.appendEnd()
      return Buffer(builder.bytes)
    }

    private func memoryPath(_ start: UInt64, _ size: Int) -> Buffer {
      var builder = DevicePathBuilder()
      builder.appendMemoryMapped(.loaderData, start: start, end: start + UInt64(size) - 1)
      builder.appendEnd()
      return Buffer(builder.bytes)
    }

    @Test(arguments: [nil, false, true] as [Bool?])
    func aBufferThatThePayloadMadeUpIsRefused(_ secureBoot: Bool?) throws {
      let machine = try HostMachine()
      let caller = try machine.makeCaller()
      machine.firmware.publishSecureBoot(enabled: secureBoot)
      let file = Buffer(TestImage.ordinary().file)
      let before = machine.firmware.images.count
      #expect(load(machine, caller, nil, file, file.count) == (secureBoot == true ? .accessDenied : .success))
      // What is no image at all is nobody's verified image either.
      let text = Buffer(Array("no image".utf8))
      #expect(load(machine, caller, nil, text, text.count) == (secureBoot == true ? .accessDenied : .loadError))
      #expect(machine.firmware.images.count == before)
      machine.check()
    }

    /// As systemd-stub 257 does: its kernel is one of its sections.
    @Test func whatLiesInsideALoadedImageIsLoadedAndNothingThatReachesOut() throws {
      let machine = try HostMachine()
      let caller = try machine.makeCaller()
      let inner = TestImage.ordinary().file
      var outer = TestImage.ordinary()
      outer.sizeOfImage = 0x10000
      outer.sections.append(
        TestImage.Section(
          name: ".linux", address: 0x8000, size: UInt32(inner.count), content: inner,
          characteristics: TestImage.constant))
      outer.relocations = nil
      let file = Buffer(outer.file)
      let image = try machine.firmware.loadImage(
        parent: caller, path: nil, source: file.view, bootPolicy: false)
      machine.firmware.publishSecureBoot(enabled: true)
      let section = image.base + 0x8000
      #expect(load(machine, caller, nil, section, inner.count) == .success)
      #expect(load(machine, caller, memoryPath(section, inner.count), nil, 0) == .success)
      // To the image's last byte, and one byte further.
      #expect(load(machine, caller, nil, section, 0x8000) == .success)
      #expect(load(machine, caller, nil, section, 0x8001) == .accessDenied)
      #expect(load(machine, caller, nil, image.base - 1, 0x100) == .accessDenied)
      #expect(load(machine, caller, nil, section, 1 << 39) == .accessDenied)
      // Once the image is gone, so is what it vouched for.
      machine.firmware.unload(image)
      #expect(load(machine, caller, nil, section, inner.count) == .accessDenied)
      machine.check()
    }

    @Test func aFileIsLoadedFromTheSealedArchiveOnly() throws {
      var sealed = TestArchive()
      sealed.add("loader/addons/sealed.addon.efi", TestImage.ordinary().file)
      sealed.add("loader/addons/both.addon.efi", TestImage.ordinary().file)
      var given = TestArchive()
      given.add("loader/addons/given.addon.efi", TestImage.ordinary().file)
      given.add("loader/addons/both.addon.efi", Array("no image".utf8))
      given.add("loader/credentials/a.cred", Array("secret".utf8))
      let volume = try Volume(sealed.finished, behind: given.finished, seals: true)
      let machine = volume.machine
      let caller = try machine.makeCaller()
      machine.firmware.publishSecureBoot(enabled: true)
      #expect(load(machine, caller, filePath("\\loader\\addons\\sealed.addon.efi"), nil, 0) == .success)
      #expect(load(machine, caller, filePath("\\loader\\addons\\both.addon.efi"), nil, 0) == .success)
      #expect(load(machine, caller, filePath("\\loader\\addons\\given.addon.efi"), nil, 0) == .accessDenied)
      #expect(load(machine, caller, filePath("\\loader\\credentials\\a.cred"), nil, 0) == .accessDenied)
      #expect(load(machine, caller, filePath("\\nothing"), nil, 0) == .notFound)
      // To read is not to run.
      let file = try #require(volume.root.open("loader\\credentials\\a.cred").file)
      #expect(file.read(10).bytes == Array("secret".utf8) && file.close() == .success)
      machine.check()
    }

    /// What the first kernel has verified one by one: such files are loaded from the file system or from where they lie.
    @Test(arguments: [true, false]) func aVerifiedFileIsLoadedAndNothingThatReachesOut(_ secureBoot: Bool) throws {
      let content = TestImage.ordinary().file
      var archive = TestArchive()
      archive.add("good.efi", content)
      archive.add("other.efi", content)
      let volume = try Volume(archive.finished)
      let machine = volume.machine
      let caller = try machine.makeCaller()
      // Lockdown alone is none of the variable's business.
      machine.firmware.publishSecureBoot(enabled: secureBoot, lockdown: !secureBoot)
      #expect(machine.firmware.secureBootVariable == (secureBoot ? 1 : 0))
      let view = ByteView(UnsafeRawBufferPointer(volume.archive.bytes))
      let entry = try #require(try CPIOArchive(view).entry(at: 0))
      let start = UInt64(UInt(bitPattern: entry.data.base))
      #expect(load(machine, caller, filePath("\\good.efi"), nil, 0) == .accessDenied)
      // A record that names more or less than the file does not vouch for the file.
      for (first, size) in [(start - 4, content.count + 4), (start, content.count - 1), (start, content.count + 1)] {
        machine.firmware.verifiedFiles = [PhysicalRange(address: first, size: UInt64(size))!]
        #expect(load(machine, caller, filePath("\\good.efi"), nil, 0) == .accessDenied)
      }
      machine.firmware.verifiedFiles = []
      machine.firmware.trust(PhysicalRange(address: start, size: UInt64(content.count))!)
      #expect(load(machine, caller, filePath("\\good.efi"), nil, 0) == .success)
      #expect(load(machine, caller, filePath("\\other.efi"), nil, 0) == .accessDenied)
      #expect(load(machine, caller, nil, start, content.count) == .success)
      #expect(load(machine, caller, nil, start, content.count + 1) == .accessDenied)
      #expect(load(machine, caller, nil, start - 1, content.count) == .accessDenied)
      machine.check()
    }

    @Test func withoutASealedArchiveNoFileIsLoaded() throws {
      var archive = TestArchive()
      archive.add("x.efi", TestImage.ordinary().file)
      let volume = try Volume(archive.finished)
      let caller = try volume.machine.makeCaller()
      #expect(load(volume.machine, caller, filePath("\\x.efi"), nil, 0) == .success)
      volume.machine.firmware.publishSecureBoot(enabled: true)
      #expect(load(volume.machine, caller, filePath("\\x.efi"), nil, 0) == .accessDenied)
    }

    /// Load File 2, as zboot kernels of Linux 6.1 hand themselves what they have unpacked.
    @Test func whatAProtocolOfThePayloadsBringsIsRefused() throws {
      let machine = try HostMachine()
      let caller = try machine.makeCaller()
      let content = TestImage.ordinary().file
      let loadFile = Callback { arguments in
        let size = UnsafeMutablePointer<UInt64>(bitPattern: UInt(arguments[3]))!
        defer { size.pointee = UInt64(content.count) }
        guard arguments[4] != 0, size.pointee >= UInt64(content.count) else { return Status.bufferTooSmall.rawValue }
        content.withUnsafeBytes {
          UnsafeMutableRawPointer(bitPattern: UInt(arguments[4]))!.copyMemory(
            from: $0.baseAddress!, byteCount: content.count)
        }
        return 0
      }
      var path = DevicePathBuilder()
      path.appendVendor(type: DevicePathType.media, GUID(low: 1, high: 2))
      path.appendEnd()
      let whole = Buffer(path.bytes)
      let interface = Out(loadFile.asSlot)
      #expect(
        efi(
          machine.boot.InstallMultipleProtocolInterfaces, HandleOut(nil), GUID.devicePath.buffer, whole,
          GUID.loadFile2.buffer, interface, nil) == .success)
      #expect(load(machine, caller, whole, nil, 0) == .success && loadFile.calls == 2)
      machine.firmware.publishSecureBoot(enabled: true)
      #expect(load(machine, caller, whole, nil, 0) == .accessDenied)
    }
  }
}
