// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
//
// EFI_HII_STRING_PROTOCOL (UEFI 2.10, 34.3) on the string packages (33.3.6) of the database.

/// A string package: languages, and blocks that hold strings by ascending number.
private struct HIIStringPackage {
  let bytes: ByteView

  /// - Returns: nil for a package of another type, and for one without a language.
  init?(_ package: ByteView) {
    guard HIIPackages.type(package) == HIIPackageType.strings, package.terminated(at: 46) != nil else { return nil }
    bytes = package
  }

  /// The primary language, and behind `;` the secondary ones (33.3.6.1).
  var languages: ByteView { bytes.terminated(at: 46) ?? bytes }
  var language: ByteView { languages.split(at: 0x3b).head }

  /// RFC 4646 tags, without regard to capitals.
  func isIn(_ wanted: ByteView) -> Bool {
    let own = language
    guard own.count == wanted.count else { return false }
    for index in 0..<own.count where (own.byte(index) ?? 0) | 0x20 != (wanted.byte(index) ?? 0) | 0x20 { return false }
    return true
  }

  /// Walks the blocks up to string `wanted`.
  ///
  /// - Returns: where its text begins and how wide its characters are; nil when it is not there.
  func find(_ wanted: Int, depth: Int = 0) -> (start: Int, width: Int)? {
    guard wanted > 0, depth < 16, let start = bytes.littleEndian(8, as: UInt32.self) else { return nil }
    var offset = Int(start)
    var id = 1
    while let type = bytes.byte(offset), id <= wanted {
      offset += 1
      switch type {
      case 0x10...0x17:  // strings: bit 0: a font's number, bit 1: several, bit 2: UCS-2, else SCSU
        if type & 1 != 0 { offset += 1 }
        var count = 1
        if type & 2 != 0 {
          guard let more = word(offset) else { return nil }
          count = more
          offset += 2
        }
        let width = type & 4 != 0 ? 2 : 1
        for _ in 0..<count {
          if id == wanted { return (offset, width) }
          guard let length = length(offset, width) else { return nil }
          offset += (length + 1) * width
          id += 1
        }
      case 0x20:  // the same as another one
        guard let other = word(offset) else { return nil }
        if id == wanted { return find(other, depth: depth + 1) }
        offset += 2
        id += 1
      case 0x21:  // numbers without a string
        guard let skipped = word(offset) else { return nil }
        offset += 2
        id += skipped
      case 0x22:
        guard let skipped = bytes.byte(offset) else { return nil }
        offset += 1
        id += Int(skipped)
      case 0x30, 0x31, 0x32:  // extensions: how long they are, type and length included
        guard let low = word(offset + 1) else { return nil }
        let high = word(offset + 3) ?? 0
        let length = type == 0x30 ? low & 0xff : type == 0x31 ? low : low | high << 16
        guard length > 2 else { return nil }
        offset += length - 1
      default: return nil
      }
    }
    return nil
  }

  /// Behind the last byte 0: whoever reads there has found the end already.
  private func word(_ offset: Int) -> Int? {
    guard let low = bytes.byte(offset) else { return nil }
    return Int(low) | Int(bytes.byte(offset + 1) ?? 0) << 8
  }

  /// Characters before the NUL; nil when there is none.
  @inline(never) func length(_ start: Int, _ width: Int) -> Int? {
    var length = 0
    while let unit = character(start, width, length) {
      if unit == 0 { return length }
      length += 1
    }
    return nil
  }

  @inline(never) func character(_ start: Int, _ width: Int, _ index: Int) -> UInt16? {
    let offset = start + index * width
    return width == 2 ? bytes.littleEndian(offset, as: UInt16.self) : bytes.byte(offset).map { UInt16($0) }
  }
}

extension HIIPackages {
  /// The string package at or behind `offset`; `offset` then stands behind it.
  fileprivate func nextStrings(_ offset: inout Int) -> HIIStringPackage? {
    while let package = package(at: offset) {
      offset += package.count
      if let strings = HIIStringPackage(package) { return strings }
    }
    return nil
  }
}

/// ASCII in the payload's memory, up to its NUL.
private func text(_ pointer: UnsafePointer<CChar>) -> ByteView {
  var count = 0
  while pointer[count] != 0 { count += 1 }
  return ByteView(UnsafeRawPointer(pointer), count: count)
}

/// 34.3.3.
@c @implementation public func virgil_hii_string(
  _ language: UnsafePointer<CChar>!, _ handle: UnsafeMutableRawPointer!, _ id: UInt16,
  _ string: UnsafeMutablePointer<efi_char16>!, _ size: UnsafeMutablePointer<UInt64>!
) -> efi_status {
  service {
    () throws(Status) in
    guard let language, let size, size.pointee == 0 || string != nil else { throw .invalidParameter }
    guard let packages = try firmware.packageList(handle).packages else { throw .notFound }
    let wanted = text(language)
    var offset = HIIPackages.headerSize
    var isElsewhere = false
    while let package = packages.nextStrings(&offset) {
      guard let (start, width) = package.find(Int(id)), let length = package.length(start, width) else { continue }
      guard package.isIn(wanted) else {
        isElsewhere = true
        continue
      }
      let room = size.pointee
      size.pointee = UInt64(length + 1) * 2
      guard room >= size.pointee else { throw .bufferTooSmall }
      for index in 0...length { string[index] = package.character(start, width, index) ?? 0 }
      return
    }
    throw isElsewhere ? .invalidLanguage : .notFound
  }
}

/// 34.3.5: the primary languages, and 34.3.6: the secondary ones of `primary`; with `;` between them.
@c @implementation public func virgil_hii_languages(
  _ handle: UnsafeMutableRawPointer!, _ primary: UnsafePointer<CChar>!, _ list: UnsafeMutablePointer<CChar>!,
  _ size: UnsafeMutablePointer<UInt64>!
) -> efi_status {
  service {
    () throws(Status) in
    guard let size, size.pointee == 0 || list != nil else { throw .invalidParameter }
    guard let packages = try firmware.packageList(handle).packages else { throw .notFound }
    var used = 0
    var offset = HIIPackages.headerSize
    var isFound = primary == nil
    while let package = packages.nextStrings(&offset) {
      let (primaryLanguage, secondary) = package.languages.split(at: 0x3b)
      var shown = primaryLanguage
      if let primary {
        guard !isFound, package.isIn(text(primary)) else { continue }
        isFound = true
        guard let secondary else { continue }
        shown = secondary
      }
      // A language and its separator: the last one's becomes the NUL.
      let end = used + shown.count + 1
      if UInt64(end) <= size.pointee {
        for index in 0..<shown.count { list[used + index] = CChar(bitPattern: shown.byte(index) ?? 0) }
        list[end - 1] = 0x3b
      }
      used = end
    }
    guard isFound else { throw .invalidLanguage }
    let room = size.pointee
    size.pointee = UInt64(max(used, 1))
    guard room >= size.pointee else { throw .bufferTooSmall }
    list[max(used, 1) - 1] = 0
  }
}
