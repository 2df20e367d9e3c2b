// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Bytes
import CPIO
import Handover
import LinuxBoot
import PE
import UKI

extension ImageReport.Headers {
  init(_ pe: PEHeaders) {
    self.init(
      offset: pe.peOffset, headerSize: pe.sectionTableEnd - pe.peOffset, sizeOfHeaders: pe.sizeOfHeaders,
      sizeOfImage: pe.sizeOfImage,
      sectionAlignment: pe.sectionAlignment, fileAlignment: pe.fileAlignment, imageBase: pe.imageBase,
      entryPoint: pe.addressOfEntryPoint, characteristics: pe.characteristics,
      dllCharacteristics: pe.dllCharacteristics, checkSum: pe.checkSum)
  }
}

extension ImageReport.Section {
  init(_ section: PESection) {
    self.init(
      name: section.nameText, rva: section.virtualAddress, memorySize: section.sizeInMemory,
      fileOffset: section.pointerToRawData, fileSize: section.sizeOfRawData,
      rights: accessRights(section.characteristics))
  }
}

extension ImageReport.SetupBootHeader {
  init(_ header: SetupHeader) {
    typealias Fields = BootParams.Fields
    self.init(
      version: header[Fields.version], setupSectors: header[Fields.setup_sects], initSize: header[Fields.init_size],
      kernelAlignment: header[Fields.kernel_alignment], preferredAddress: header[Fields.pref_address],
      xloadflags: header[Fields.xloadflags], relocatable: header[Fields.relocatable_kernel] != 0,
      commandLineSize: header[Fields.cmdline_size])
  }
}

extension ImageReport.Carried {
  init(_ contents: CarriedContents, _ headers: PEHeaders, _ file: ByteView) {
    payloadKind = ImageKind(payloadOf: headers, of: file, originalHeaders: contents.originalHeaders)
    emulatorVersion = contents.emulator.version
    buildID = hexadecimal(contents.emulator.buildID)
    emulatorRVA = contents.emulatorRVA
    emulatorMemorySize = contents.emulator.memorySize
    records = contents.records.map(ImageReport.Record.init)
    initrdSize = contents.initrd?.count
    commandLine = contents.commandLine.map { String(decoding: $0.buffer, as: UTF8.self) }
  }
}

extension ImageReport.Carried {
  /// Lists the files of an archive.
  ///
  /// - Returns: what is wrong with it; nil when nothing is.
  mutating func list(_ archive: ByteView) -> String? {
    var files: [ImageReport.Sidecar] = []
    var offset = 0
    do throws(CPIOError) {
      while let entry = try CPIOArchive(archive).entry(at: offset) {
        if entry.kind == .file {
          files.append(
            .init(
              path: String(decoding: entry.path.buffer, as: UTF8.self), size: entry.data.count,
              time: entry.modificationTime))
        }
        offset = entry.end
      }
    } catch {
      return "the sidecar archive cannot be read: \(error)"
    }
    sidecars = files
    return nil
  }
}

extension ImageReport.Record {
  init(_ record: CarriedContents.Record) {
    switch record {
    case .image(let rva, let size, let hash):
      self.init(type: "image", rva: rva, size: size, sha256: hexadecimal(hash))
    case .range(let name, let rva, let size):
      self.init(type: name, rva: rva, size: size)
    case .console(let console):
      let space = console.space == .port ? "port" : "mmio"
      let text = "\(space) 0x\(String(console.base, radix: 16)), \(8 * console.width) bits"
      self.init(type: "console", console: text)
    case .imagePath(let path): self.init(type: "image path", path: path)
    case .policy(let policy):
      self.init(type: "policy", policy: "\(policy)")
    case .signatures(let size): self.init(type: "signatures (db)", size: UInt64(size))
    case .other(let type, let size):
      self.init(type: "type \(type)", size: UInt64(size))
    }
  }
}

/// Two digits a byte, the first byte first.
func hexadecimal(_ bytes: [UInt8]) -> String {
  bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}
