// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// One node of a device path (UEFI 2.10, 10.3.1): type, sub-type, length, data.
public struct DevicePathNode {
  /// The node with its 4-byte header.
  public let bytes: ByteView

  public init(bytes: ByteView) { self.bytes = bytes }

  public var type: UInt8 { bytes.byte(0) ?? 0 }
  public var subType: UInt8 { bytes.byte(1) ?? 0 }
  public var data: ByteView { bytes.suffix(from: 4) ?? bytes }

  public var isEnd: Bool { type == DevicePathType.end }
  /// End Entire Device Path, as opposed to the end of one instance (10.3.2).
  public var isEndOfPath: Bool { isEnd && subType == 0xff }
}

/// Node types (10.3.1, table 10.1).
public enum DevicePathType {
  public static let hardware: UInt8 = 1
  public static let acpi: UInt8 = 2
  public static let messaging: UInt8 = 3
  public static let media: UInt8 = 4
  public static let bios: UInt8 = 5
  public static let end: UInt8 = 0x7f
}

/// A device path somewhere in memory: it has no length of its own but its end node.
///
/// A payload hands over a bare pointer, so the path is walked node by node: a length below 4 makes it malformed,
/// and so does a path that has not ended after `limit` bytes.
public struct DevicePath {
  public let start: UnsafeRawPointer
  /// Bytes up to and with the end node.
  public let size: Int

  /// The longest path that is read, in bytes.
  public static let limit = 64 * 1024

  /// - Returns: nil for a malformed path.
  public init?(_ start: UnsafeRawPointer, limit: Int = DevicePath.limit) {
    var offset = 0
    while true {
      guard offset <= limit - 4 else { return nil }
      let length = Int(start.loadUnaligned(fromByteOffset: offset + 2, as: UInt16.self))
      guard length >= 4, length <= limit - offset else { return nil }
      let type = start.load(fromByteOffset: offset, as: UInt8.self)
      let subType = start.load(fromByteOffset: offset + 1, as: UInt8.self)
      offset += length
      if type == DevicePathType.end, subType == 0xff { break }
    }
    self.start = start
    self.size = offset
  }

  /// The node at `offset`, which an earlier node's end gave.
  public func node(at offset: Int) -> DevicePathNode {
    let length = Int(start.loadUnaligned(fromByteOffset: offset + 2, as: UInt16.self))
    return DevicePathNode(bytes: ByteView(start + offset, count: length))
  }

  /// Bytes before the end node: what must match for this path to be the front of another.
  public var sizeWithoutEnd: Int { size - 4 }

  /// Whether `other`, or of several instances its first one, starts with all the nodes of this path.
  public func isPrefix(of other: DevicePath) -> Bool {
    guard sizeWithoutEnd <= other.sizeWithoutEnd,
      ByteView(start, count: sizeWithoutEnd)
        .elementsEqual(UnsafeRawBufferPointer(start: other.start, count: sizeWithoutEnd))
    else { return false }
    // The bytes agree; the front must also end where a node of the other path ends.
    var offset = 0
    while offset < sizeWithoutEnd {
      let node = other.node(at: offset)
      if node.isEnd { return false }
      offset += node.bytes.count
    }
    return offset == sizeWithoutEnd
  }

  /// Whether it holds several instances (10.3.2, sub-type 1).
  public var isMultiInstance: Bool {
    var offset = 0
    while offset < sizeWithoutEnd {
      let node = node(at: offset)
      if node.isEnd { return true }
      offset += node.bytes.count
    }
    return false
  }
}

/// Builds device paths.
public struct DevicePathBuilder {
  public private(set) var bytes: [UInt8] = []
  public init() {}

  /// Appends a node; `data` is at most 65,531 bytes.
  public mutating func append(type: UInt8, subType: UInt8, data: [UInt8]) {
    let length = 4 + data.count
    precondition(length <= 0xffff)
    bytes.append(type)
    bytes.append(subType)
    bytes.append(UInt8(truncatingIfNeeded: length))
    bytes.append(UInt8(truncatingIfNeeded: length >> 8))
    bytes.append(contentsOf: data)
  }

  /// Memory Mapped Device Path (10.3.2.3): memory type, first and last address.
  public mutating func appendMemoryMapped(_ type: MemoryType, start: UInt64, end: UInt64) {
    var data: [UInt8] = []
    data.appendLittleEndian(type.rawValue)
    data.appendLittleEndian(start)
    data.appendLittleEndian(end)
    append(type: DevicePathType.hardware, subType: 3, data: data)
  }

  /// Vendor-Defined Device Path of hardware (10.3.2.4), messaging (10.3.4.16) or media (10.3.5.3).
  public mutating func appendVendor(type: UInt8, _ guid: GUID) {
    var data: [UInt8] = []
    data.appendLittleEndian(guid.low)
    data.appendLittleEndian(guid.high)
    append(
      type: type, subType: type == DevicePathType.messaging ? 10 : type == DevicePathType.media ? 3 : 4, data: data)
  }

  /// Ends the path.
  public mutating func appendEnd() { append(type: DevicePathType.end, subType: 0xff, data: []) }
}

extension [UInt8] {
  /// Appends the bytes of an integer, lowest first.
  public mutating func appendLittleEndian<Value: FixedWidthInteger>(_ value: Value) {
    for shift in stride(from: 0, to: Value.bitWidth, by: 8) { append(UInt8(truncatingIfNeeded: value >> shift)) }
  }
}
