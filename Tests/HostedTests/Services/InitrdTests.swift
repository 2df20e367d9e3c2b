// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Testing

extension FirmwareTests {
  /// The initrd on offer, and the merging of ours with a stub's.
  @Suite struct Initrds {
    let machine: HostMachine
    let path: Buffer
    var boot: EFI_BOOT_SERVICES { machine.boot }
    typealias HandleOut = Out<UnsafeMutableRawPointer?>

    init() throws { try self.init(HostMachine()) }

    init(_ machine: HostMachine) throws {
      self.machine = machine
      var builder = DevicePathBuilder()
      builder.appendVendor(type: DevicePathType.media, .linuxInitrdMedia)
      builder.appendEnd()
      path = Buffer(builder.bytes)
    }

    /// What a systemd-stub installs: its own Load File 2 at the initrd's device path.
    final class Stub {
      let contents: [UInt8]
      let path: Buffer
      let table = Out(EFI_LOAD_FILE_PROTOCOL())
      let handle = HandleOut(nil)
      var callback: Callback!
      /// What it answers with instead, if anything.
      var status: Status?
      /// Bytes that it says it has written, if not as many as there are.
      var claims: Int?

      init(_ contents: [UInt8], path: [UInt8]) {
        self.contents = contents
        self.path = Buffer(path)
        callback = Callback { [unowned self] arguments in
          if let status { return status.rawValue }
          let size = UnsafeMutablePointer<UInt64>(bitPattern: UInt(arguments[3]))!
          let room = size.pointee
          size.pointee = UInt64(claims ?? contents.count)
          guard let buffer = UnsafeMutableRawPointer(bitPattern: UInt(arguments[4])), room >= contents.count else {
            size.pointee = UInt64(contents.count)
            return Status.bufferTooSmall.rawValue
          }
          buffer.copyMemory(from: contents, byteCount: contents.count)
          return 0
        }
        table.value.LoadFile = callback.asSlot
      }
    }

    private func install(_ stub: Stub) {
      #expect(efi(boot.InstallProtocolInterface, stub.handle, GUID.devicePath.buffer, 0, stub.path) == .success)
      #expect(efi(boot.InstallProtocolInterface, stub.handle, GUID.loadFile2.buffer, 0, stub.table) == .success)
    }

    private func publish(_ parts: [[UInt8]]) throws -> [Buffer] {
      let buffers = (parts + [[]]).map { Buffer($0) }
      try machine.firmware.publishInitrd(buffers[0].view, buffers[1].view)
      return buffers
    }

    /// Reads the initrd as Linux does; nil: there is none.
    private func read(sourceLocation: SourceLocation = #_sourceLocation) throws -> [UInt8]? {
      let rest = Out<UInt64>(path.word)
      let device = HandleOut(nil)
      guard efi(boot.LocateDevicePath, GUID.loadFile2.buffer, rest, device) == .success else { return nil }
      // There is one, whatever way it is looked for.
      let count = Out<UInt64>(0)
      let list = HandleOut(nil)
      #expect(efi(boot.LocateHandleBuffer, 2, GUID.loadFile2.buffer, nil, count, list) == .success)
      #expect(count.value == 1, sourceLocation: sourceLocation)
      let out = HandleOut(nil)
      #expect(efi(boot.HandleProtocol, device.value, GUID.loadFile2.buffer, out) == .success)
      let same = HandleOut(nil)
      #expect(efi(boot.LocateProtocol, GUID.loadFile2.buffer, nil, same) == .success)
      #expect(same.value == out.value, sourceLocation: sourceLocation)
      let this = try #require(out.value).assumingMemoryBound(to: EFI_LOAD_FILE_PROTOCOL.self)
      let size = Out<UInt64>(0)
      #expect(efi(this.pointee.LoadFile, this, rest.value, 0, size, nil) == .bufferTooSmall)
      let buffer = Buffer(count: Int(size.value) + 8)
      size.value -= 1
      #expect(efi(this.pointee.LoadFile, this, rest.value, 0, size, buffer) == .bufferTooSmall)
      #expect(buffer.content.allSatisfy { $0 == 0xa5 }, sourceLocation: sourceLocation)
      size.value += 3
      #expect(efi(this.pointee.LoadFile, this, rest.value, 0, size, buffer) == .success)
      #expect(buffer.content[Int(size.value)...].allSatisfy { $0 == 0xa5 }, sourceLocation: sourceLocation)
      return Array(buffer.content[..<Int(size.value)])
    }

    private func padded(_ bytes: [UInt8]) -> [UInt8] { bytes + [UInt8](repeating: 0, count: -bytes.count & 3) }

    private func microcode(_ name: String = "kernel/x86/microcode/GenuineIntel.bin") -> [UInt8] {
      var archive = TestArchive()
      archive.add("kernel")
      archive.add(name, [1, 2, 3, 4, 5])
      return archive.finished
    }

    // MARK: On offer

