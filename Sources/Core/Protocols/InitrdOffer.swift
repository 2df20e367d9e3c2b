// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// The initrd that the payload is given, and when it is to be seen.
///
/// Linux's EFI stub asks for it by Load File 2 on a handle whose device path is one vendor media node, and so does
/// systemd-stub since version 258, which merges it with its own. An older systemd-stub gives up when it finds that path
/// in use: while such an image runs, nothing is on offer. The kernel that it starts finds the stub's own initrd with ours
/// merged in, where the newer stubs put it; or ours alone, where the stub has none.
final class InitrdOffer {
  /// What is joined, in this order: what was given when the image was loaded, then what the image carries. Empty: none.
  let given: ByteView
  let carried: ByteView
  let interface: UnsafeMutablePointer<EFI_LOAD_FILE_PROTOCOL>
  /// The device path, in pool memory.
  let path: UnsafeMutableRawPointer
  var isVisible = false
  /// Whether somebody has read it.
  var wasTaken = false
  /// The handle it is on while it stands for itself.
  fileprivate var handle: Handle?
  /// The stub's own Load File 2, in whose place it is offered, and what was there.
  fileprivate var replaced: ProtocolInterface?
  fileprivate var replacedAddress: UInt = 0
  /// The image from which it was last hidden, in memory: the stub, whose sections tell its initrd's parts apart.
  fileprivate(set) var stub: ByteView?

  fileprivate init(
    _ given: ByteView, _ carried: ByteView, _ interface: UnsafeMutablePointer<EFI_LOAD_FILE_PROTOCOL>,
    path: UnsafeMutableRawPointer
  ) {
    self.given = given
    self.carried = carried
    self.interface = interface
    self.path = path
  }

  /// The stub's Load File 2, as an address; nil: there is none.
  var ofStub: UnsafeMutableRawPointer? {
    replaced == nil ? nil : UnsafeMutableRawPointer(bitPattern: replacedAddress)
  }
}

extension Firmware {
  /// Offers an initrd, which stays where it is until the payload takes a copy.
  ///
  /// - Parameters:
  ///   - given: what was given when the image was loaded; empty: nothing
  ///   - carried: what goes with the image; it is joined to the former, at a multiple of 4
  public func publishInitrd(_ given: ByteView, _ carried: ByteView) throws(Status) {
    let memory = try pool.allocate(.bootServicesData, size: UInt64(MemoryLayout<EFI_LOAD_FILE_PROTOCOL>.size))
    let interface = memory.assumingMemoryBound(to: EFI_LOAD_FILE_PROTOCOL.self)
    efi_fill_load_file2(interface)
    var path = DevicePathBuilder()
    path.appendVendor(type: DevicePathType.media, .linuxInitrdMedia)
    path.appendEnd()
    initrd = InitrdOffer(given, carried, interface, path: try pool.copy(path.bytes, .bootServicesData))
    showInitrd(true)
  }

  /// Before an image is started: whether it may see the initrd.
  func showInitrd(to image: Image) {
    guard let initrd, let base = UnsafeRawPointer(bitPattern: UInt(image.base)) else { return }
    let memory = ByteView(base, count: Int(image.size))
    let takes = SystemdStub.takesPreviousInitrd(memory, layout: .mapped)
    if !takes { initrd.stub = memory }
    showInitrd(takes)
  }

  /// Puts the initrd on offer, or takes it away. The caller has replenished the heap.
  func showInitrd(_ isVisible: Bool) {
    guard let initrd, initrd.isVisible != isVisible else { return }
    initrd.isVisible = isVisible
    guard isVisible else { return hide(initrd) }
    let address = UInt(bitPattern: initrd.interface)
    if let path = DevicePath(initrd.path), let (handle, size) = try? locateDevicePath(.loadFile2, path),
      size == path.sizeWithoutEnd, let own = handles.interface(.loadFile2, on: handle)
    {
      // One handle with that path there must be, and who finds it must find both.
      initrd.replaced = own
      initrd.replacedAddress = own.address
      own.address = address
    } else {
      let handle = handles.install(.devicePath, UInt(bitPattern: initrd.path), on: nil, events: events)
      initrd.handle = handles.install(.loadFile2, address, on: handle, events: events)
    }
  }

  private func hide(_ initrd: InitrdOffer) {
    if let replaced = initrd.replaced, replaced.isInstalled { replaced.address = initrd.replacedAddress }
    initrd.replaced = nil
    guard let handle = initrd.handle else { return }
    initrd.handle = nil
    // A stub that took the initrd over has uninstalled the path alone.
    for guid in [GUID.loadFile2, .devicePath] {
      if let interface = handles.interface(guid, on: handle) { handles.remove(interface) }
    }
  }
}
