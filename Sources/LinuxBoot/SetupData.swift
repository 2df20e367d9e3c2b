// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// `SETUP_*`: what a node of the setup_data list carries (Linux, Documentation/arch/x86/boot.rst, "setup_data").
public struct SetupDataType: RawRepresentable, Equatable, Sendable {
  public let rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  public static let e820Extension = SetupDataType(rawValue: 1)
  public static let deviceTree = SetupDataType(rawValue: 2)
  public static let pci = SetupDataType(rawValue: 3)
  public static let efi = SetupDataType(rawValue: 4)
  public static let appleProperties = SetupDataType(rawValue: 5)
  public static let jailhouse = SetupDataType(rawValue: 6)
  public static let confidentialComputingBlob = SetupDataType(rawValue: 7)
  public static let ima = SetupDataType(rawValue: 8)
  public static let randomSeed = SetupDataType(rawValue: 9)
  public static let kexecHandover = SetupDataType(rawValue: 10)
  /// The payload is a pointer to the payload.
  public static let indirect = SetupDataType(rawValue: 1 << 31)
}

/// A node of the setup_data list.
public struct SetupData: Equatable, Sendable {
  /// Where the node itself lies.
  public let node: PhysicalRange
  public let type: SetupDataType
  /// What it carries; elsewhere than in the node when the node was a SETUP_INDIRECT one.
  public let payload: PhysicalRange
}

/// Why the setup_data list cannot be walked.
public enum SetupDataError: Error, Equatable {
  /// Memory that the list points at cannot be read.
  case unreadable(address: UInt64, size: UInt64)
  /// The list comes back to a node it has been at.
  case cycle(address: UInt64)
  /// More nodes than anybody has a use for.
  case tooLong(limit: Int)
  /// The payload of the node at `address` is too short for its type.
  case shortPayload(SetupDataType, address: UInt64, size: UInt64)
}

extension SetupDataError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .unreadable(let address, let size):
      "setup_data: \(size) bytes at 0x\(String(address, radix: 16)) cannot be read; they must lie in RAM"
    case .cycle(let address):
      "setup_data: the node at 0x\(String(address, radix: 16)) comes back to itself; the list must end with next = 0"
    case .tooLong(let limit):
      "setup_data: more than \(limit) nodes; the list must end with next = 0"
    case .shortPayload(let type, let address, let size):
      "setup_data: \(size) bytes at 0x\(String(address, radix: 16)) are too few for type \(type.rawValue)"
    }
  }
}

/// The list's nodes, from the first one on.
public struct SetupDataList {
  /// Nodes that are accepted. Linux has no limit; real lists have less than ten.
  public static let maximumCount = 65536

  enum Fields {
    static let next = Field<UInt64>(0)
    static let type = Field<UInt32>(8)
    static let len = Field<UInt32>(12)
    static let size = 16
  }
  /// `struct setup_indirect`.
  enum IndirectFields {
    static let type = Field<UInt32>(0)
    static let len = Field<UInt64>(8)
    static let addr = Field<UInt64>(16)
    static let size = 24
  }

  /// Physical address of the first node; 0 for an empty list.
  public let first: UInt64

  public init(first: UInt64) { self.first = first }

  /// Calls `body` with every node in order, after it has made sure that the list ends.
  ///
  /// Payloads are not read, save the pointer in a SETUP_INDIRECT node. That one is followed once: a pointer to
  /// another SETUP_INDIRECT is passed on as it stands, as Linux has it.
  public func forEach(read: MemoryReader, _ body: (SetupData) -> Void) throws(SetupDataError) {
    try checkTermination(read)
    var address = first
    while address != 0 {
      let header = try header(at: address, read)
      body(try node(at: address, header, read))
      address = header.next
    }
  }

  /// Brent's algorithm: a marker waits at a node for twice as many steps each time; a list that ends passes it by,
  /// a cycle comes back to it.
  private func checkTermination(_ read: MemoryReader) throws(SetupDataError) {
    var marker: UInt64 = 0
    var stepsToNextMarker = 1
    var steps = 0
    var count = 0
    var address = first
    while address != 0 {
      if address == marker { throw .cycle(address: address) }
      count += 1
      guard count <= Self.maximumCount else { throw .tooLong(limit: Self.maximumCount) }
      steps += 1
      if steps == stepsToNextMarker {
        marker = address
        stepsToNextMarker *= 2
        steps = 0
      }
      address = try header(at: address, read).next
    }
  }

  private func header(
    at address: UInt64, _ read: MemoryReader
  ) throws(SetupDataError) -> (next: UInt64, type: UInt32, length: UInt32) {
    guard let bytes = read(address, Fields.size), let next = bytes[Fields.next], let type = bytes[Fields.type],
      let length = bytes[Fields.len]
    else { throw .unreadable(address: address, size: UInt64(Fields.size)) }
    return (next, type, length)
  }

  private func node(
    at address: UInt64, _ header: (next: UInt64, type: UInt32, length: UInt32), _ read: MemoryReader
  ) throws(SetupDataError) -> SetupData {
    let length = UInt64(header.length)
    guard let node = PhysicalRange(address: address, size: UInt64(Fields.size) + length),
      let payload = PhysicalRange(from: address + UInt64(Fields.size), to: node.end)
    else { throw .unreadable(address: address, size: length) }
    let type = SetupDataType(rawValue: header.type)
    guard type == .indirect else { return SetupData(node: node, type: type, payload: payload) }
    guard length >= UInt64(IndirectFields.size) else {
      throw .shortPayload(type, address: payload.address, size: payload.size)
    }
    guard let pointer = read(payload.address, IndirectFields.size), let target = pointer[IndirectFields.type],
      let targetSize = pointer[IndirectFields.len], let targetAddress = pointer[IndirectFields.addr]
    else { throw .unreadable(address: payload.address, size: payload.size) }
    guard target != type.rawValue else { return SetupData(node: node, type: type, payload: payload) }
    guard let place = PhysicalRange(address: targetAddress, size: targetSize) else {
      throw .unreadable(address: targetAddress, size: targetSize)
    }
    return SetupData(node: node, type: SetupDataType(rawValue: target & ~type.rawValue), payload: place)
  }
}
