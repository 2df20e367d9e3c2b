// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// What GetInfo and Read of a folder answer with (UEFI 2.10, 13.5.16–13.5.18).
struct FileInformation {
  /// Bytes before the name.
  private static let fileHeader = 80
  private static let volumeHeader = 36
  private static let readOnly: UInt64 = 0x01
  private static let directory: UInt64 = 0x10

  static let label: StaticString = "VIRGIL"

  let tree: FileTree

  /// `EFI_FILE_INFO`.
  func file(_ node: FileTree.Node, _ size: UnsafeMutablePointer<UInt64>, _ buffer: UnsafeMutableRawPointer?)
    throws(Status)
  {
    let name = tree.name(node)
    let buffer = try room(FileInformation.fileHeader + 2 * (units(name) + 1), size, buffer)
    let entry = tree.ownEntry(node)
    let isFolder = entry?.kind != .file
    let bytes = isFolder ? 0 : UInt64(entry?.data.count ?? 0)
    buffer.storeBytes(of: size.pointee, as: UInt64.self)
    buffer.storeBytes(of: bytes, toByteOffset: 8, as: UInt64.self)
    buffer.storeBytes(of: bytes, toByteOffset: 16, as: UInt64.self)
    // Creation, last access, modification: an archive knows the last one only.
    let time = FileTime(secondsSince1970: entry?.modificationTime ?? 0)
    for field in 0..<3 { time.store(to: buffer + 24 + 16 * field) }
    buffer.storeBytes(
      of: FileInformation.readOnly | (isFolder ? FileInformation.directory : 0), toByteOffset: 72, as: UInt64.self)
    store(name, buffer + FileInformation.fileHeader)
  }

  /// `EFI_FILE_SYSTEM_INFO`.
  func volume(_ size: UnsafeMutablePointer<UInt64>, _ buffer: UnsafeMutableRawPointer?) throws(Status) {
    let label = FileInformation.labelBytes
    let buffer = try room(FileInformation.volumeHeader + 2 * (label.count + 1), size, buffer)
    buffer.storeBytes(of: size.pointee, as: UInt64.self)
    buffer.storeBytes(of: 1, toByteOffset: 8, as: UInt64.self)  // ReadOnly, and the padding behind it
    buffer.storeBytes(of: UInt64(tree.archive.bytes.count), toByteOffset: 16, as: UInt64.self)
    buffer.storeBytes(of: 0, toByteOffset: 24, as: UInt64.self)  // FreeSpace
    buffer.storeBytes(of: 4, toByteOffset: 32, as: UInt32.self)  // BlockSize: what files are aligned to
    store(label, buffer + FileInformation.volumeHeader)
  }

  /// `EFI_FILE_SYSTEM_VOLUME_LABEL`.
  func label(_ size: UnsafeMutablePointer<UInt64>, _ buffer: UnsafeMutableRawPointer?) throws(Status) {
    let label = FileInformation.labelBytes
    store(label, try room(2 * (label.count + 1), size, buffer))
  }

  private static var labelBytes: ByteView { ByteView(label.utf8Start, count: label.utf8CodeUnitCount) }

  /// Says how much is needed; and gives the buffer if it has that much.
  private func room(
    _ needed: Int, _ size: UnsafeMutablePointer<UInt64>, _ buffer: UnsafeMutableRawPointer?
  ) throws(Status) -> UnsafeMutableRawPointer {
    let given = size.pointee
    size.pointee = UInt64(needed)
    guard given >= UInt64(needed) else { throw .bufferTooSmall }
    guard let buffer else { throw .invalidParameter }
    return buffer
  }

  private func units(_ text: ByteView) -> Int {
    var count = 0
    UTF8Decoder.forEachUTF16Unit(of: text) { _ in count += 1 }
    return count
  }

  private func store(_ text: ByteView, _ place: UnsafeMutableRawPointer) {
    var place = place
    UTF8Decoder.forEachUTF16Unit(of: text) { unit in
      place.storeBytes(of: unit, as: UInt16.self)
      place += 2
    }
    place.storeBytes(of: 0, as: UInt16.self)
  }
}

/// A time as `EFI_TIME` has it (8.3.1), in UTC.
struct FileTime {
  let year: UInt16
  let month: UInt8
  let day: UInt8
  let secondOfDay: UInt32

  init(secondsSince1970 seconds: UInt32) {
    secondOfDay = seconds % 86400
    // Days are counted from 1 March of year 0 of the Gregorian calendar: a leap day is then the last of its year.
    var days = seconds / 86400 + 719_468
    let era = days / 146_097  // 400 years
    days %= 146_097
    let yearOfEra = (days - days / 1460 + days / 36524 - days / 146_096) / 365
    days -= 365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100
    let fromMarch = (5 * days + 2) / 153
    day = UInt8(days - (153 * fromMarch + 2) / 5 + 1)
    month = UInt8(fromMarch < 10 ? fromMarch + 3 : fromMarch - 9)
    year = UInt16(era * 400 + yearOfEra + (month <= 2 ? 1 : 0))
  }

  func store(to place: UnsafeMutableRawPointer) {
    let date = UInt64(year) | UInt64(month) << 16 | UInt64(day) << 24
    let time = UInt64(secondOfDay / 3600) | UInt64(secondOfDay / 60 % 60) << 8 | UInt64(secondOfDay % 60) << 16
    place.storeBytes(of: date | time << 32, as: UInt64.self)
    place.storeBytes(of: 0, toByteOffset: 8, as: UInt64.self)  // no nanoseconds, TimeZone and Daylight 0
  }
}
