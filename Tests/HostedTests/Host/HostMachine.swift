// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Testing

/// Everything that uses the one firmware there is, one test after the other.
@Suite(.serialized) enum FirmwareTests {}

/// A firmware on a machine of its own, which becomes `firmware`.
final class HostMachine {
  let platform: HostPlatform
  let firmware: Firmware

  /// - Parameters:
  ///   - megabytes: of conventional memory, all in one region
  ///   - configure: changes the platform before the firmware starts on it
  init(
    megabytes: UInt64 = 32, granularity: UInt64 = 0x10000, machine: UInt16 = PEMachine.x86_64,
    begin: Bool = false, configure: (HostPlatform) -> Void = { _ in }
  ) throws {
    platform = HostPlatform(size: megabytes << 20)
    configure(platform)
    let memory = MemoryMap()
    memory.set(MemoryRegion(start: platform.base, pages: platform.arenaSize / pageSize, type: .conventional))
    let log = Log(platform: platform)
    if begin { log.begin(buildID: 0x1234) }
    firmware = try Firmware(
      platform: platform, memory: memory, log: log, machine: machine,
      runtimeGranularity: granularity)
    HostedTests.firmware = firmware
  }

  var table: UnsafeMutablePointer<EFI_SYSTEM_TABLE> { firmware.systemTable.pointer }
  var boot: EFI_BOOT_SERVICES { table.pointee.BootServices.pointee }
  var runtime: EFI_RUNTIME_SERVICES { table.pointee.RuntimeServices.pointee }

  /// Fails when the map is out of order, or the page tables do not say what the map does.
  func check(sourceLocation: SourceLocation = #_sourceLocation) {
    let complaint = complaint(about: firmware.memory) ?? complaintAboutRights()
    #expect(complaint == nil, sourceLocation: sourceLocation)
  }

  private func complaintAboutRights() -> String? {
    if let stray = platform.strays.first {
      return "mapped foreign memory at \(hex(stray.address)), \(stray.size) bytes"
    }
    for region in firmware.memory.regions {
      var page = region.start
      while page < region.end {
        let access = platform.access(at: page)
        let fits = access == region.protection.access || region.protection == .lazy && access == .readExecute
        if !fits { return "\(hex(page)) is mapped \(access), and its protection is \(region.protection)" }
        page += pageSize
      }
    }
    return nil
  }

  /// A loaded image to be the caller in services that want one: never started, without memory of its own.
  func makeCaller() throws -> Image {
    try firmware.add(
      LaidOutImage(
        base: platform.base, size: pageSize, allocatedPages: 0, entryPoint: platform.base, subsystem: .application),
      parent: nil, path: nil)
  }
}

/// What is wrong with a memory map; nil when nothing is.
func complaint(about map: MemoryMap) -> String? {
  var previous: MemoryRegion?
  for region in map.regions {
    if region.pages == 0 { return "an empty region at \(hex(region.start))" }
    if !region.start.isPageAligned { return "\(hex(region.start)) is no page boundary" }
    if let previous {
      if previous.end > region.start { return "\(hex(region.start)) starts before \(hex(previous.end))" }
      if previous.end == region.start, previous.isLike(region) { return "not merged at \(hex(region.start))" }
    }
    previous = region
  }
  return nil
}

extension Firmware {
  /// The variable SecureBoot; nil: there is none.
  var secureBootVariable: UInt8? {
    var size: UInt64 = 1
    var value: UInt8 = 0
    let (name, vendor) = (ucs2("SecureBoot"), GUID.globalVariable.buffer)
    defer { extendLifetime((name, vendor)) }
    let status = variables.get(name.view.base, vendor.view.base, nil, &size, &value)
    return status == .success && size == 1 ? value : nil
  }
}

func hex(_ value: UInt64) -> String { "0x" + String(value, radix: 16) }
