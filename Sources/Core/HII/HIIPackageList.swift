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
    while let package = package(at: offset) {
      offset += package.count
      if HIIPackages.type(package) == HIIPackageType.end { break }
    }
    guard offset == bytes.count else { return nil }
  }

  /// The package at `offset`; nil where there is none.
  func package(at offset: Int) -> ByteView? {
    guard let header = bytes.littleEndian(offset, as: UInt32.self), header & 0xff_ffff >= 4 else { return nil }
    return bytes.slice(offset, count: Int(header & 0xff_ffff))
  }

  static func type(_ package: ByteView) -> UInt8 { package.byte(3) ?? HIIPackageType.end }

  /// Whether a package is what a caller asks for: any, those of a type, and of GUID packages those of one GUID.
  static func fits(_ package: ByteView, _ type: UInt8, _ guid: GUID?) -> Bool {
    let own = HIIPackages.type(package)
    guard own != HIIPackageType.end, type == HIIPackageType.all || own == type else { return false }
    guard let guid else { return true }
    return package.count >= 20 && GUID(at: package.base + 4) == guid
  }

  func holds(_ type: UInt8, _ guid: GUID?) -> Bool {
    var offset = HIIPackages.headerSize
    while let package = package(at: offset) {
      if HIIPackages.fits(package, type, guid) { return true }
      offset += package.count
    }
    return type == HIIPackageType.all
  }
}

/// A package list in the database; its address is the handle that payloads get.
final class HIIPackageList {
  /// In pool memory.
  var packages: HIIPackages
  let driver: UnsafeMutableRawPointer?
  var next: HIIPackageList?

  init(packages: HIIPackages, driver: UnsafeMutableRawPointer?) {
    self.packages = packages
    self.driver = driver
  }

  var handle: UnsafeMutableRawPointer { Unmanaged.passUnretained(self).toOpaque() }
}
