// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import PE

/// Builds PE32+ files for tests, without any of the code under test but the names of the fields.
struct PEBuilder {
  struct Section {
    var name: String
    var rva: UInt32
    var memorySize: UInt32
    var data: [UInt8]
    var characteristics: UInt32 = 0x4000_0040
  }

  var machine: UInt16 = 0xaa64
  var characteristics: UInt16 = 0x0206
  var subsystem: UInt16 = 10
  var dllCharacteristics: UInt16 = 0x0160
  var imageBase: UInt64 = 0x1_4000_0000
  var sectionAlignment: UInt32 = 0x1000
  var fileAlignment: UInt32 = 0x200
  var entryPoint: UInt32 = 0x1000
  /// nil: what follows from the sections.
  var sizeOfImage: UInt32?
  var sizeOfHeaders: UInt32 = 0x400
  var peOffset: UInt32 = 0x80
  /// Index, address, size.
  var directories: [(Int, UInt32, UInt32)] = []
  var sections: [Section] = [
    Section(name: ".text", rva: 0x1000, memorySize: 0x800, data: pattern(0x7f0, 1), characteristics: 0x6000_0020),
    Section(name: ".data", rva: 0x3000, memorySize: 0x2345, data: pattern(0x321, 2), characteristics: 0xc000_0040),
  ]
  /// What stands in the headers wherever nothing else does: offset and bytes.
  var patches: [(Int, [UInt8])] = []
  /// Behind the last section.
  var tail: [UInt8] = []

  /// Bytes that differ from zeros and from those of another seed.
  static func pattern(_ count: Int, _ seed: UInt8) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ ($0 >> 8)) ^ seed | 1 }
  }

  func build() -> [UInt8] {
    var file = [UInt8](repeating: 0, count: Int(sizeOfHeaders))
    func put<Value: FixedWidthInteger>(_ value: Value, _ offset: Int) {
      for index in 0..<Value.bitWidth / 8 {
        file[offset + index] = UInt8(truncatingIfNeeded: value >> Value(8 * index))
      }
    }
    for (offset, bytes) in patches { file.replaceSubrange(offset..<offset + bytes.count, with: bytes) }
    put(UInt16(0x5a4d), 0)
    put(peOffset, 0x3c)
    let pe = Int(peOffset)
    put(UInt32(0x4550), pe)
    put(machine, pe + 4)
    put(UInt16(sections.count), pe + 6)
    put(UInt16(240), pe + 20)
    put(characteristics, pe + 22)
    put(UInt16(0x20b), pe + 24)
    put(entryPoint, pe + 40)
    put(imageBase, pe + 48)
    put(sectionAlignment, pe + 56)
    put(fileAlignment, pe + 60)
    let end = sections.map { $0.rva + $0.memorySize }.max() ?? sizeOfHeaders
    put(sizeOfImage ?? (end + sectionAlignment - 1) / sectionAlignment * sectionAlignment, pe + 80)
    put(sizeOfHeaders, pe + 84)
    put(UInt32(0x1234_5678), pe + 88)
    put(subsystem, pe + 92)
    put(dllCharacteristics, pe + 94)
    put(UInt32(16), pe + 132)
    for (index, address, size) in directories {
      put(address, pe + 136 + 8 * index)
      put(size, pe + 140 + 8 * index)
    }
    for (index, section) in sections.enumerated() {
      let entry = pe + 24 + 240 + 40 * index
      for (place, byte) in section.name.utf8.prefix(8).enumerated() { file[entry + place] = byte }
      put(section.memorySize, entry + 8)
      put(section.rva, entry + 12)
      let rawSize = (section.data.count + Int(fileAlignment) - 1) / Int(fileAlignment) * Int(fileAlignment)
      put(UInt32(rawSize), entry + 16)
      put(UInt32(rawSize == 0 ? 0 : file.count), entry + 20)
      put(section.characteristics, entry + 36)
      file += section.data + [UInt8](repeating: 0, count: rawSize - section.data.count)
    }
    return file + tail
  }

  /// The image as a loader lays it out: headers, sections, zeros.
  func mapped() -> [UInt8] {
    let file = build()
    let end = Int(sizeOfImage ?? (sections.map { $0.rva + $0.memorySize }.max()! + 0xfff) & ~0xfff)
    var image = [UInt8](repeating: 0, count: end)
    image.replaceSubrange(0..<Int(sizeOfHeaders), with: file[0..<Int(sizeOfHeaders)])
    for section in sections {
      let count = min(section.data.count, Int(section.memorySize))
      image.replaceSubrange(Int(section.rva)..<Int(section.rva) + count, with: section.data[0..<count])
    }
    return image
  }
}

func pattern(_ count: Int, _ seed: UInt8) -> [UInt8] { PEBuilder.pattern(count, seed) }

extension Array where Element == UInt8 {
  /// The bytes with one field set.
  func setting<Value: FixedWidthInteger>(_ offset: Int, _ value: Value) -> [UInt8] {
    var copy = self
    for index in 0..<Value.bitWidth / 8 {
      copy[offset + index] = UInt8(truncatingIfNeeded: value >> Value(8 * index))
    }
    return copy
  }

  /// The little-endian integer at `offset`.
  func integer<Value: FixedWidthInteger>(_ offset: Int, as type: Value.Type = Value.self) -> Value {
    (0..<Value.bitWidth / 8).reduce(0) { $0 | Value(truncatingIfNeeded: self[offset + $1]) << Value(8 * $1) }
  }
}
