// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Authenticode
import Bytes
import LinuxBoot
import PE
import Targets
import UKI

/// Puts the parts together: sizes first, then headers, then the runs of the file.
struct Composer {
  let payload: ByteView
  let headers: PEHeaders
  let layout: Layout
  let blob: Emulator
  let block: CarriedBlock

  static let virgil = SectionName(literal: ".virgil")
  static let vhead = SectionName(literal: ".vhead")

  var isARM64: Bool { headers.machine == PEMachine.arm64 }
  /// From an RVA to its file offset.
  var shift: UInt64 { isARM64 ? 0 : UInt64(Layout.x86HeadersSize) }
  var emulator: UInt64 { UInt64(layout.virgil) + block.room }

  /// `.virgil` in the file, in whole pages, and in memory.
  var virgilFileSize: UInt64 {
    (block.room + UInt64(blob.bytes.count)).roundedUp(to: CarriedImage.page)!
  }
  var virgilMemorySize: UInt64 { block.room + blob.memorySize }

  /// Memory from the image's base on that kexec must give it.
  var memorySize: UInt64 {
    let end = emulator + blob.memorySize + CarriedImage.scratchSize
    let size = end.roundedUp(to: (isARM64 ? Target.aarch64 : .x86_64).imageSizeGranularity)!
    // Kernels before 6.6 read it back from the header at their image base, under firmware too.
    let own = SetupHeader(payload).map { UInt64($0[BootParams.Fields.init_size]) } ?? 0
    return isARM64 ? size : max(size, own)
  }

  /// RVA of `.vhead`: behind all that lies in memory at its RVA.
  var vheadRVA: UInt64 {
    (UInt64(layout.virgil) + virgilMemorySize).roundedUp(to: alignment)!
  }
  /// `.vhead`: what the headers leave of the first page, and what kexec loads in front of the first section.
  private var vheadSize: UInt32 { UInt32(Layout.x86HeadersSize - layout.headersEnd) + layout.firstSection }

  /// Our sections start on pages, whatever the others do.
  private var alignment: UInt64 { max(UInt64(headers.sectionAlignment), CarriedImage.page) }

  var sizeOfImage: UInt64 {
    let end = isARM64 ? UInt64(layout.virgil) + virgilMemorySize : vheadRVA + UInt64(vheadSize)
    return end.roundedUp(to: alignment)!
  }

  func plan() throws(Refusal) -> Plan {
    let largest = max(sizeOfImage, memorySize, UInt64(layout.virgil) + virgilFileSize + shift)
    guard largest <= UInt64(UInt32.max) else { throw .tooLarge(largest) }
    var runs = isARM64 ? try arm64Headers() : x86Headers()
    runs += sections()
    runs.append(virgilRun())
    let kind = ImageKind(headers, of: payload)
    return Plan(
      machine: headers.machine, payloadKind: kind, runs: runs, memorySize: memorySize, virgil: layout.virgil,
      emulator: UInt32(emulator), buildID: blob.buildID,
      initrds: InitrdPart.all(of: headers, kind: kind, carried: block.initrd?.count ?? 0),
      hasCommandLine: block.commandLine != nil, notes: notes(), lostSignature: lostSignature)
  }

  /// The payload's sections at their places, each filled up with zeros to the next one's.
  private func sections() -> [Plan.Run] {
    let occupied = headers.sections.filter { $0.sizeInMemory > 0 }
    return occupied.indices.map { index in
      let section = occupied[index]
      let end = index + 1 < occupied.count ? occupied[index + 1].virtualAddress : layout.virgil
      var contents = FileContents()
      if let data = payload.slice(Int(section.pointerToRawData), count: Int(section.sizeInFile)) {
        contents.append(.view(data))
      }
      contents.pad(to: Int(end - section.virtualAddress))
      return Plan.Run(
        name: section.nameText, fileOffset: Int(UInt64(section.virtualAddress) + shift), contents: contents,
        rva: section.virtualAddress, sizeInMemory: section.sizeInMemory, characteristics: section.characteristics)
    }
  }

  private func virgilRun() -> Plan.Run {
    var contents = FileContents()
    for piece in block.pieces() { contents.append(piece) }
    for piece in blob.pieces(carriedBlockAt: -Int64(block.room)) { contents.append(piece) }
    contents.pad(to: Int(virgilFileSize))
    return Plan.Run(
      name: Self.virgil.description, fileOffset: Int(UInt64(layout.virgil) + shift), contents: contents,
      rva: layout.virgil, sizeInMemory: UInt32(virgilMemorySize), characteristics: dataCharacteristics)
  }

