// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Bytes
import LinuxBoot
import PE
import Targets
import UKI

// The boot headers that kexec looks for, and the way from them to the emulator.
extension Composer {
  /// arm64: the DOS header doubles as the Image header, whose second instruction branches to the emulator.
  func arm64Headers() throws(Refusal) -> [Plan.Run] {
    var bytes = baseHeaders(count: Int(layout.firstSection))
    let code1 = Int64(ImageHeader.Fields.code1.offset)
    let branch: UInt32
    if let near = ImageHeader.branch(over: Int64(emulator) - code1) {
      branch = near
    } else if let place = layout.veneer {
      let veneer = Veneer.bytes(at: Int64(place), to: Int64(emulator))
      bytes.replaceSubrange(place..<place + veneer.count, with: veneer)
      // The headers end below the first section; one further than 128 MiB would have been refused as too large.
      branch = ImageHeader.branch(over: Int64(place) - code1) ?? 0
    } else {
      throw .noHeaderRoom(needed: 8 + Veneer.size, room: layout.headersEnd)
    }
    let header = ImageHeader(code1: branch, imageSize: memorySize, peOffset: UInt32(layout.peOffset))
    bytes.withUnsafeMutableBytes { header.write(to: $0) }
    return [run("headers", bytes, fileOffset: 0, rva: 0, characteristics: nil)]
  }

  /// x86: the setup header in the first page, which kexec reads and does not load; then what it loads first, headers
  /// again up to the first section, with a jump to the emulator at the 64-bit entry.
  func x86Headers() -> [Plan.Run] {
    var bytes = baseHeaders(count: Layout.x86HeadersSize)
    bytes.withUnsafeMutableBytes { writeSetupHeader(to: $0) }

    let rest = Layout.headers(headers, payload, count: Int(layout.firstSection)).dropFirst(bytes.count)
    var memory = Array((bytes + rest).prefix(Int(layout.firstSection)))
    for index in SetupHeader.start..<min(Layout.lowestPEOffset.x86_64, memory.count) { memory[index] = 0 }
    let entry = SetupHeader.entry64
    memory.withUnsafeMutableBytes {
      $0[entry] = 0xe9  // jmp rel32
      Field<UInt32>(entry + 1).write(UInt32(emulator) - UInt32(entry + 5), to: $0)
    }
    // Headers that end early leave the rest of the first page to `.vhead`.
    let end = layout.headersEnd
    return [
      run("headers", Array(bytes[..<end]), fileOffset: 0, rva: 0, characteristics: nil),
      run(
        Self.vhead.description, bytes[end...] + memory, fileOffset: end, rva: UInt32(vheadRVA),
        characteristics: dataCharacteristics),
    ]
  }

  /// The payload's own setup header if it has one: kernels before 6.6 read theirs at the image base. What kexec goes
  /// by is ours.
  private func writeSetupHeader(to bytes: UnsafeMutableRawBufferPointer) {
    typealias Fields = BootParams.Fields
    if let own = SetupHeader(payload) {
      let range = own.range.clamped(to: SetupHeader.start..<Layout.lowestPEOffset.x86_64)
      if let source = payload.slice(range.lowerBound, count: range.count) {
        UnsafeMutableRawBufferPointer(rebasing: bytes[range]).copyMemory(from: source.buffer)
      }
    } else {
      // x86's COMMAND_LINE_SIZE is 2048. Here a profile's number may come before it, and kexec_file_load keeps 30 bytes for
      // an elfcorehdr= of its own.
      Fields.cmdline_size.write(4095, to: bytes)
      Fields.initrd_addr_max.write(0x7fff_ffff, to: bytes)
      Fields.pref_address.write(0x100_0000, to: bytes)
      Field<UInt8>(0x235).write(21, to: bytes)  // min_alignment: 2 MiB
    }
    Fields.setup_sects.write(UInt8(Layout.x86HeadersSize / 512 - 1), to: bytes)
    SetupHeader.Fields.syssize.write(UInt32((UInt64(layout.virgil) + virgilFileSize) / 16), to: bytes)
    Fields.boot_flag.write(SetupHeader.bootFlag, to: bytes)
    SetupHeader.Fields.jump.write(0x6aeb, to: bytes)  // over the header, which ends at 0x26c
    Fields.header.write(SetupHeader.magic, to: bytes)
    Fields.version.write(0x020f, to: bytes)
    SetupHeader.Fields.kernel_version.write(0, to: bytes)
    Fields.loadflags.write(1, to: bytes)  // LOADED_HIGH
    Fields.code32_start.write(0x10_0000, to: bytes)
    Fields.kernel_alignment.write(UInt32(Target.x86_64.loadAlignment), to: bytes)
    Fields.relocatable_kernel.write(1, to: bytes)
    Fields.xloadflags.write(
      SetupHeader.XLoadFlags.kernel64 | SetupHeader.XLoadFlags.canBeLoadedAbove4G | SetupHeader.XLoadFlags.efiKexec
        | SetupHeader.XLoadFlags.fiveLevel,
      to: bytes)
    // Offsets into the protected-mode part, which is another one now.
    Fields.payload_offset.write(0, to: bytes)
    Fields.payload_length.write(0, to: bytes)
    Fields.handover_offset.write(0, to: bytes)
    Fields.kernel_info_offset.write(0, to: bytes)
    Fields.init_size.write(UInt32(memorySize), to: bytes)
  }

  private func run(
    _ name: String, _ bytes: [UInt8], fileOffset: Int, rva: UInt32, characteristics: UInt32?
  ) -> Plan.Run {
    var contents = FileContents()
    contents.append(.bytes(bytes))
    return Plan.Run(
      name: name, fileOffset: fileOffset, contents: contents, rva: rva, sizeInMemory: UInt32(bytes.count),
      characteristics: characteristics)
  }
}
