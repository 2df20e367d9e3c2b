// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
//
// Image services (UEFI 2.10, 7.4), in the order of the table.

extension Firmware {
  /// The image that a handle stands for.
  func image(_ value: Handle?) throws(Status) -> Image {
    for image in images where image.handle == value { return image }
    throw .invalidParameter
  }

  /// 7.4.1.
  func loadImage(
    parent: Image, path: DevicePath?, source: ByteView?, bootPolicy: Bool
  ) throws(Status) -> Image {
    var file = source
    var buffer: UnsafeMutableRawPointer?
    var isSealed = false
    defer { if let buffer { try? pool.free(buffer) } }
    if file == nil {
      guard let path else { throw .notFound }
      do throws(Status) {
        let read = try readFile(path, bootPolicy: bootPolicy)
        buffer = read.memory
        file = ByteView(UnsafeRawPointer(read.memory), count: read.size)
        isSealed = read.isSealed
      } catch {
        // A path that no device has may still say where in memory the file lies.
        guard error == .notFound, let mapped = mappedFile(path) else { throw error }
        file = mapped
      }
    }
    guard let file else { throw .notFound }
    try authenticate(file, isSealed: isSealed)
    return try add(try loader.load(file: file), parent: parent, path: path)
  }

  /// The bytes that a Memory Mapped Device Path (10.3.2.3) names, where all of them are memory.
  private func mappedFile(_ path: DevicePath) -> ByteView? {
    let node = path.node(at: 0)
    guard node.type == DevicePathType.hardware, node.subType == 3, path.sizeWithoutEnd == node.bytes.count,
      let first = node.bytes.littleEndian(8, as: UInt64.self), let last = node.bytes.littleEndian(16, as: UInt64.self),
      first < last, last < 1 << 52, let start = UnsafeRawPointer(bitPattern: UInt(first)),
      memory.covers(first, last + 1, where: { $0.type.isMappedRAM })
    else { return nil }
    return ByteView(start, count: Int(last - first + 1))
  }

  /// Reads a file by the protocols that 7.4.1 names: Simple File System, Load File 2 unless it is a boot option, then
  /// Load File.
  private func readFile(_ path: DevicePath, bootPolicy: Bool) throws(Status) -> LoadedFile {
    if let found = try readFile(onFileSystemOf: path) { return found }
    if !bootPolicy {
      do throws(Status) {
        return try readFile(path, .loadFile2, 0)
      } catch {
        guard error == .notFound else { throw error }
      }
    }
    return try readFile(path, .loadFile, bootPolicy ? 1 : 0)
  }

  private func readFile(
    _ path: DevicePath, _ guid: GUID, _ bootPolicy: UInt8
  ) throws(Status) -> LoadedFile {
    let (handle, consumed) = try locateDevicePath(guid, path)
    guard let interface = handles.interface(guid, on: handle),
      let loadFile = UnsafeMutableRawPointer(bitPattern: interface.address)
    else { throw .notFound }
    let rest = UnsafeMutableRawPointer(mutating: path.start + consumed)
    var size: UInt64 = 0
    var status = Status(rawValue: efi_call_load_file(loadFile, rest, bootPolicy, &size, nil))
    guard status == .bufferTooSmall else { throw status.isError ? status : .loadError }
    let room = size
    let buffer = try pool.allocate(.bootServicesData, size: room)
    status = Status(rawValue: efi_call_load_file(loadFile, rest, bootPolicy, &size, buffer))
    guard !status.isError else {
      try? pool.free(buffer)
      throw status
    }
    return LoadedFile(memory: buffer, size: Int(min(size, room)), isSealed: false)
  }

  /// Makes the handle of an image that is in memory.
  func add(_ layout: LaidOutImage, parent: Image?, path: DevicePath?) throws(Status) -> Image {
    do {
      return try makeImage(layout, parent: parent, path: path)
    } catch {
      if layout.allocatedPages > 0 {
        try? pages.free(layout.base, pages: layout.allocatedPages, owner: .emulator)
      }
      throw error
    }
  }

