// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Bytes
import CarriedImage
import LinuxBoot
import PE

extension Image {
  /// Whether what kexec enters is the emulator, and finds the payload where a PE loader would put it.
  func checkCarried(_ found: inout Findings) {
    checkPlaces(&found)
    let contents: CarriedContents
    do {
      contents = try CarriedContents(headers, of: file)
    } catch {
      found.spoil(".virgil is damaged: \(error)")
      return
    }
    let emulator = contents.emulator
    found.expect(emulator.machine == headers.machine, "its emulator is for another machine (\(hex(emulator.machine)))")
    if let entry = entryTarget {
      found.expect(
        entry == contents.emulatorRVA,
        "kexec's entry leads to \(hex(entry)), the emulator is at \(hex(contents.emulatorRVA))")
    } else {
      found.spoil("there is no jump to the emulator where kexec enters it")
    }
    if let block = headers.section(named: ".virgil") {
      let place = contents.emulatorRVA &+ emulator.carriedOffset
      found.expect(
        place == UInt64(block.virtualAddress), "its emulator looks for the carried block at \(hex(place))")
    }
    let needed = contents.records.reduce(contents.emulatorRVA + emulator.memorySize) { end, record in
      if case .range("scratch", let rva, let size) = record { return max(end, rva &+ size) }
      return end
    }
    if let given = memorySize {
      found.expect(given >= needed, "its boot header asks for \(hex(given)) bytes of memory; it uses \(hex(needed))")
    }
  }

  /// Sections lie in the file as in memory: kexec copies the file flat. `.vhead` is for kexec alone.
  private func checkPlaces(_ found: inout Findings) {
    for section in headers.sections where section.sizeInFile > 0 && !section.isNamed(".vhead") {
      let place = Int(section.virtualAddress) + shift
      found.expect(
        Int(section.pointerToRawData) == place,
        "the section at RVA \(hex(section.virtualAddress)) is at \(hex(section.pointerToRawData)) in the file; kexec "
          + "wants it at \(hex(place))")
    }
  }

  /// Memory that the boot header asks for.
  private var memorySize: UInt64? {
    isARM64 ? ImageHeader(file)?.imageSize : SetupHeader(file).map { UInt64($0[BootParams.Fields.init_size]) }
  }

  /// The RVA that kexec's entry goes to.
  private var entryTarget: UInt64? { isARM64 ? arm64Target : x86Target }

  /// x86: `jmp rel32` at the 64-bit entry.
  private var x86Target: UInt64? {
    let entry = SetupHeader.entry64
    guard file.byte(shift + entry) == 0xe9, let distance = file.littleEndian(shift + entry + 1, as: Int32.self) else {
      return nil
    }
    return UInt64(exactly: entry + 5 + Int(distance))
  }

  /// arm64: `b` in the second instruction; it goes there, or to a veneer in the headers.
  private var arm64Target: UInt64? {
    guard let instruction = file.littleEndian(4, as: UInt32.self), instruction >> 26 == 0b000101 else { return nil }
    let words = Int(Int32(bitPattern: instruction << 6) >> 6)
    let target = 4 + words * 4
    guard target >= 0 else { return nil }
    guard target < Int(headers.sizeOfHeaders) else { return UInt64(target) }
    // Three instructions that add the 64-bit number behind the fourth to the second one's address.
    guard file.littleEndian(target, as: UInt32.self) == 0x5800_0091,
      file.littleEndian(target + 4, as: UInt32.self) == 0x1000_0010,
      let distance = file.littleEndian(target + 16, as: Int64.self)
    else { return nil }
    return UInt64(exactly: (Int64(target) + 4).addingReportingOverflow(distance).partialValue)
  }
}
