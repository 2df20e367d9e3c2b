// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Bytes
import Handover
import PE
import UKI

/// What is in a carried image, read back from its `.virgil`.
public struct CarriedContents {
  /// A record of the carried block.
  public enum Record {
    case image(rva: UInt64, size: UInt64, sha256: [UInt8])
    /// A range: its name, RVA and size.
    case range(String, rva: UInt64, size: UInt64)
    case console(ConsoleDescription)
    /// Where the image would be among its sidecars.
    case imagePath(String)
    case policy(FailurePolicy)
    /// The next kernel's db, with its size.
    case signatures(size: Int)
    /// Another type, with the size of the record.
    case other(type: UInt32, size: Int)
  }

  public enum Failure: Error, CustomStringConvertible {
    case noSection
    case block(HandoverError)
    case emulator(Refusal?)

    public var description: String {
      switch self {
      case .noSection: "there is no section .virgil"
      case .block(let error): "\(error.reason)"
      case .emulator(let refusal): refusal.map { "\($0)" } ?? "the carried block names no emulator inside .virgil"
      }
    }
  }

  public let records: [Record]
  /// What is started instead of an image: a name of a record.
  static let placeholder = "placeholder (kexec's initrd is started)"
  /// Whether it is an emulator alone, which starts kexec's initrd.
  public var startsInitrd: Bool {
    records.contains { if case .range(Self.placeholder, _, _) = $0 { true } else { false } }
  }
  public let emulator: Emulator
  /// RVA of the blob.
  public let emulatorRVA: UInt64
  /// The start of the payload's own headers.
  public let originalHeaders: ByteView?
  /// The archive of the files that go with the image.
  public let sidecars: ByteView?
  /// The initrd and the command line that go with the image.
  public let initrd: ByteView?
  public let commandLine: ByteView?

  /// - Parameters:
  ///   - headers: of `file`
  ///   - file: the carried image
  public init(_ headers: PEHeaders, of file: ByteView) throws(Failure) {
    guard let section = headers.section(named: ".virgil"),
      let bytes = file.slice(Int(section.pointerToRawData), count: Int(section.sizeInFile))
    else { throw .noSection }
    let rva = UInt64(section.virtualAddress)
    let reader: HandoverReader
    do { reader = try HandoverReader(bytes, address: rva) } catch { throw .block(error) }
    /// The file's bytes for a range of the image, as far as the section has them.
    func view(_ range: (address: UInt64, size: UInt64)) -> ByteView? {
      guard range.address >= rva, let offset = Int(exactly: range.address - rva), offset < bytes.count else {
        return nil
      }
      return bytes.slice(offset, count: min(Int(clamping: range.size), bytes.count - offset))
    }
    guard let range = reader.range(RecordType.emulator), let blob = view(range) else { throw .emulator(nil) }
    do { emulator = try Emulator(blob, whole: false) } catch { throw .emulator(error) }
    emulatorRVA = range.address
    originalHeaders = reader.range(RecordType.headers).flatMap { view($0) }
    sidecars = reader.range(RecordType.sidecars).flatMap { view($0) }
    initrd = reader.range(RecordType.imageInitrd).flatMap { view($0) }
    commandLine = reader.range(RecordType.imageCommandLine).flatMap { view($0) }
    var records: [Record] = []
    reader.forEachRecord { records.append(Record($0, reader)) }
    self.records = records
  }
}

extension CarriedContents.Record {
  fileprivate init(_ record: HandoverRecord, _ block: HandoverReader) {
    let names = [
      RecordType.headers: "headers", RecordType.commandLine: "command line", RecordType.initrd: "initrd",
      RecordType.deviceTree: "device tree", RecordType.sidecars: "sidecars", RecordType.emulator: "emulator",
      RecordType.scratch: "scratch", RecordType.log: "log", RecordType.imageInitrd: "image initrd",
      RecordType.imageCommandLine: "image command line", RecordType.verified: "verified file",
    ]
    if record.type == RecordType.image, let image = record.load(as: virgil_image_record.self) {
      let hash = withUnsafeBytes(of: image.sha256) { Array($0) }
      if image.origin == VIRGIL_IMAGE_IN_INITRD.rawValue {
        self = .range(CarriedContents.placeholder, rva: block.absolute(image.address), size: image.size)
        return
      }
      self = .image(rva: block.absolute(image.address), size: image.size, sha256: hash)
    } else if let name = names[record.type], let range = record.load(as: virgil_range_record.self) {
      self = .range(name, rva: block.absolute(range.address), size: range.size)
    } else if record.type == RecordType.console, let console = record.load(as: virgil_console_record.self),
      let space = ConsoleDescription.Space(rawValue: console.space)
    {
      self = .console(
        ConsoleDescription(
          base: console.base, space: space, width: console.width, dataOffset: console.data_offset,
          statusOffset: console.status_offset, readyMask: console.ready_mask, readyValue: console.ready_value,
          receiveMask: console.receive_mask, receiveValue: console.receive_value))
    } else if record.type == RecordType.imagePath {
      self = .imagePath(String(decoding: record.path.buffer, as: UTF8.self))
    } else if record.type == RecordType.policy,
      let policy = record.load(as: virgil_policy_record.self).flatMap(FailurePolicy.init)
    {
      self = .policy(policy)
    } else if record.type == RecordType.signatures {
      self = .signatures(size: record.payload.count)
    } else {
      self = .other(type: record.type, size: record.bytes.count)
    }
  }
}