  private func makeImage(_ layout: LaidOutImage, parent: Image?, path: DevicePath?) throws(Status) -> Image {
    guard pages.replenish(), layout.subsystem != .runtimeDriver || hasRuntimeEntry else { throw .outOfResources }
    let size = UInt64(MemoryLayout<EFI_LOADED_IMAGE_PROTOCOL>.size)
    let memory = try pool.allocate(.bootServicesData, size: size)
    memory.initializeMemory(as: UInt8.self, repeating: 0, count: Int(size))
    let loadedImage = memory.assumingMemoryBound(to: EFI_LOADED_IMAGE_PROTOCOL.self)
    var wholePath: UnsafeMutableRawPointer?
    do {
      wholePath = try path.map { path throws(Status) in try copy(path) }
    } catch {
      try? pool.free(memory)
      throw error
    }
    loadedImage.pointee.Revision = 0x1000
    loadedImage.pointee.ParentHandle = parent?.handle
    loadedImage.pointee.SystemTable = systemTable.pointer
    loadedImage.pointee.ImageBase = UnsafeMutableRawPointer(bitPattern: UInt(layout.base))
    loadedImage.pointee.ImageSize = layout.size
    loadedImage.pointee.ImageCodeType = layout.subsystem.codeType.rawValue
    loadedImage.pointee.ImageDataType = layout.subsystem.dataType.rawValue
    if let wholePath, let path = DevicePath(wholePath) {
      // FilePath is what is left of the path behind its device (9.1.1); both live in one block of pool memory.
      if let (device, consumed) = try? locateDevicePath(.devicePath, path) {
        loadedImage.pointee.DeviceHandle = device
        loadedImage.pointee.FilePath = wholePath + consumed
      } else {
        loadedImage.pointee.FilePath = wholePath
      }
    }
    let handle = handles.install(.loadedImage, UInt(bitPattern: memory), on: nil, events: events)
    handles.install(.loadedImageDevicePath, UInt(bitPattern: wholePath), on: handle, events: events)
    installPackages(of: layout, on: handle)
    let image = Image(
      handle: handle, base: layout.base, size: layout.size, allocatedPages: layout.allocatedPages,
      entryPoint: layout.entryPoint, subsystem: layout.subsystem, parent: parent, loadedImage: loadedImage)
    images.append(image)
    return image
  }

  private func copy(_ path: DevicePath) throws(Status) -> UnsafeMutableRawPointer {
    let copy = try pool.allocate(.bootServicesData, size: UInt64(path.size))
    copy.copyMemory(from: path.start, byteCount: path.size)
    return copy
  }

  /// 7.4.2.
  func startImage(_ image: Image) throws(Status) -> Status {
    // An image without an entry point can be read, as systemd's add-ons are, but not started.
    guard !image.isStarted, image.entryPoint != image.base else { throw .invalidParameter }
    guard pages.replenish() else { throw .outOfResources }
    let context = UnsafeMutablePointer<efi_image_context>.allocate(capacity: 1)
    defer { context.deallocate() }
    image.isStarted = true
    image.context = context
    let level = events.currentTPL
    let caller = runningImage
    runningImage = image
    let sawInitrd = initrd?.isVisible
    showInitrd(to: image)
    let status = Status(
      rawValue: efi_start_image(
        context, image.entryPoint, image.handle, systemTable.pointer))
    runningImage = caller
    image.context = nil
    if let sawInitrd { showInitrd(sawInitrd) }
    if events.currentTPL != level {
      log.write(.warning) { $0.text("an image returned at another task priority level") }
      if events.currentTPL > level { events.restore(to: level) } else { _ = events.raise(to: level) }
    }
    return status
  }

  /// 7.4.4: an application goes when it is done, a driver when it has failed.
  func unloadAfterExit(_ image: Image, _ status: Status) {
    if image.subsystem == .application || status.isError { unload(image) }
  }

