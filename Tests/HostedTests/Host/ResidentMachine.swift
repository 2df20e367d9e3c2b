// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Testing

/// What a kernel's loader leaves in memory: a machine of 32 MiB with a handover block that names places in it. A test
/// changes what it is about before it makes the block.
struct ResidentMachine {
  let platform = HostPlatform(size: 32 << 20)
  var base: UInt64 { platform.base }
  var image = TestImage.ordinary().file
  var origin = VIRGIL_IMAGE_FILE
  var verified: UInt32 = 1
  var commandLine = "console=hvc0"
  var initrd: [UInt8] = Array("an initrd, for all anybody knows".utf8)
  var deviceTree: [UInt8]?
  /// Secure Boot and lockdown; nil: no record.
  var state: (secureBoot: UInt8, lockdown: UInt8)?
  var tables: [(GUID, UInt64)] = []
  var verifiedFiles: [(address: UInt64, size: UInt64)] = []
  /// In place of what would be right.
  var ranges: [UInt32: (UInt64, UInt64)] = [:]
  /// Records of regions behind the right ones.
  var regions: [(start: UInt64, size: UInt64, type: MemoryType)] = []
  /// Bytes of records that nobody knows.
  var ballast = 0

  var emulator: PhysicalRange { PhysicalRange(address: base + 0x10_0000, size: 0x10_0000)! }
  var initrdPlace: UInt64 { base + 0x50_0000 }
  var runtimePlace: UInt64 { base + 0x1f0_0000 }
  var deviceTreePlace: UInt64 { base + 0x90_0000 }
  var blockPlace: UInt64 { base + 0x70_0000 }

  func put(_ bytes: some Collection<UInt8>, at address: UInt64) {
    UnsafeMutableRawBufferPointer(start: UnsafeMutableRawPointer(bitPattern: UInt(address)), count: bytes.count)
      .copyBytes(from: bytes)
  }

  /// Puts everything where the block says it is, except the block.
  func block() -> [UInt8] {
    put(image, at: base + 0x40_0000)
    put(initrd, at: initrdPlace)
    put(commandLine.utf8, at: base + 0x60_0100)
    var places: [UInt32: (UInt64, UInt64)] = [
      RecordType.image: (base + 0x40_0000, UInt64(image.count)),
      RecordType.initrd: (initrdPlace, UInt64(initrd.count)),
      RecordType.commandLine: (base + 0x60_0100, UInt64(commandLine.utf8.count)),
      RecordType.emulator: (emulator.address, emulator.size),
      RecordType.scratch: (base + 0x20_0000, 0x10_0000),
    ]
    if let deviceTree {
      put(deviceTree, at: deviceTreePlace)
      places[RecordType.deviceTree] = (deviceTreePlace, UInt64(deviceTree.count))
    }
    places.merge(ranges) { $1 }
    var writer = HandoverWriter()
    for (type, place) in places.sorted(by: { $0.key < $1.key }) where place != (0, 0) {
      if type == RecordType.image {
        writer.append(
          type,
          virgil_image_record(
            record: virgil_record(), address: place.0, size: place.1, origin: UInt32(origin.rawValue),
            verified: verified, sha256: virgil_image_record().sha256))
      } else {
        writer.appendRange(type, address: place.0, size: place.1)
      }
    }
    // As a kernel that was booted by EFI says it: what firmware has done with, in pieces.
    let half = platform.arenaSize / 2 / pageSize
    writer.appendMemory(start: base, pages: half, type: .bootServicesCode, attribute: MemoryAttribute.ram)
    writer.appendMemory(
      start: base + half * pageSize, pages: half, type: .conventional, attribute: MemoryAttribute.ram)
    writer.appendMemory(
      start: runtimePlace, pages: 16, type: .runtimeServicesData,
      attribute: MemoryAttribute.ram | MemoryAttribute.runtime, virtualStart: 0xffff_fe00_0000_0000)
    for region in regions {
      writer.appendMemory(
        start: region.start, pages: region.size / pageSize, type: region.type, attribute: MemoryAttribute.ram)
    }
    for (guid, address) in tables { writer.appendTable(guid, address: address) }
    if let state {
      writer.append(RecordType.secureBoot, payload: [state.secureBoot, 0, state.lockdown, 0, 0, 0, 0, 0])
    }
    for file in verifiedFiles {
      var record = virgil_verified_record()
      (record.address, record.size) = file
      writer.append(RecordType.verified, record)
    }
    writer.append(RecordType.randomSeed, payload: [UInt8](1...32))
    if ballast > 0 { writer.append(0x7777, payload: [UInt8](repeating: 7, count: ballast)) }
    return writer.finish()
  }

  /// The road for a block that is put in its place.
  func road(_ block: [UInt8]) throws -> ResidentRoad {
    put(block, at: blockPlace)
    let view = ByteView(UnsafeRawPointer(bitPattern: UInt(blockPlace))!, count: block.count)
    return ResidentRoad(
      block: try HandoverReader(view, address: blockPlace), memory: PhysicalMemory(platform: platform),
      log: Log(platform: platform))
  }

  /// Goes the whole road, up to a firmware that could run the payload.
  func start() throws -> Start {
    let road = try road(block())
    try #require(road.isSound(emulator: emulator), "\(platform.text)")
    let bytes = try #require(road.information(), "\(platform.text)").handover(found: road.block)
    // What the kernel wrote is not looked at again.
    put([UInt8](repeating: 0xa5, count: 0x1000), at: blockPlace)
    // Never freed: the firmware reads it for as long as the test runs.
    let kept = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 16)
    kept.copyBytes(from: bytes)
    return Start(
      block: try HandoverReader(ByteView(UnsafeRawBufferPointer(kept)), address: 0), platform: platform,
      log: Log(platform: platform), machine: PEMachine.x86_64, runtimeGranularity: pageSize)
  }
}