  /// Firmware maps our sections and never runs them.
  var dataCharacteristics: UInt32 { SectionCharacteristics.read | SectionCharacteristics.initializedData }

  /// The PE header of the file: the payload's, with every section where it lies now, and ours behind them.
  func peHeader() -> [UInt8] {
    var editor = HeaderEditor(headers, of: payload)
    editor.dropStale()
    editor.keepDirectories(layout.directories)
    editor[PEFields.Optional.SectionAlignment] = layout.sectionAlignment
    editor[PEFields.Optional.FileAlignment] = layout.fileAlignment
    editor[PEFields.Optional.SizeOfHeaders] = UInt32(layout.headersEnd)
    editor[PEFields.Optional.SizeOfImage] = UInt32(sizeOfImage)
    var end = layout.virgil
    for index in headers.sections.indices.reversed() {
      let section = headers.sections[index]
      let isEmpty = section.sizeInMemory == 0
      editor[PEFields.Section.PointerToRawData, section: index] =
        isEmpty ? 0 : UInt32(UInt64(section.virtualAddress) + shift)
      editor[PEFields.Section.SizeOfRawData, section: index] = isEmpty ? 0 : end - section.virtualAddress
      // It was what the file had: now the file has more, and the memory must not.
      editor[PEFields.Section.VirtualSize, section: index] = section.sizeInMemory
      if !isEmpty { end = section.virtualAddress }
    }
    editor.append(
      Self.virgil, virtualSize: UInt32(virgilMemorySize), virtualAddress: layout.virgil,
      sizeOfRawData: UInt32(virgilFileSize), pointerToRawData: UInt32(UInt64(layout.virgil) + shift),
      characteristics: dataCharacteristics)
    if !isARM64 {
      editor.append(
        Self.vhead, virtualSize: vheadSize, virtualAddress: UInt32(vheadRVA), sizeOfRawData: vheadSize,
        pointerToRawData: UInt32(layout.headersEnd), characteristics: dataCharacteristics)
    }
    return editor.bytes
  }

  /// The payload's headers with the PE header replaced, and its old one and the DOS program gone.
  func baseHeaders(count: Int) -> [UInt8] {
    var bytes = Layout.headers(headers, payload, count: count)
    func clear(_ range: Range<Int>) {
      for index in range.clamped(to: 0..<count) { bytes[index] = 0 }
    }
    clear(headers.peOffset..<headers.sectionTableEnd)
    if !isARM64 { clear(PEFields.dosHeaderSize..<Layout.lowestPEOffset.x86_64) }
    let header = peHeader()
    bytes.replaceSubrange(layout.peOffset..<layout.peOffset + header.count, with: header)
    bytes.withUnsafeMutableBytes { PEFields.e_lfanew.write(UInt32(layout.peOffset), to: $0) }
    return bytes
  }

  private var lostSignature: String? {
    headers.dataDirectory(.certificateTable).map { table in
      let digest = try? ImageDigest(headers, of: payload)
      let all = digest.map { ImageSignature.all(of: $0, in: payload).signatures.map(SignatureSummary.init) } ?? []
      let names = all.map { $0.signers.first?.subject ?? "somebody whose certificate cannot be read" }
      let by = names.isEmpty ? "" : ", by \(names.joined(separator: "; by "))"
      return all.count == 1
        ? "the payload's signature (\(table.size) bytes\(by)) does not cover the new file and is left out: sign the new file"
        : "the payload's \(all.count) signatures (\(table.size) bytes\(by)) do not cover the new file and are left out: "
          + "sign the new file"
    }
  }

  private func notes() -> [String] {
    var notes: [String] = []
    if let lostSignature { notes.append(lostSignature) }
    let behind = FileCoverage(headers, size: payload.count).uncovered.reduce(0) { $0 + $1.count }
    if behind > 0 {
      notes.append("\(behind) bytes of the payload belong to no section and are left out")
    }
    if !isARM64, SetupHeader(payload) != nil {
      notes.append("the real-mode code is overwritten: a BIOS boot loader cannot start the new file")
    }
    if let shared = SharedPages(headers) { notes.append("\(shared)") }
    if block.initrd != nil || block.commandLine != nil {
      notes.append("firmware does not see the initrd and the command line that are carried along: kexec alone does")
    }
    if block.console == nil {
      notes.append("no console default: the emulator is silent unless the machine or the command line names one")
    }
    return notes
  }
}
