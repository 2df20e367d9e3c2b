// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Bytes

/// `Elf64_Nhdr` with its name and descriptor (System V gABI, "Note Section").
public struct Note: Sendable {
  enum Layout {
    static let n_namesz = Field<UInt32>(0)
    static let n_descsz = Field<UInt32>(4)
    static let n_type = Field<UInt32>(8)
    static let size = 12
  }

  /// A build ID, in a note named `GNU`.
  public static let NT_GNU_BUILD_ID: UInt32 = 3

  /// Without the terminating NUL.
  public let name: String
  public let type: UInt32
  public let descriptor: [UInt8]
}

extension ELFFile {
  /// The notes of all PT_NOTE segments.
  ///
  /// - Throws: `ELFError` when a segment is not inside the file, or a note not inside its segment.
  public func notes() throws(ELFError) -> [Note] {
    var notes: [Note] = []
    for segment in programHeaders where segment.type == ProgramHeader.PT_NOTE {
      // Names and descriptors are padded to 4 bytes, except in a segment that is itself aligned to 8.
      let padding = segment.alignment == 8 ? 8 : 4
      let view = try contents(of: segment)
      var offset = 0
      while offset < view.count { notes.append(try Self.note(in: view, at: &offset, padding)) }
    }
    return notes
  }

  private static func note(in view: ByteView, at offset: inout Int, _ padding: Int) throws(ELFError) -> Note {
    let record = try Record(view, at: UInt64(offset), size: Note.Layout.size, what: "a note in its segment")
    let nameSize = Int(record[Note.Layout.n_namesz])
    let descriptorSize = Int(record[Note.Layout.n_descsz])
    let nameStart = offset + Note.Layout.size
    let descriptorStart = roundUp(nameStart + nameSize, padding)
    guard let name = view.slice(nameStart, count: nameSize),
      let descriptor = view.slice(descriptorStart, count: descriptorSize)
    else {
      throw .truncated(
        what: "a note in its segment", offset: UInt64(offset),
        size: UInt64(Note.Layout.size + nameSize + descriptorSize),
        fileSize: view.count)
    }
    offset = roundUp(descriptorStart + descriptorSize, padding)
    let text = name.buffer.last == 0 ? UnsafeRawBufferPointer(rebasing: name.buffer.dropLast()) : name.buffer
    return Note(
      name: String(decoding: text, as: UTF8.self), type: record[Note.Layout.n_type],
      descriptor: Array(descriptor.buffer))
  }

  private static func roundUp(_ value: Int, _ multiple: Int) -> Int { (value + multiple - 1) / multiple * multiple }
}
