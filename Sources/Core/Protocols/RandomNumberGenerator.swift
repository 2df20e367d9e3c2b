// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
//
// EFI_RNG_PROTOCOL (UEFI 2.10, 37.5): what the CPU's generator gives. Without one the protocol is absent, and
// LocateProtocol says NOT_FOUND.

extension Firmware {
  func installRandomNumberGenerator() throws(Status) {
    guard platform.random() != nil else { return }
    let memory = try pool.allocate(.bootServicesData, size: UInt64(MemoryLayout<EFI_RNG_PROTOCOL>.size))
    efi_fill_rng(memory.assumingMemoryBound(to: EFI_RNG_PROTOCOL.self))
    handles.install(.rng, UInt(bitPattern: memory), on: nil, events: events)
  }
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
    GUID.rngAlgorithmRaw.store(to: algorithms)
  }
}

@c @implementation public func virgil_rng_get(
  _ this: UnsafeMutableRawPointer!, _ algorithm: UnsafeRawPointer!, _ length: UInt64,
  _ value: UnsafeMutablePointer<UInt8>!
) -> efi_status {
  service {
    () throws(Status) in
    guard length > 0, let value else { throw .invalidParameter }
    if let algorithm, GUID(at: algorithm) != .rngAlgorithmRaw { throw .unsupported }
    var offset: UInt64 = 0
    while offset < length {
      guard let word = firmware.platform.random() else { throw .deviceError }
      for byte in 0..<min(8, length - offset) {
        value[Int(offset + byte)] = UInt8(truncatingIfNeeded: word >> (8 * byte))
      }
      offset += 8
    }
  }
}
