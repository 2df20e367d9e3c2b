// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Bytes
import Foundation
import Handover
import Testing

@testable import CarriedImage

/// Emulator blobs and plans for tests.
enum Fixture {
  /// A blob with a valid header and nothing that runs.
  static func blob(
    machine: UInt16 = 0xaa64, size: Int = 20_000, memory: UInt64 = 0x8_0000, buildID: [UInt8] = Array(1...20)
  ) -> [UInt8] {
    var blob = pattern(size, 0x33)
    blob.replaceSubrange(0..<0x88, with: repeatElement(0, count: 0x88))
    blob = blob.setting(0, UInt64(0x1111_2222_3333_4444)).setting(8, UInt64(0x5555_6666_7777_8888))
      .setting(0x10, UInt64(0x424f_4c42_4c47_5256)).setting(0x18, UInt32(2)).setting(0x1c, UInt32(0x88))
      .setting(0x20, UInt64(size)).setting(0x28, memory).setting(0x48, UInt32(machine))
    blob.replaceSubrange(0x50..<0x50 + buildID.count, with: buildID)
    return blob
  }

  /// A UKI-like payload for either machine.
  static func payload(_ machine: UInt16) -> PEBuilder {
    var builder = PEBuilder(machine: machine, directories: [(5, 0x6000, 12)])
    builder.patches = [(0x40, Array("This program cannot be run in DOS mode.".utf8))]
    builder.sections += [
      .init(name: ".reloc", rva: 0x6000, memorySize: 12, data: [0, 0x30, 0, 0, 12, 0, 0, 0, 8, 0xa0, 0, 0]),
      .init(name: ".cmdline", rva: 0x8000, memorySize: 20, data: Array("console=ttyS0 quiet ".utf8)),
      .init(name: ".linux", rva: 0x9000, memorySize: 0x5432, data: pattern(0x5432, 9), characteristics: 0x4000_0020),
    ]
    return builder
  }

  /// A payload whose sections share pages: the first one right behind the headers, the others right behind each other.
  static func packed(_ machine: UInt16, first: UInt32, sections: Int = 3, alignment: UInt32 = 0x20) -> PEBuilder {
    var builder = PEBuilder(
      machine: machine, sectionAlignment: alignment, fileAlignment: alignment, entryPoint: first, sizeOfHeaders: first,
      peOffset: 0x40)
    let data: UInt32 = 0xc000_0040
    builder.sections = (0..<sections).map { index in
      let size = UInt32(0x1340 + 0x40 * index)
      return .init(
        name: ".s\(index)", rva: 0, memorySize: size, data: pattern(Int(size) - 5 * index, UInt8(index + 1)),
        characteristics: index == 0 ? 0x6000_0020 : index & 1 == 1 ? data : 0x4000_0040)
    }
    var end = first
    for index in builder.sections.indices {
      builder.sections[index].rva = end
      end = (end + builder.sections[index].memorySize + alignment - 1) / alignment * alignment
    }
    return builder
  }

  /// Plans and calls `body` with the plan and the whole file.
  static func carry<Result>(
    _ payload: [UInt8], _ blob: [UInt8], console: ConsoleDescription? = nil, imagePath: String? = nil,
    _ body: (Plan, [UInt8]) throws -> Result
  ) throws -> Result {
    try payload.withUnsafeBytes { payload in
      try blob.withUnsafeBytes { blob in
        let plan = try CarriedImage.plan(
          payload: ByteView(payload), emulator: ByteView(blob),
          options: .init(
            console: console, sidecars: imagePath.map { Sidecars(archive: nil, imagePath: $0) }))
        return try body(plan, bytes(of: plan))
      }
    }
  }

  static func bytes(of plan: Plan) throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: plan.fileSize)
    var end = 0
    try bytes.withUnsafeMutableBytes { bytes in
      try plan.write { part in
        UnsafeMutableRawBufferPointer(rebasing: bytes[end..<end + part.count]).copyMemory(from: part)
        end += part.count
      }
    }
    #expect(end == plan.fileSize)
    return bytes
  }

  /// The refusal of a payload and a blob; nil when there is none.
  static func refusal(_ payload: [UInt8], _ blob: [UInt8]) -> Refusal? {
    payload.withUnsafeBytes { payload in
      blob.withUnsafeBytes { blob in
        do throws(Refusal) {
          _ = try CarriedImage.plan(payload: ByteView(payload), emulator: ByteView(blob))
          return nil
        } catch { return error }
      }
    }
  }
}

/// A PE file as somebody else reads it: straight from the specification's offsets, with none of the code under test.
struct IndependentPE {
  struct Section {
    let name: String
    let virtualSize, rva, rawSize, rawOffset: Int
    let characteristics: UInt32
  }
  let pe: Int
  let sizeOfHeaders, sizeOfImage, fileAlignment, sectionAlignment, entryPoint: Int
  let checkSum: UInt32
  let certificates: Range<Int>
  let sections: [Section]

  init(_ file: [UInt8]) {
    func u32(_ offset: Int) -> Int { Int(file.integer(offset, as: UInt32.self)) }
    precondition(file[0] == 0x4d && file[1] == 0x5a)
    let header = u32(0x3c)
    pe = header
    precondition(u32(header) == 0x4550)
    let count = Int(file.integer(header + 6, as: UInt16.self))
    let table = header + 24 + Int(file.integer(header + 20, as: UInt16.self))
    entryPoint = u32(header + 40)
    sectionAlignment = u32(header + 56)
    fileAlignment = u32(header + 60)
    sizeOfImage = u32(header + 80)
    sizeOfHeaders = u32(header + 84)
    checkSum = file.integer(header + 88)
    certificates = u32(header + 168)..<u32(header + 168) + u32(header + 172)
    sections = (0..<count).map { index in
      let entry = table + 40 * index
      return Section(
        name: String(decoding: file[entry..<entry + 8].prefix { $0 != 0 }, as: UTF8.self),
        virtualSize: u32(entry + 8), rva: u32(entry + 12), rawSize: u32(entry + 16), rawOffset: u32(entry + 20),
        characteristics: file.integer(entry + 36))
    }
  }

  /// Memory as a PE loader fills it: headers, sections, zeros.
  func load(_ file: [UInt8]) -> [UInt8] {
    var memory = [UInt8](repeating: 0, count: sizeOfImage)
    memory.withUnsafeMutableBytes { memory in
      file.withUnsafeBytes { file in
        func copy(_ source: Int, _ destination: Int, _ count: Int) {
          UnsafeMutableRawBufferPointer(rebasing: memory[destination..<destination + count])
            .copyMemory(from: UnsafeRawBufferPointer(rebasing: file[source..<source + count]))
        }
        copy(0, 0, sizeOfHeaders)
        for section in sections { copy(section.rawOffset, section.rva, min(section.rawSize, section.virtualSize)) }
      }
    }
    return memory
  }
}

extension Array where Element == UInt8 {
  /// Whether `range` holds the same bytes in both: by memcmp, since these arrays have tens of megabytes.
  func agrees(with other: [UInt8], in range: Range<Int>) -> Bool {
    guard range.upperBound <= count, range.upperBound <= other.count else { return false }
    return withUnsafeBytes { mine in
      other.withUnsafeBytes { theirs in
        range.isEmpty
          || memcmp(mine.baseAddress! + range.lowerBound, theirs.baseAddress! + range.lowerBound, range.count) == 0
      }
    }
  }
}
