// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import CPayload
import Testing

extension FirmwareTests {
  /// UEFI 2.10, 7.4, with images that really run: a few instructions of x86_64, so on such a machine only.
  @Suite(.enabled(if: canRunImages, "the images' code is x86_64's")) struct ImageServices {
    let machine: HostMachine
    let caller: Image
    /// The map once the pools have their first slabs.
    let before: [MemoryRegion]
    var boot: EFI_BOOT_SERVICES { machine.boot }

    init() throws {
      machine = try HostMachine()
      caller = try machine.makeCaller()
      payload_shared_program().pointee = payload_program()
      // Pools keep one slab of each size that was ever used: use them before counting.
      let image = try machine.firmware.add(
        LaidOutImage(base: 0, size: 0, allocatedPages: 0, entryPoint: 0, subsystem: .application), parent: caller,
        path: nil)
      machine.firmware.unload(image)
      before = machine.firmware.memory.regions
    }

    private var program: UnsafeMutablePointer<payload_program> { payload_shared_program() }

    typealias HandleOut = Out<UnsafeMutableRawPointer?>

    private func load(_ image: TestImage, parent: Image? = nil) -> HandleOut {
      let file = image.file
      let handle = HandleOut(nil)
      #expect(efi(boot.LoadImage, 0, parent ?? caller, nil, Buffer(file), file.count, handle) == .success)
      return handle
    }
    private func start(_ handle: HandleOut) -> Status { efi(boot.StartImage, handle.value, nil, nil) }

    /// Whether a handle is gone, and all memory of its image with it.
    private func expectNoTrace(of handle: HandleOut, sourceLocation: SourceLocation = #_sourceLocation) {
      #expect(
        efi(boot.HandleProtocol, handle.value, GUID.loadedImage.buffer, HandleOut(nil)) == .invalidParameter,
        sourceLocation: sourceLocation)
      #expect(machine.firmware.memory.regions == before, sourceLocation: sourceLocation)
      #expect(machine.firmware.runningImage == nil, sourceLocation: sourceLocation)
      machine.check(sourceLocation: sourceLocation)
    }

    @Test(arguments: [0, 0x42, 0x7fff_ffff] as [UInt32])
    func anApplicationReturnsItsStatusAndGoes(_ status: UInt32) {
      let handle = load(.returning(status))
      #expect(machine.firmware.memory.regions != before)
      #expect(start(handle) == Status(rawValue: UInt64(status)))
      expectNoTrace(of: handle)
      #expect(start(handle) == .invalidParameter)
    }

    @Test func exitThroughTheTableUnwinds() {
      for status: UInt32 in [0, 7, 0x1234_5678] {
        let handle = load(.exiting(status))
        #expect(start(handle) == Status(rawValue: UInt64(status)))
        expectNoTrace(of: handle)
      }
    }

    @Test(arguments: [0, 1, 50])
    func exitFromDeepDownWithData(_ depth: Int) throws {
      program.pointee.depth = UInt32(depth)
      program.pointee.call_exit = 1
      program.pointee.with_exit_data = 1
      program.pointee.status = Status.aborted.rawValue
      let handle = load(.jumping(to: payload_program_entry()))
      let size = Out<UInt64>(0)
      let data = HandleOut(nil)
      let status = efi(boot.StartImage, handle.value, size, data)
      #expect(status == .aborted && size.value == 10 && program.pointee.returned == 0)
      #expect(program.pointee.image == handle.value)
      #expect(program.pointee.system_table == UnsafeMutableRawPointer(machine.table))
      let text = try #require(data.value).assumingMemoryBound(to: UInt16.self)
      #expect(String(decoding: (0..<4).map { text[$0] }, as: UTF16.self) == "done" && text[4] == 0)
      #expect(efi(boot.FreePool, data.value) == .success)
      // Nobody asked for the data: StartImage frees it.
      let again = load(.jumping(to: payload_program_entry()))
      #expect(start(again) == .aborted)
      let live = machine.firmware.memory.regions.filter { $0.type == .loaderData }.reduce(0) { $0 + $1.pages }
      #expect(live <= 1)  // the slab that the pool keeps
    }

