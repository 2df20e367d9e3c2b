// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// Which images LoadImage takes, found by having it load some.
enum ImageProbes {
  private typealias HandleOut = Out<UnsafeMutableRawPointer?>

  private static func load(
    _ image: TestImage, on machine: HostMachine
  ) throws -> (status: Status, image: EFI_LOADED_IMAGE_PROTOCOL?) {
    let (file, handle, out) = (image.file, HandleOut(nil), HandleOut(nil))
    let status = efi(machine.boot.LoadImage, 0, try machine.makeCaller(), nil, Buffer(file), file.count, handle)
    guard status == .success else { return (status, nil) }
    _ = efi(machine.boot.HandleProtocol, handle.value, GUID.loadedImage.buffer, out)
    return (status, out.value?.assumingMemoryBound(to: EFI_LOADED_IMAGE_PROTOCOL.self).pointee)
  }

  /// The machine types that an emulator for `machine` takes, of all there are.
  static func machines(takenBy machine: UInt16) throws -> [UInt16] {
    let host = try HostMachine(machine: machine)
    return try (0...UInt16.max).filter { candidate in
      guard PEMachine.isKnown(candidate) else { return false }
      var image = TestImage.ordinary()
      image.machine = candidate
      return try load(image, on: host).status == .success
    }
  }

  /// The subsystems, and the memory that an image of each gets.
  static func subsystems() throws -> [(number: UInt16, code: UInt32, data: UInt32)] {
    let host = try HostMachine(megabytes: 64)
    return try (0...UInt16(255)).compactMap { number in
      var image = TestImage.ordinary()
      image.subsystem = number
      return try load(image, on: host).image.map { (number, $0.ImageCodeType, $0.ImageDataType) }
    }
  }

  /// The section alignments, in bytes.
  static func alignments() throws -> [UInt32] {
    let host = try HostMachine(megabytes: 64)
    return try (0..<31).map { UInt32(1) << $0 }.filter { alignment in
      var image = TestImage()
      image.sectionAlignment = alignment
      image.entry = max(0x1000, alignment)
      image.sizeOfImage = image.entry + 0x1000
      image.sections = [
        .init(name: ".text", address: image.entry, size: 1, content: [0xc3], characteristics: TestImage.text)
      ]
      image.relocations = nil
      return image.sizeOfImage <= 32 << 20 ? try load(image, on: host).status == .success : false
    }
  }

  /// Whether a file is found that a memory-mapped device path names.
  static func isFoundInMemory() throws -> Bool {
    let host = try HostMachine()
    let file = TestImage.ordinary().file
    let place = try host.firmware.pool.copy(file, .loaderData)
    var path = DevicePathBuilder()
    path.appendMemoryMapped(.loaderData, start: place.word, end: place.word + UInt64(file.count) - 1)
    path.appendEnd()
    return efi(host.boot.LoadImage, 0, try host.makeCaller(), Buffer(path.bytes), nil, 0, HandleOut(nil)) == .success
  }
}
