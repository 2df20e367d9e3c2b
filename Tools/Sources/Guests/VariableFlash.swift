// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// EDK2's flash of variables, to add variables to before a firmware runs with it.
///
/// It is a firmware volume (PI 1.8, volume 3, 3.2.1), whose header is followed by EDK2's variable store (MdeModulePkg,
/// VariableFormat.h): a header of 28 bytes, then the variables, each on a boundary of 4 bytes, then erased flash, 0xff.
struct VariableFlash {
  enum Failure: Error, CustomStringConvertible {
    case noStore
    case notEmpty
    case full(room: Int)

    var description: String {
      switch self {
      case .noStore: "the firmware's variables are no flash of EDK2's for authenticated variables"
      case .notEmpty: "the firmware's variables are not empty: a fresh OVMF_VARS is needed"
      case .full(let room):
        "what is to be set in the firmware's variables does not fit into their flash of \(room) bytes"
      }
    }
  }

  /// UEFI 2.10, 8.2.1.
  struct Attributes: OptionSet {
    let rawValue: UInt32
    static let nonVolatile = Attributes(rawValue: 0x01)
    static let bootService = Attributes(rawValue: 0x02)
    static let runtime = Attributes(rawValue: 0x04)
    static let timeBasedAuthenticatedWrite = Attributes(rawValue: 0x20)
  }

  private(set) var bytes: [UInt8]
  /// Where the next variable goes, and where the store ends.
  private var next: Int
  private let end: Int

  private static let storeHeaderSize = 28
  private static let authenticatedStore = guid(
    0xaaf3_2c78, 0x947b, 0x439a, [0xa1, 0x80, 0x2e, 0x14, 0x4e, 0xc3, 0x77, 0x92])

  /// - Parameter bytes: a flash that no firmware has run with
  init(_ bytes: [UInt8]) throws(Failure) {
    guard bytes.has("_FVH", at: 40), let start = bytes.littleEndian(UInt16.self, at: 48).map(Int.init),
      start + Self.storeHeaderSize <= bytes.count, bytes[start..<start + 16].elementsEqual(Self.authenticatedStore),
      let size = bytes.littleEndian(UInt32.self, at: start + 16).map(Int.init), size >= Self.storeHeaderSize,
      size <= bytes.count - start
    else { throw .noStore }
    next = start + Self.storeHeaderSize
    end = start + size
    guard bytes[next..<end].allSatisfy({ $0 == 0xff }) else { throw .notEmpty }
    self.bytes = bytes
  }

  /// - Parameters:
  ///   - vendor: a GUID's bytes
  mutating func add(_ name: String, _ vendor: [UInt8], _ attributes: Attributes, _ data: [UInt8]) throws(Failure) {
    let nameBytes = ucs2(name)
    // EFI_TIME: any that an update can be later than.
    let time: [UInt8] = attributes.contains(.timeBasedAuthenticatedWrite) ? word(UInt16(2020)) + [1, 1] : [0, 0, 0, 0]
    // AUTHENTICATED_VARIABLE_HEADER: start, state VAR_ADDED, attributes, count, time, key's index, sizes, vendor.
    var variable: [UInt8] = word(UInt16(0x55aa)) + [0x3f, 0]
    variable += word(attributes.rawValue) + word(UInt64(0))
    variable += time + [UInt8](repeating: 0, count: 12)
    for number in [0, nameBytes.count, data.count] { variable += word(UInt32(number)) }
    variable += vendor + nameBytes + data
    guard variable.count <= end - next else { throw .full(room: end) }
    bytes.replaceSubrange(next..<next + variable.count, with: variable)
    next += (variable.count + 3) & ~3
  }
}

/// A GUID as it lies in memory.
func guid(_ a: UInt32, _ b: UInt16, _ c: UInt16, _ d: [UInt8]) -> [UInt8] { word(a) + word(b) + word(c) + d }

/// A number, little-endian.
func word(_ value: some FixedWidthInteger) -> [UInt8] { withUnsafeBytes(of: value.littleEndian) { Array($0) } }

/// With its NUL.
func ucs2(_ text: String) -> [UInt8] { (Array(text.utf16) + [0]).flatMap { word($0) } }
