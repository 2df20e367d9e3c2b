// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Bytes
import CHandover
import UKI

/// An emulator blob: `struct virgil_blob_header` (virgil_blob.h), the code, the runtime image.
public struct Emulator {
  /// Where the fields of the header stand.
  enum Fields {
    static let magic = Field<UInt64>(0x10)
    static let version = Field<UInt32>(0x18)
    static let header_size = Field<UInt32>(0x1c)
    static let file_size = Field<UInt64>(0x20)
    static let memory_size = Field<UInt64>(0x28)
    static let runtime_offset = Field<UInt64>(0x30)
    static let runtime_size = Field<UInt64>(0x38)
    static let carried_offset = Field<UInt64>(0x40)
    static let machine = Field<UInt32>(0x48)
    static let build_id = 0x50..<0x70
    static let head_size = Field<UInt64>(0x70)
    static let packed_size = Field<UInt64>(0x78)
    static let unpacked_size = Field<UInt64>(0x80)
  }

  static let headerSize = MemoryLayout<virgil_blob_header>.size

  /// All of the file.
  let bytes: ByteView
  public let version: UInt32
  /// PE machine type.
  public let machine: UInt16
  /// Bytes of memory, .bss included; a multiple of 4 KiB.
  public let memorySize: UInt64
  public let buildID: [UInt8]
  /// From the blob to the carried block, a signed number.
  public let carriedOffset: UInt64

  /// - Parameters:
  ///   - bytes: the blob, or more
  ///   - whole: whether `bytes` are the blob and nothing else
  public init(_ bytes: ByteView, whole: Bool = true) throws(Refusal) {
    guard bytes.count >= Self.headerSize else {
      throw .emulatorTruncated(size: bytes.count, needed: UInt64(Self.headerSize))
    }
    func field<Value: FixedWidthInteger>(_ field: Field<Value>) -> Value { bytes[field] ?? 0 }
    guard field(Fields.magic) == VIRGIL_BLOB_MAGIC else { throw .notEmulator }
    version = field(Fields.version)
    guard version == UInt32(VIRGIL_BLOB_VERSION) else { throw .emulatorVersion(version) }
    guard field(Fields.header_size) >= UInt32(Self.headerSize) else {
      throw .emulatorSizes(field: "header_size", value: UInt64(field(Fields.header_size)))
    }
    let fileSize = field(Fields.file_size)
    guard fileSize <= UInt64(bytes.count) else { throw .emulatorTruncated(size: bytes.count, needed: fileSize) }
    let runtime = field(Fields.runtime_offset).addingReportingOverflow(field(Fields.runtime_size))
    guard !runtime.overflow else { throw .emulatorSizes(field: "runtime_size", value: field(Fields.runtime_size)) }
    let memory = field(Fields.memory_size)
    // What a packed blob holds is found in memory, once it is unpacked.
    let isPacked = field(Fields.packed_size) != 0
    if isPacked {
      let unpacked = field(Fields.head_size).addingReportingOverflow(field(Fields.unpacked_size))
      guard !unpacked.overflow, unpacked.partialValue <= memory else {
        throw .emulatorSizes(field: "unpacked_size", value: field(Fields.unpacked_size))
      }
      let packed = field(Fields.head_size).addingReportingOverflow(field(Fields.packed_size))
      guard !packed.overflow, packed.partialValue == fileSize else {
        throw .emulatorSizes(field: "packed_size", value: field(Fields.packed_size))
      }
      guard runtime.partialValue <= unpacked.partialValue else {
        throw .emulatorSizes(field: "runtime_offset", value: field(Fields.runtime_offset))
      }
    }
    let end = max(fileSize, isPacked || field(Fields.runtime_offset) == 0 ? 0 : runtime.partialValue)
    guard end <= UInt64(bytes.count) else { throw .emulatorTruncated(size: bytes.count, needed: end) }
    guard memory >= (whole ? UInt64(bytes.count) : end), let rounded = memory.roundedUp(to: 0x1000), rounded < 1 << 32
    else { throw .emulatorSizes(field: "memory_size", value: memory) }
    memorySize = rounded
    let machine = field(Fields.machine)
    guard let known = UInt16(exactly: machine) else {
      throw .emulatorSizes(field: "machine", value: UInt64(machine))
    }
    self.machine = known
    carriedOffset = field(Fields.carried_offset)
    let identifier = bytes.slice(Fields.build_id.lowerBound, count: Fields.build_id.count)!
    buildID = Array(Array(identifier.buffer).reversed().drop { $0 == 0 }.reversed())
    self.bytes = bytes
  }

  /// The blob with the place of the carried block filled in.
  ///
  /// - Parameter distance: from the blob's first byte to the block's; negative when the block comes first
  func pieces(carriedBlockAt distance: Int64) -> [FileContents.Piece] {
    var header = Array(bytes.slice(0, count: Self.headerSize)!.buffer)
    header.withUnsafeMutableBytes { Fields.carried_offset.write(UInt64(bitPattern: distance), to: $0) }
    return [.bytes(header), .view(bytes.suffix(from: Self.headerSize)!)]
  }
}
