// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// What GetInfo and Read of a folder answer with (UEFI 2.10, 13.5.16–13.5.18).
enum FileInformation {
  /// `EFI_FILE_INFO`, `EFI_FILE_SYSTEM_INFO`, `EFI_FILE_SYSTEM_VOLUME_LABEL`.
  case file, system, label

  /// - Throws: UNSUPPORTED for a type of information that there is none of.
  init(_ type: UnsafeRawPointer?) throws(Status) {
    guard let type else { throw .invalidParameter }
    let guid = GUID(at: type)
    if guid == .fileInfo {
      self = .file
    } else if guid == .fileSystemInfo {
      self = .system
    } else if guid == .fileSystemVolumeLabel {
      self = .label
    } else {
      throw .unsupported
    }
  }

  private static let readOnly: UInt64 = 0x01
  private static let directory: UInt64 = 0x10
  static let volumeLabel: StaticString = "VIRGIL"

  /// Bytes before the name or label that each of them ends in.
  private var header: Int {
    switch self {
    case .file: 80
    case .system: 36
    case .label: 0
    }
  }

  /// Fills `buffer` if it is large enough, and says in `size` how much that is.
  func write(
    _ tree: FileTree, _ node: FileTree.Node, _ size: UnsafeMutablePointer<UInt64>, _ buffer: UnsafeMutableRawPointer?
  ) throws(Status) {
    let label = FileInformation.volumeLabel
    let text =
      self == .file ? tree.name(node) : ByteView(UnsafeRawPointer(label.utf8Start), count: label.utf8CodeUnitCount)
    let room = size.pointee
    size.pointee = UInt64(header + UTF8Decoder.writeUTF16(text, to: nil))
    guard room >= size.pointee else { throw .bufferTooSmall }
    guard let buffer else { throw .invalidParameter }
    UTF8Decoder.writeUTF16(text, to: buffer + header)
    guard self != .label else { return }
    buffer.storeBytes(of: size.pointee, as: UInt64.self)
    if self == .system {
      buffer.storeBytes(of: 1, toByteOffset: 8, as: UInt64.self)  // ReadOnly, and the padding behind it
      buffer.storeBytes(of: UInt64(tree.size), toByteOffset: 16, as: UInt64.self)
      buffer.storeBytes(of: 0, toByteOffset: 24, as: UInt64.self)  // FreeSpace
      buffer.storeBytes(of: 4, toByteOffset: 32, as: UInt32.self)  // BlockSize: what files are aligned to
      return
    }
    let entry = tree.ownEntry(node)
    let isFile = entry?.kind == .file
    let bytes = isFile ? UInt64(entry?.data.count ?? 0) : 0
    buffer.storeBytes(of: bytes, toByteOffset: 8, as: UInt64.self)
    buffer.storeBytes(of: bytes, toByteOffset: 16, as: UInt64.self)
    // Creation, last access, modification: an archive knows the last one only.
    let time = FileTime(secondsSince1970: entry?.modificationTime ?? 0).packed
    for field in 0..<6 {
      buffer.storeBytes(of: field & 1 == 0 ? time : 0, toByteOffset: 24 + 8 * field, as: UInt64.self)
    }
    buffer.storeBytes(
      of: FileInformation.readOnly | (isFile ? 0 : FileInformation.directory), toByteOffset: 72, as: UInt64.self)
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
    day = UInt8(truncatingIfNeeded: days - (153 * fromMarch + 2) / 5 + 1)
    month = UInt8(truncatingIfNeeded: fromMarch < 10 ? fromMarch + 3 : fromMarch - 9)
    year = UInt16(truncatingIfNeeded: era * 400 + yearOfEra + (month <= 2 ? 1 : 0))
  }

  /// The first half of the structure; the other one is 0: no nanoseconds, TimeZone and Daylight 0.
  var packed: UInt64 {
    let date = UInt64(year) | UInt64(month) << 16 | UInt64(day) << 24
    let time = UInt64(secondOfDay / 3600) | UInt64(secondOfDay / 60 % 60) << 8 | UInt64(secondOfDay % 60) << 16
    return date | time << 32
  }
}
