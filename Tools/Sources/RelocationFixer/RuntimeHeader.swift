// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Bytes
import CHandover
import ELF

/// `struct virgil_runtime_header` (Sources/CHandover/include/virgil_runtime.h) at the start of a runtime image.
public enum RuntimeHeader {
  public static let magic = Field<UInt64>(0x00)
  public static let version = Field<UInt32>(0x08)
  public static let header_size = Field<UInt32>(0x0c)
  public static let file_size = Field<UInt64>(0x10)
  public static let memory_size = Field<UInt64>(0x18)
  public static let relocations = Field<UInt64>(0x20)
  public static let relocations_end = Field<UInt64>(0x28)
  public static let fill = Field<UInt64>(0x30)
  public static let data = Field<UInt64>(0x38)
  public static let size = MemoryLayout<virgil_runtime_header>.size

  /// Checks what the linker has put there against the file it is in.
  ///
  /// - Parameter text: the section that holds code
  static func check(_ flat: ByteView, _ boundaries: Boundaries, text: Section?) throws(Refusal) {
    let check = HeaderCheck("virgil_runtime_header", flat)
    try check.require(size: size)
    try check.require("magic", magic, UInt64(VIRGIL_RUNTIME_MAGIC))
    try check.require("version", version, UInt32(VIRGIL_RUNTIME_VERSION))
    try check.require("header_size", header_size, UInt32(size))
    try check.require("file_size", file_size, UInt64(flat.count))
    try check.require("memory_size", memory_size, boundaries.imageEnd)
    try check.require("relocations", relocations, boundaries.relocations.lowerBound)
    try check.require("relocations_end", relocations_end, boundaries.relocations.upperBound)
    try check.require("data", data, boundaries.dataStart)
    let entry = flat[fill] ?? 0
    guard let text, text.contains(entry), entry >= UInt64(size) else {
      throw .header(
        field: "virgil_runtime_header.fill", value: entry, expected: "the offset of a function behind the header")
    }
  }
}