    @Test func partsAreJoinedAtMultiplesOfFour() throws {
      for (front, joined) in [
        ([1, 2, 3, 4, 5], [1, 2, 3, 4, 5, 0, 0, 0, 6, 7]), ([1, 2, 3, 4], [1, 2, 3, 4, 6, 7]), ([], [6, 7]),
      ] as [([UInt8], [UInt8])] {
        let machine = try HostMachine()
        let kept = [Buffer(front), Buffer([6, 7])]
        try machine.firmware.publishInitrd(kept[0].view, kept[1].view)
        #expect(try Initrds(machine).read() == joined)
        withExtendedLifetime(kept) {}
      }
    }

    @Test func oneIsLeftAsItIs() throws {
      let kept = try publish([[1, 2, 3, 4, 5]])
      #expect(try read() == [1, 2, 3, 4, 5])
      withExtendedLifetime(kept) {}
    }

    @Test func whatIsHiddenIsNowhere() throws {
      let kept = try publish([[1]])
      for _ in 0..<3 {
        machine.firmware.showInitrd(false)
        #expect(try read() == nil)
        #expect(efi(boot.LocateProtocol, GUID.loadFile2.buffer, nil, HandleOut(nil)) == .notFound)
        machine.firmware.showInitrd(true)
        #expect(try read() == [1])
      }
      withExtendedLifetime(kept) {}
    }

    // MARK: Merged

    /// Hidden while `stub` installs its own, then shown.
    private func merge(_ parts: [[UInt8]], _ stub: Stub) throws -> [Buffer] {
      let kept = try publish(parts)
      machine.firmware.showInitrd(false)
      install(stub)
      #expect(try read() == stub.contents)
      machine.firmware.showInitrd(true)
      return kept
    }

    @Test(arguments: [[[UInt8](repeating: 1, count: 7)], [[1, 2, 3, 4], [5]]])
    func oursComesBeforeTheStubs(_ parts: [[UInt8]]) throws {
      let stub = Stub((0..<4099).map { UInt8(truncatingIfNeeded: $0) }, path: path.content)
      let kept = try merge(parts, stub)
      #expect(try read() == parts.flatMap(padded) + stub.contents)
      // Afterwards its own is there again, and can be uninstalled.
      machine.firmware.showInitrd(false)
      #expect(try read() == stub.contents)
      #expect(
        efi(boot.UninstallProtocolInterface, stub.handle.value, GUID.loadFile2.buffer, stub.table) == .success)
      withExtendedLifetime(kept) {}
    }

    @Test func microcodeStaysInFront() throws {
      let early = microcode() + [UInt8](repeating: 0, count: 512) + microcode("kernel/firmware/acpi/dsdt.aml")
      var base = TestArchive()
      base.add("init", [7, 7, 7])
      let stub = Stub(early + base.finished, path: path.content)
      let kept = try merge([[9, 9, 9]], stub)
      #expect(try read() == early + [9, 9, 9, 0] + base.finished)
      withExtendedLifetime(kept) {}
    }

    @Test func aStubWithNothingButMicrocode() throws {
      let stub = Stub(microcode(), path: path.content)
      let kept = try merge([[9, 9, 9]], stub)
      #expect(try read() == microcode() + [9, 9, 9, 0])
      withExtendedLifetime(kept) {}
    }

    @Test func anEmptyOneOfTheStubIsAsGoodAsNone() throws {
      let stub = Stub([1], path: path.content)
      let kept = try publish([[9, 9, 9]])
      machine.firmware.showInitrd(false)
      install(stub)
      machine.firmware.showInitrd(true)
      for status in [Status.notFound, .success] {
        stub.status = status
        #expect(try read() == [9, 9, 9])
      }
      withExtendedLifetime(kept) {}
    }

    @Test func theStubsErrorsAreThePayloads() throws {
      let stub = Stub([1, 2, 3, 4], path: path.content)
      let kept = try merge([[9]], stub)
      let out = HandleOut(nil)
      #expect(efi(boot.HandleProtocol, stub.handle.value, GUID.loadFile2.buffer, out) == .success)
      let this = try #require(out.value).assumingMemoryBound(to: EFI_LOAD_FILE_PROTOCOL.self)
      let size = Out<UInt64>(0)
      let end = path.word + 20
      let buffer = Buffer(count: 64)
      stub.claims = 100
      size.value = 64
      #expect(efi(this.pointee.LoadFile, this, end, 0, size, buffer) == .deviceError)
      stub.status = .accessDenied
      #expect(efi(this.pointee.LoadFile, this, end, 0, size, nil) == .accessDenied)
      withExtendedLifetime(kept) {}
    }

    // MARK: Where it belongs