    @Test(arguments: [false, true])
    func theTaskPriorityIsRestored(_ exits: Bool) {
      program.pointee.raise_tpl = TPL.notify
      program.pointee.call_exit = exits ? 1 : 0
      let notify = Callback { _ in 0 }
      let event = HandleOut(nil)
      #expect(efi(boot.CreateEvent, EventType.notifySignal, TPL.callback, notify, 0, event) == .success)
      let handle = load(.jumping(to: payload_program_entry()))
      #expect(start(handle) == .success)
      #expect(machine.firmware.events.currentTPL == TPL.application)
      #expect(efi(boot.SignalEvent, event.value) == .success && notify.calls == 1)
      expectNoTrace(of: handle)
    }

    @Test func aLoweredTaskPriorityIsRestoredToo() {
      let main = Callback { [machine] _ in
        _ = efiCall(machine.boot.RestoreTPL, [TPL.application])
        return 0
      }
      let handle = load(.jumping(to: main.word))
      let level = efiCall(boot.RaiseTPL, [TPL.callback])
      #expect(start(handle) == .success)
      #expect(machine.firmware.events.currentTPL == TPL.callback)
      _ = efiCall(boot.RestoreTPL, [level])
    }

    @Test func whatAnImageAllocatedOutlivesIt() {
      program.pointee.allocate_pages = 5
      let handle = load(.jumping(to: payload_program_entry()))
      #expect(start(handle) == .success)
      let kept = machine.firmware.memory.regions.filter { $0.owner == .payload }
      #expect(kept.reduce(0) { $0 + $1.pages } == 5)
    }

