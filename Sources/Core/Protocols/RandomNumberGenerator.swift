// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
//
// EFI_RNG_PROTOCOL (UEFI 2.10, 37.5): what the CPU's generator gives, or a generator that the first kernel has seeded.
// With neither, the protocol is absent, and LocateProtocol says NOT_FOUND.

extension Firmware {
  /// - Parameter seed: what the first kernel has gathered for us; nil: nothing
  public func publishRandomness(seed: ByteView?) throws(Status) {
    if platform.random() == nil {
      // SP 800-90A wants entropy of 128 bits.
      guard let seed, seed.count >= 16 else { return }
      generator = HashDRBG(entropy: seed.buffer, nonce: platform.counter())
    }
    let memory = try pool.allocate(.bootServicesData, size: UInt64(MemoryLayout<EFI_RNG_PROTOCOL>.size))
    efi_fill_rng(memory.assumingMemoryBound(to: EFI_RNG_PROTOCOL.self))
    handles.install(.rng, UInt(bitPattern: memory), on: nil, events: events)
    try publishRandomSeed()
  }

  /// LINUX_EFI_RANDOM_SEED: a size and so many bytes. Linux's stub replaces it and frees it, so it is pool memory.
  private func publishRandomSeed() throws(Status) {
    let size = 32
    let table = try pool.allocate(.acpiReclaim, size: UInt64(size + 4))
    table.storeBytes(of: UInt32(size), as: UInt32.self)
    try fillRandom(table + 4, UInt64(size))
    try systemTable.install(.linuxRandomSeedTable, UInt(bitPattern: table))
  }

  /// - Throws: DEVICE_ERROR when the CPU's generator does not answer.
  func fillRandom(_ memory: UnsafeMutableRawPointer, _ length: UInt64) throws(Status) {
    if generator != nil {
      generator?.generate(UnsafeMutableRawBufferPointer(start: memory, count: Int(length)))
      return
    }
    var offset: UInt64 = 0
    while offset < length {
      guard let word = platform.random() else { throw .deviceError }
      for byte in 0..<min(8, length - offset) {
        memory.storeBytes(
          of: UInt8(truncatingIfNeeded: word >> (8 * byte)), toByteOffset: Int(offset + byte), as: UInt8.self)
      }
      offset += 8
    }
  }

  /// The algorithm that there is.
  fileprivate var randomAlgorithm: GUID { generator == nil ? .rngAlgorithmRaw : .rngAlgorithmHash256 }
}

@c @implementation public func virgil_rng_get_info(
  _ this: UnsafeMutableRawPointer!, _ size: UnsafeMutablePointer<UInt64>!, _ algorithms: UnsafeMutableRawPointer!
) -> efi_status {
  service {
    () throws(Status) in
    guard let size else { throw .invalidParameter }
    let room = size.pointee
    size.pointee = 16
    guard room >= 16 else { throw .bufferTooSmall }
    guard let algorithms else { throw .invalidParameter }
    firmware.randomAlgorithm.store(to: algorithms)
  }
}

@c @implementation public func virgil_rng_get(
  _ this: UnsafeMutableRawPointer!, _ algorithm: UnsafeRawPointer!, _ length: UInt64,
  _ value: UnsafeMutablePointer<UInt8>!
) -> efi_status {
  service {
    () throws(Status) in
    guard length > 0, length < 1 << 40, let value else { throw .invalidParameter }
    if let algorithm, GUID(at: algorithm) != firmware.randomAlgorithm { throw .unsupported }
    try firmware.fillRandom(UnsafeMutableRawPointer(value), length)
  }
}