    /// A stub in memory, whose `.initrd` sections are these.
    private func image(_ initrds: [[UInt8]]) -> Buffer {
      var image = TestImage()
      image.sizeOfImage = 0x1000 * UInt32(initrds.count + 2)
      image.sections = initrds.enumerated().map { index, bytes in
        TestImage.Section(
          name: ".initrd", address: 0x1000 * UInt32(index + 1), size: UInt32(bytes.count), content: bytes,
          characteristics: TestImage.constant)
      }
      var memory = [UInt8](repeating: 0, count: Int(image.sizeOfImage))
      memory.replaceSubrange(0..<0x400, with: image.file[..<0x400])
      for section in image.sections {
        let start = Int(section.address)
        memory.replaceSubrange(start..<start + section.content.count, with: section.content)
      }
      return Buffer(memory)
    }

    @Test func microcodeInFrontOfTheImagesOwnInitrdIsPartOfIt() {
      let own = microcode() + [1, 2, 3, 4]
      let whole = Buffer(microcode("kernel/x86/microcode/AuthenticAMD.bin") + own)
      let first = whole.count - own.count
      let image = image([[5, 5, 5, 5, 5], own])
      #expect(StubInitrd.placeForPrevious(in: whole.view, of: image.view) == first)
      #expect(StubInitrd.placeForPrevious(in: whole.view, of: nil) == whole.count - 4)
      // An initrd that is that section and no more.
      let alone = Buffer(own)
      #expect(StubInitrd.placeForPrevious(in: alone.view, of: image.view) == 0)
    }

    @Test func whatIsNoMicrocodeIsLeftAlone() {
      var other = TestArchive()
      other.add("kernels/x86")
      var mixed = TestArchive()
      mixed.add("kernel/x86")
      mixed.add("init", [1])
      let empty = TestArchive()
      let cases = [other.finished, mixed.finished, empty.finished, Array(microcode().dropLast(40)), [0, 0, 0, 0], []]
      for bytes in cases {
        let buffer = Buffer(bytes)
        #expect(StubInitrd.placeForPrevious(in: buffer.view, of: nil) == 0)
      }
    }

    @Test func anyDamageGivesAPlaceInside() {
      var generator = SeededGenerator(seed: 21)
      let good = microcode() + microcode() + [1, 2, 3, 4]
      for _ in 0..<2000 {
        var bytes = good
        for _ in 0..<Int.random(in: 1...4, using: &generator) {
          bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
        }
        bytes.removeLast(Int.random(in: 0..<bytes.count, using: &generator))
        let buffer = Buffer(bytes)
        let place = StubInitrd.placeForPrevious(in: buffer.view, of: nil)
        #expect(place >= 0 && place <= bytes.count && (place % 4 == 0 || place == bytes.count))
      }
    }

    // MARK: Who may see it

    @Test(
      .enabled(if: canRunImages, "the images' code is x86_64's"),
      arguments: ["stub 252.39", "stub 257.9-1", "boot 257", ""])
    func anOldStubFindsNoneAndItsKernelFindsBoth(_ version: String) throws {
      let kept = try publish([[9, 9, 9]])
      let stub = Stub([1, 2, 3, 4], path: path.content)
      var seen: [[UInt8]?] = []
      let kernel = Callback { _ in
        seen.append(try? read())
        return 0
      }
      let caller = try machine.makeCaller()
      let main = Callback { _ in
        seen.append(try? read())
        install(stub)
        start(.jumping(to: kernel.word), caller)
        seen.append(try? read())
        return 0
      }
      start(self.stub(version, at: main.word), caller)
      #expect(seen == [nil, [9, 9, 9, 0, 1, 2, 3, 4], [1, 2, 3, 4]])
      withExtendedLifetime(kept) {}
    }

    @Test(
      .enabled(if: canRunImages, "the images' code is x86_64's"), arguments: ["stub 258~rc1", "stub 262", "stub x"])
    func aNewStubFindsIt(_ version: String) throws {
      let kept = try publish([[9, 9, 9]])
      var seen: [[UInt8]?] = []
      let main = Callback { _ in
        seen.append(try? read())
        return 0
      }
      start(stub(version, at: main.word), try machine.makeCaller())
      #expect(try seen == [[9, 9, 9]] && read() == [9, 9, 9])
      withExtendedLifetime(kept) {}
    }

    /// - Parameter version: empty: it does not say so, and has but a kernel
    private func stub(_ version: String, at address: UInt64) -> TestImage {
      var image = TestImage.jumping(to: address)
      image.relocations = nil
      let magic = version.isEmpty ? [0] : Array("#### LoaderInfo: systemd-\(version) ####".utf8)
      image.sections.append(
        TestImage.Section(
          name: version.isEmpty ? ".linux" : ".sdmagic", address: 0x7000, size: 0x80, content: magic,
          characteristics: TestImage.constant))
      return image
    }

    private func start(_ image: TestImage, _ caller: Image) {
      let file = image.file
      let handle = HandleOut(nil)
      #expect(efi(boot.LoadImage, 0, caller, nil, Buffer(file), file.count, handle) == .success)
      #expect(efi(boot.StartImage, handle.value, nil, nil) == .success)
    }
  }
}