    @Test func whatAnImageHasOpenedIsClosedWhenItGoes() {
      let guid = GUID(low: 0xaaaa, high: 1).buffer
      let device = HandleOut(nil)
      #expect(efi(boot.InstallProtocolInterface, device, guid, 0, 0x1000) == .success)
      let main = Callback { [machine] arguments in
        efi(machine.boot.OpenProtocol, device.value, guid, HandleOut(nil), arguments[0], nil, OpenAttributes.exclusive)
          .rawValue
      }
      for _ in 0..<2 { #expect(start(load(.jumping(to: main.word))) == .success) }
      #expect(efi(boot.UninstallProtocolInterface, device.value, guid, 0x1000) == .success)
    }

    @Test func loadedImageTellsOfTheImage() throws {
      var seen: EFI_LOADED_IMAGE_PROTOCOL?
      let main = Callback { [machine] arguments in
        let out = HandleOut(nil)
        #expect(efi(machine.boot.HandleProtocol, arguments[0], GUID.loadedImage.buffer, out) == .success)
        seen = out.value?.assumingMemoryBound(to: EFI_LOADED_IMAGE_PROTOCOL.self).pointee
        #expect(machine.firmware.runningImage?.word == arguments[0])
        #expect(arguments[1] == machine.table.word)
        return 0
      }
      let handle = load(.jumping(to: main.word))
      #expect(start(handle) == .success && main.calls == 1)
      let image = try #require(seen)
      #expect(
        image.Revision == 0x1000 && image.ImageSize == 0x8000 && image.ImageCodeType == 1 && image.ImageDataType == 2)
      #expect(image.ParentHandle.word == caller.word && image.SystemTable == machine.table)
      #expect(
        image.FilePath == nil && image.DeviceHandle == nil && image.LoadOptions == nil && image.LoadOptionsSize == 0)
      expectNoTrace(of: handle)
    }

    @Test func imagesStartImages() {
      var order: [String] = []
      let inner = Callback { _ in
        order.append("inner")
        return 5
      }
      let outer = Callback { [self] arguments in
        order.append("outer starts")
        let file = TestImage.jumping(to: inner.word).file
        let handle = HandleOut(nil)
        #expect(efi(boot.LoadImage, 0, arguments[0], nil, Buffer(file), file.count, handle) == .success)
        #expect(efi(boot.StartImage, handle.value, nil, nil).rawValue == 5)
        // Its own handle: it runs, so it can be neither started nor unloaded.
        #expect(efi(boot.StartImage, arguments[0], nil, nil) == .invalidParameter)
        #expect(efi(boot.UnloadImage, arguments[0]) == .unsupported)
        order.append("outer ends")
        return 6
      }
      let handle = load(.jumping(to: outer.word))
      #expect(start(handle).rawValue == 6 && order == ["outer starts", "inner", "outer ends"])
      expectNoTrace(of: handle)
    }

    @Test func exitOfAnImageInBetweenIsRefused() {
      // Only the image that runs may exit; its caller is waiting for it.
      let inner = Callback { [self] arguments in
        let parent = machine.firmware.images.first { $0.word == arguments[0] }?.parent
        #expect(efi(boot.Exit, parent, Status.success, 0, nil) == .invalidParameter)
        return 0
      }
      let outer = Callback { [self] arguments in
        let file = TestImage.jumping(to: inner.word).file
        let handle = HandleOut(nil)
        #expect(efi(boot.LoadImage, 0, arguments[0], nil, Buffer(file), file.count, handle) == .success)
        return efi(boot.StartImage, handle.value, nil, nil).rawValue
      }
      let handle = load(.jumping(to: outer.word))
      #expect(start(handle) == .success && inner.calls == 1)
      expectNoTrace(of: handle)
    }

    @Test func exitBeforeTheStartUnloads() {
      let handle = load(.returning(1))
      #expect(efi(boot.Exit, handle.value, Status.success, 0, nil) == .success)
      expectNoTrace(of: handle)
      #expect(efi(boot.Exit, handle.value, Status.success, 0, nil) == .invalidParameter)
    }

    @Test func unloadBeforeTheStart() {
      let handle = load(.returning(1))
      #expect(efi(boot.UnloadImage, handle.value) == .success)
      expectNoTrace(of: handle)
      #expect(efi(boot.UnloadImage, handle.value) == .invalidParameter)
      #expect(efi(boot.UnloadImage, nil) == .invalidParameter)
    }

    @Test func aDriverStaysWhenItSucceedsAndGoesWhenItFails() throws {
      var driver = TestImage.returning(0)
      driver.subsystem = 11
      let handle = load(driver)
      #expect(start(handle) == .success)
      #expect(start(handle) == .invalidParameter)
      // 7.4.3: without an Unload function a started image stays.
      #expect(efi(boot.UnloadImage, handle.value) == .unsupported)
      let out = HandleOut(nil)
      #expect(efi(boot.HandleProtocol, handle.value, GUID.loadedImage.buffer, out) == .success)
      let loadedImage = try #require(out.value).assumingMemoryBound(to: EFI_LOADED_IMAGE_PROTOCOL.self)
      var answer = Status.accessDenied
      let unload = Callback { arguments in
        #expect(arguments[0] == handle.value.map { $0.word })
        return answer.rawValue
      }
      loadedImage.pointee.Unload = unload.asSlot
      #expect(efi(boot.UnloadImage, handle.value) == .accessDenied)
      answer = .success
      #expect(efi(boot.UnloadImage, handle.value) == .success && unload.calls == 2)
      expectNoTrace(of: handle)

      program.pointee.status = Status.deviceError.rawValue
      var failing = TestImage.jumping(to: payload_program_entry())
      failing.subsystem = 11
      let failed = load(failing)
      #expect(start(failed) == .deviceError)
      expectNoTrace(of: failed)
    }

    @Test func anImageWithoutAnEntryPointCannotBeStarted() {
      var image = TestImage.returning(0)
      image.entry = 0
      let handle = load(image)
      #expect(start(handle) == .invalidParameter)
      #expect(efi(boot.UnloadImage, handle.value) == .success)
      expectNoTrace(of: handle)
    }

    @Test func loadImageRefusesWhatTheSpecificationRefuses() {
      let file = Buffer(TestImage.returning(0).file)
      let handle = HandleOut(UnsafeMutableRawPointer(bitPattern: 8))
      #expect(efi(boot.LoadImage, 0, nil, nil, file, file.count, handle) == .invalidParameter)
      #expect(efi(boot.LoadImage, 0, 5, nil, file, file.count, handle) == .invalidParameter)
      #expect(efi(boot.LoadImage, 0, caller, nil, file, file.count, nil) == .invalidParameter)
      #expect(efi(boot.LoadImage, 0, caller, nil, nil, 0, handle) == .notFound)
      #expect(efi(boot.LoadImage, 0, caller, nil, file, 0, handle) == .loadError)
      #expect(efi(boot.LoadImage, 0, caller, nil, file, UInt64.max, handle) == .loadError)
      #expect(efi(boot.LoadImage, 0, caller, nil, file, 200, handle) == .loadError)
      #expect(efi(boot.LoadImage, 0, caller, Buffer([4, 3, 0, 0]), file, file.count, handle) == .invalidParameter)
      #expect(handle.value == nil && machine.firmware.memory.regions == before)
    }
  }
}
