// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// What the emulator was started for: an image, and what it is told.
public struct Payload {
  public enum Source {
    /// Laid out at its RVAs: first byte, and bytes that are its own.
    case inPlace(base: UInt64, size: UInt64)
    /// A file in memory.
    case file(ByteView)
  }
  public let source: Source
  /// UTF-8, without a NUL; empty: no load options.
  public let commandLine: ByteView
  /// Where its file would be: UTF-8, with slashes between the names. nil: nobody knows; on a file system that is on offer,
  /// EFI/Linux/image.efi.
  public let path: ByteView?

  public init(source: Source, commandLine: ByteView, path: ByteView? = nil) {
    self.source = source
    self.commandLine = commandLine
    self.path = path
  }
}

extension Firmware {
  /// Loads the payload and runs it. Returns only when it does.
  ///
  /// - Throws: what LoadImage would.
  public func run(_ payload: Payload) throws(Status) -> Status {
    let layout: LaidOutImage
    switch payload.source {
    case .inPlace(let base, let size): layout = try loader.adopt(base: base, size: size)
    case .file(let file): layout = try loader.load(file: file)
    }
    let path: UnsafeMutableRawPointer
    if let name = payload.path ?? (fileSystem == nil ? nil : FileSystem.imagePath) {
      // systemd-stub and boot managers look for what belongs to them on their own device, beside their own file; and
      // what user space reads in LoaderImageIdentifier is the file's path, whether there are other files or not.
      path = try FileSystem.devicePath(of: name, onVolume: fileSystem != nil, pool)
    } else {
      var builder = DevicePathBuilder()
      builder.appendMemoryMapped(layout.subsystem.codeType, start: layout.base, end: layout.base + layout.size - 1)
      builder.appendEnd()
      path = try pool.copy(builder.bytes, .bootServicesData)
    }
    defer { try? pool.free(path) }
    let image = try add(layout, parent: nil, path: DevicePath(path))
    image.loadedImage.pointee.ParentHandle = emulatorHandle
    let options: UnsafeMutableRawPointer?
    do {
      options = try setLoadOptions(image, payload.commandLine)
    } catch {
      unload(image)
      throw error
    }
    // A payload may have put options of its own in their place: only ours are ours to free.
    defer { if let options { try? pool.free(options) } }
    log.write(.debug) { $0.text("payload at ").hex(image.base).text(", entry ").hex(image.entryPoint) }
    let status = try startImage(image)
    unloadAfterExit(image, status)
    return status
  }

  /// Load options are the command line in UCS-2 with its NUL, as boot loaders pass it to a kernel.
  ///
  /// - Returns: the options in pool memory; nil when there are none.
  private func setLoadOptions(_ image: Image, _ commandLine: ByteView) throws(Status) -> UnsafeMutableRawPointer? {
    guard !commandLine.isBlank else { return nil }
    // A byte of UTF-8 gives one unit at most. The line may be longer than the heap's reserve: no array of it is made.
    let options = try pool.allocate(.loaderData, size: UInt64(commandLine.count + 1) * 2)
    image.loadedImage.pointee.LoadOptions = options
    image.loadedImage.pointee.LoadOptionsSize = UInt32(UTF8Decoder.writeUTF16(commandLine, to: options))
    return options
  }
}

extension ByteView {
  /// Whether there is nothing but spaces and control characters.
  public var isBlank: Bool {
    for byte in buffer where byte > 0x20 { return false }
    return true
  }
}

extension Firmware {
  /// Where in its image an address lies, for fault reports.
  public func relativeAddress(of address: UInt64) -> UInt64? {
    images.last { address >= $0.base && address - $0.base < $0.size }.map { address - $0.base }
  }
}
