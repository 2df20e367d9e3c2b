// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// Package types (UEFI 2.10, 33.3.1).
enum HIIPackageType {
  static let all: UInt8 = 0x00
  static let guid: UInt8 = 0x01
  static let strings: UInt8 = 0x04
  static let devicePath: UInt8 = 0x08
  static let end: UInt8 = 0xdf
}

/// A package list (33.3.1): GUID, length, packages; of each, 24 bits are its length and 8 its type.
struct HIIPackages {
  let bytes: ByteView

  static let headerSize = 20
  /// No list is longer: what says so is no list.
  private static let limit: UInt32 = 16 << 20

  /// - Returns: nil when the packages do not fill the length that the header names, up to the end package.
  init?(at address: UnsafeRawPointer) {
    let length = address.loadUnaligned(fromByteOffset: 16, as: UInt32.self)
    guard length >= 24, length <= HIIPackages.limit else { return nil }
    bytes = ByteView(address, count: Int(length))
    var offset = HIIPackages.headerSize
    var type: UInt8 = 0
    while type != HIIPackageType.end, let package = package(at: offset) {
      offset += package.count
      type = HIIPackages.type(package)
    }
    guard offset == bytes.count, type == HIIPackageType.end else { return nil }
  }

  /// The package at `offset`; nil where there is none.
  @inline(never) func package(at offset: Int) -> ByteView? {
    guard let header = bytes.littleEndian(offset, as: UInt32.self), header & 0xff_ffff >= 4 else { return nil }
    return bytes.slice(offset, count: Int(header & 0xff_ffff))
  }

  static func type(_ package: ByteView) -> UInt8 { package.byte(3) ?? HIIPackageType.end }

  /// Whether there is a package of a type, and of GUID packages one of a GUID.
  func holds(_ type: UInt8, _ guid: UnsafeRawPointer?) -> Bool {
    if type == HIIPackageType.all { return true }
    var offset = HIIPackages.headerSize
    while let package = package(at: offset) {
      offset += package.count
      guard HIIPackages.type(package) == type else { continue }
      guard let guid else { return true }
      if package.count >= 20, GUID(at: package.base + 4) == GUID(at: guid) { return true }
    }
    return false
  }
}

/// A package list in the database: a block of pool memory, whose address is the handle that payloads get. The next
/// block's address and the driver's handle come first, then the list.
struct HIIPackageList {
  let block: UnsafeMutableRawPointer
  static let headerSize = 16

  var next: UnsafeMutableRawPointer? {
    get { block.load(as: UnsafeMutableRawPointer?.self) }
    nonmutating set { block.storeBytes(of: newValue, as: UnsafeMutableRawPointer?.self) }
  }
  var driver: UnsafeMutableRawPointer? { block.load(fromByteOffset: 8, as: UnsafeMutableRawPointer?.self) }
  /// It was checked when it came, and payloads have no business there.
  var bytes: ByteView {
    ByteView(block + 16, count: Int(block.load(fromByteOffset: 32, as: UInt32.self)))
  }
  var packages: HIIPackages? { HIIPackages(at: block + 16) }
}
