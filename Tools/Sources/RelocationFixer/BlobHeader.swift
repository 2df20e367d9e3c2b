// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Bytes
import CHandover
import ELF

/// `struct virgil_blob_header` (Sources/CHandover/include/virgil_blob.h) at the start of an emulator.
public enum BlobHeader {
  public static let magic = Field<UInt64>(0x10)
  public static let version = Field<UInt32>(0x18)
  public static let header_size = Field<UInt32>(0x1c)
  public static let file_size = Field<UInt64>(0x20)
  public static let memory_size = Field<UInt64>(0x28)
  public static let runtime_offset = Field<UInt64>(0x30)
  public static let runtime_size = Field<UInt64>(0x38)
  public static let carried_offset = Field<UInt64>(0x40)
  public static let machine = Field<UInt32>(0x48)
  public static let flags = Field<UInt32>(0x4c)
  /// Where `build_id` starts; it has 32 bytes.
  public static let build_id = 0x50
  public static let build_id_size = 32
  public static let head_size = Field<UInt64>(0x70)
  public static let packed_size = Field<UInt64>(0x78)
  public static let unpacked_size = Field<UInt64>(0x80)
  public static let size = MemoryLayout<virgil_blob_header>.size

  /// Checks what the linker has put there against the file it is in.
  static func check(_ flat: ByteView, _ boundaries: Boundaries, machine target: Machine) throws(Refusal) {
    let check = HeaderCheck("virgil_blob_header", flat)
    try check.require(size: size)
    try check.require("magic", magic, UInt64(VIRGIL_BLOB_MAGIC))
    try check.require("version", version, UInt32(VIRGIL_BLOB_VERSION))
    try check.require("header_size", header_size, UInt32(size))
    try check.require("file_size", file_size, UInt64(flat.count))
    try check.require("memory_size", memory_size, boundaries.imageEnd)
    try check.require("machine", machine, UInt32(target.target.peMachine))
    try check.require("flags", flags, 0)
    try check.require("head_size", head_size, boundaries.headEnd ?? 0)
    // Filled in later, by this tool and by the composer.
    try check.require("runtime_offset", runtime_offset, 0)
    try check.require("runtime_size", runtime_size, 0)
    try check.require("carried_offset", carried_offset, 0)
    try check.require("packed_size", packed_size, 0)
    try check.require("unpacked_size", unpacked_size, 0)
  }
}

/// Holds the fields of a flat image's header against what they must be.
struct HeaderCheck {
  private let name: String
  private let flat: ByteView

  /// - Parameter name: of the C structure, for messages
  init(_ name: String, _ flat: ByteView) {
    self.name = name
    self.flat = flat
  }

  func require(size: Int) throws(Refusal) {
    guard flat.count >= size else {
      throw .header(field: "the room for \(name)", value: UInt64(flat.count), expected: "\(size) bytes")
    }
  }

  func require<Value: FixedWidthInteger & UnsignedInteger>(
    _ field: String, _ place: Field<Value>, _ expected: Value
  ) throws(Refusal) {
    let value = flat[place] ?? 0
    guard value == expected else {
      throw .header(field: "\(name).\(field)", value: UInt64(value), expected: hexadecimal(expected))
    }
  }
}