  /// Forgets an image, all it has opened, and its memory.
  func unload(_ image: Image) {
    handles.forget(agent: image.handle)
    for guid in [GUID.hiiPackageList, .loadedImage] {
      if let interface = handles.interface(guid, on: image.handle) { handles.remove(interface) }
    }
    if let interface = handles.interface(.loadedImageDevicePath, on: image.handle) {
      handles.remove(interface)
      if let path = UnsafeMutableRawPointer(bitPattern: interface.address) { try? pool.free(path) }
    }
    try? pool.free(UnsafeMutableRawPointer(image.loadedImage))
    if image.allocatedPages > 0 { try? pages.free(image.base, pages: image.allocatedPages, owner: .emulator) }
    images.removeAll { $0 === image }
  }
}

@c @implementation public func virgil_load_image(
  _ bootPolicy: UInt8, _ parent: efi_handle!, _ path: UnsafeMutableRawPointer!, _ source: UnsafeMutableRawPointer!,
  _ size: UInt64, _ image: UnsafeMutablePointer<efi_handle?>!
) -> efi_status {
  service {
    () throws(Status) in
    guard let image else { throw .invalidParameter }
    image.pointee = nil
    let parent = try firmware.image(parent)
    var devicePath: DevicePath?
    if let path {
      guard let parsed = DevicePath(path) else { throw .invalidParameter }
      devicePath = parsed
    }
    guard devicePath != nil || source != nil else { throw .notFound }
    guard source == nil || size > 0 && size < 1 << 40 else { throw .loadError }
    let view = source.map { ByteView(UnsafeRawPointer($0), count: Int(size)) }
    let loaded = try firmware.loadImage(parent: parent, path: devicePath, source: view, bootPolicy: bootPolicy != 0)
    image.pointee = loaded.handle
  }
}

@c @implementation public func virgil_start_image(
  _ handle: efi_handle!, _ exitDataSize: UnsafeMutablePointer<UInt64>!,
  _ exitData: UnsafeMutablePointer<UnsafeMutablePointer<efi_char16>?>!
) -> efi_status {
  var result = Status.success
  let status = service {
    () throws(Status) in
    let image = try firmware.image(handle)
    result = try firmware.startImage(image)
    if let exitData {
      exitData.pointee = image.exitData
      exitDataSize?.pointee = image.exitDataSize
    } else if let data = image.exitData {
      try? firmware.pool.free(UnsafeMutableRawPointer(data))
    }
    firmware.unloadAfterExit(image, result)
  }
  return status != 0 ? status : result.rawValue
}

@c @implementation public func virgil_exit(
  _ handle: efi_handle!, _ status: efi_status, _ size: UInt64, _ data: UnsafeMutablePointer<efi_char16>!
) -> efi_status {
  var unwind: (context: UnsafeMutablePointer<efi_image_context>, status: efi_status)?
  let result = service {
    () throws(Status) in
    let image = try firmware.image(handle)
    guard image.isStarted else {
      // 7.4.5: an image that was never started is unloaded.
      firmware.unload(image)
      return
    }
    guard image === firmware.runningImage, let context = image.context else { throw .invalidParameter }
    // 7.4.5: they are ignored with EFI_SUCCESS.
    if status != 0, data != nil {
      image.exitData = data
      image.exitDataSize = size
    }
    unwind = (context, status)
  }
  if let unwind { efi_exit_image(unwind.context, unwind.status) }
  return result
}

@c @implementation public func virgil_unload_image(_ handle: efi_handle!) -> efi_status {
  service {
    () throws(Status) in
    let image = try firmware.image(handle)
    if image.isStarted {
      // 7.4.3: a started image can be unloaded if it says how, and unless it, or who is to come back to it, still runs.
      guard image.context == nil, let unload = image.loadedImage.pointee.Unload else { throw .unsupported }
      let status = Status(
        rawValue: efi_call_unload(UInt64(UInt(bitPattern: unsafeBitCast(unload, to: Int.self))), handle))
      guard !status.isError else { throw status }
    }
    firmware.unload(image)
  }
}

@c @implementation public func virgil_exit_boot_services(_ handle: efi_handle!, _ key: UInt64) -> efi_status {
  service {
    () throws(Status) in
    _ = try firmware.image(handle)
    try firmware.exitBootServices(key: key)
  }
}
