// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Foundation

/// What stands beside a blob, in JSON: enough to place it and to recognise it without reading it.
///
/// Sizes and offsets are in bytes. Keys are written in snake case, in alphabetical order.
public struct BlobDescription: Codable, Equatable, Sendable {
  /// The version of the tool, which changes when its output does.
  public static let currentFixerVersion = "1.2.0"

  public struct Entries: Codable, Equatable, Sendable {
    /// Entered by the Linux boot protocol.
    public var carried: UInt64
    /// Entered with the handover block.
    public var resident: UInt64
  }

  /// The runtime image that the blob carries.
  public struct Runtime: Codable, Equatable, Sendable {
    /// From the blob's first byte, in memory.
    public var offset: UInt64
    /// In the blob, before it is packed.
    public var fileSize: UInt64
    /// What it needs where it will run.
    public var memorySize: UInt64
    public var relocationCount: Int
    public var buildId: String
    public var sizes: ProvenImage.Sizes
  }

  /// What is packed in the blob.
  public struct Packed: Codable, Equatable, Sendable {
    /// From the blob's first byte, in the file and in memory.
    public var offset: UInt64
    /// In the blob.
    public var size: UInt64
    /// In memory.
    public var unpackedSize: UInt64
  }

  public var name: String
  /// `aarch64` or `x86_64`.
  public var machine: String
  public var entries: Entries
  public var sizes: ProvenImage.Sizes
  /// Of the whole blob, the runtime image included.
  public var fileSize: UInt64
  /// From the load address on, in memory.
  public var memorySize: UInt64
  /// Of the load address.
  public var alignment: UInt64
  public var relocationCount: Int
  /// In hexadecimal digits.
  public var buildId: String
  /// Of the blob, in hexadecimal digits.
  public var sha256: String
  public var runtime: Runtime?
  /// nil: nothing is packed.
  public var packed: Packed?
  public var fixerVersion: String

  init(
    _ bytes: [UInt8], _ emulator: ProvenImage, _ runtime: ProvenImage?, _ runtimeOffset: UInt64, name: String
  ) {
    self.name = name
    machine = emulator.machine.name
    entries = Entries(carried: 0, resident: 8)
    sizes = emulator.sizes
    fileSize = UInt64(bytes.count)
    memorySize = emulator.memorySize
    alignment = pageSize
    relocationCount = emulator.relocationCount
    buildId = Self.digits(emulator.buildID)
    sha256 = Self.sha256(bytes)
    fixerVersion = Self.currentFixerVersion
    self.runtime = runtime.map {
      Runtime(
        offset: runtimeOffset, fileSize: UInt64($0.bytes.count), memorySize: $0.memorySize,
        relocationCount: $0.relocationCount, buildId: Self.digits($0.buildID), sizes: $0.sizes)
    }
  }

  /// The description of the same blob, packed into `bytes` behind a head of `head` bytes.
  func packed(_ bytes: [UInt8], head: UInt64, unpacked: UInt64) -> BlobDescription {
    var result = self
    result.fileSize = UInt64(bytes.count)
    result.sha256 = Self.sha256(bytes)
    result.packed = Packed(offset: head, size: UInt64(bytes.count) - head, unpackedSize: unpacked)
    return result
  }

  /// The JSON text, with a newline at its end.
  public func json() throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return Array(try encoder.encode(self)) + [UInt8(ascii: "\n")]
  }

  /// One line for a person.
  public var summary: String {
    let carried = runtime.map { ", runtime \($0.fileSize) bytes at 0x\(String($0.offset, radix: 16))" } ?? ""
    return "\(name): \(machine), \(fileSize) bytes, \(memorySize) bytes of memory, "
      + "\(relocationCount) relocations in \(sizes.relocationTable) bytes\(carried), build ID \(buildId)"
  }

  /// By the emulator's own implementation: swift-crypto would be most of what is to be compiled before an emulator is.
  private static func sha256(_ bytes: [UInt8]) -> String {
    var hash = SHA256()
    bytes.withUnsafeBytes { hash.update($0) }
    let digest = hash.finish()
    return digits(digest.indices.map { digest[$0] })
  }

  private static func digits(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}
