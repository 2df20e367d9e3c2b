// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// An archive in the form that Linux takes as an initramfs: cpio "newc" (Documentation/driver-api/early-userspace/
/// buffer-format.rst), read in place.
///
/// ```swift
/// var offset = 0
/// while let entry = try archive.entry(at: offset) { offset = entry.end }
/// ```
public struct CPIOArchive {
  public let bytes: ByteView

  public init(_ bytes: ByteView) { self.bytes = bytes }

  /// A header is its magic and 13 numbers of eight hexadecimal digits each.
  enum Header {
    static let magic: StaticString = "070701"
    static let size = 6 + 13 * 8
    /// Which of the numbers.
    static let mode = 1
    static let mtime = 5
    static let filesize = 6
    static let namesize = 11
    /// `PATH_MAX`: what Linux takes. It counts the NUL.
    static let longestName = 4096
  }

  /// The entry at `offset`, which is 0 or another entry's end; nil for the trailer.
  public func entry(at offset: Int) throws(CPIOError) -> CPIOEntry? {
    let entry = try anyEntry(at: offset)
    return entry.isTrailer ? nil : entry
  }

  /// Reads all of the archive.
  ///
  /// - Returns: the first byte after the trailer.
  public func check() throws(CPIOError) -> Int {
    var offset = 0
    while true {
      let entry = try anyEntry(at: offset)
      offset = entry.end
      if entry.isTrailer { return offset }
    }
  }

  private func anyEntry(at offset: Int) throws(CPIOError) -> CPIOEntry {
    guard offset >= 0, offset < bytes.count else { throw CPIOError(.noTrailer, at: offset) }
    guard bytes.matches(Header.magic, at: offset) else {
      let isCut = bytes.count - offset < Header.magic.utf8CodeUnitCount
      throw CPIOError(isCut ? .truncated : .noHeader, at: offset)
    }
    guard bytes.count - offset >= Header.size else { throw CPIOError(.truncated, at: offset) }
    guard let mode = number(Header.mode, offset), let time = number(Header.mtime, offset),
      let size = number(Header.filesize, offset), let nameSize = number(Header.namesize, offset)
    else { throw CPIOError(.badNumber, at: offset) }
    guard nameSize > 1, nameSize <= UInt32(Header.longestName) else { throw CPIOError(.badName, at: offset) }
    let nameStart = offset + Header.size
    let nameEnd = nameStart + Int(nameSize)
    let dataStart = aligned(nameEnd)
    guard let name = bytes.slice(nameStart, count: Int(nameSize)),
      let data = bytes.slice(size == 0 ? nameEnd : dataStart, count: Int(size))
    else { throw CPIOError(.truncated, at: offset) }
    guard let text = name.terminated(), text.count == name.count - 1 else { throw CPIOError(.badName, at: offset) }
    return CPIOEntry(
      offset: offset, end: aligned(dataStart + Int(size)), mode: mode, modificationTime: time, name: text, data: data)
  }

  private func aligned(_ offset: Int) -> Int { (offset + 3) & ~3 }

  private func number(_ index: Int, _ offset: Int) -> UInt32? {
    var value: UInt32 = 0
    let start = offset + 6 + 8 * index
    for place in start..<start + 8 {
      guard let byte = bytes.byte(place) else { return nil }
      let digit: UInt8
      switch byte {
      case 0x30...0x39: digit = byte - 0x30
      case 0x41...0x46: digit = byte - 0x41 + 10
      case 0x61...0x66: digit = byte - 0x61 + 10
      default: return nil
      }
      value = value << 4 | UInt32(digit)
    }
    return value
  }
}
