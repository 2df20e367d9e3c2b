// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Bytes
import ELF
import RelocationFixer
import Testing

/// Bytes that no linker made. A trap would end the test run, so every test here also proves that there is none.
@Suite("Hostile files")
struct HostileFileTests {
  /// A heap copy of exactly these bytes, so that a read behind them is not a read of the same array.
  private func proveCopy(
    _ bytes: ArraySlice<UInt8>, as role: ProvenImage.Role = .emulator
  ) -> Result<ProvenImage, Refusal> {
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
    defer { copy.deallocate() }
    copy.copyBytes(from: bytes)
    return Result { () throws(Refusal) in try ProvenImage(ByteView(UnsafeRawBufferPointer(copy)), as: role) }
  }

  @Test(arguments: Fixture.machines)
  func `A file cut anywhere is refused`(machine: Machine) throws {
    let bytes = try Fixture.of(machine).emulator
    // The linker puts the string table last; its last byte is the NUL of the last name.
    for count in 0..<bytes.count {
      guard case .failure = proveCopy(bytes[..<count]) else {
        Issue.record("accepted with \(count) of \(bytes.count) bytes")
        return
      }
    }
    #expect((try? proveCopy(bytes[...]).get()) != nil)
  }

  /// Every header's every field: offset and width in bytes.
  private func fields(_ bytes: [UInt8]) throws -> [(name: String, offset: Int, width: Int)] {
    var fields: [(String, Int, Int)] = [
      ("e_type", 16, 2), ("e_machine", 18, 2), ("e_version", 20, 4), ("e_entry", 24, 8), ("e_phoff", 32, 8),
      ("e_shoff", 40, 8), ("e_flags", 48, 4), ("e_ehsize", 52, 2), ("e_phentsize", 54, 2), ("e_phnum", 56, 2),
      ("e_shentsize", 58, 2), ("e_shnum", 60, 2), ("e_shstrndx", 62, 2),
    ]
    try withFile(bytes) { file in
      let phoff = Int(file.bytes[Field<UInt64>(32)]!)
      let shoff = Int(file.bytes[Field<UInt64>(40)]!)
      for index in file.programHeaders.indices {
        for (name, offset, width) in [
          ("p_type", 0, 4), ("p_flags", 4, 4), ("p_offset", 8, 8), ("p_vaddr", 16, 8), ("p_paddr", 24, 8),
          ("p_filesz", 32, 8), ("p_memsz", 40, 8), ("p_align", 48, 8),
        ] { fields.append(("\(name) \(index)", phoff + 56 * index + offset, width)) }
      }
      for section in file.sections {
        for (name, offset, width) in [
          ("sh_name", 0, 4), ("sh_type", 4, 4), ("sh_flags", 8, 8), ("sh_addr", 16, 8), ("sh_offset", 24, 8),
          ("sh_size", 32, 8), ("sh_link", 40, 4), ("sh_info", 44, 4), ("sh_addralign", 48, 8), ("sh_entsize", 56, 8),
        ] { fields.append(("\(name) of \(section.name)", shoff + 64 * section.index + offset, width)) }
      }
      let dynamic = try #require(file.programHeaders.first { $0.type == ProgramHeader.PT_DYNAMIC })
      for offset in stride(from: 0, to: Int(dynamic.fileSize), by: 8) {
        fields.append(("dynamic table +\(offset)", Int(dynamic.offset) + offset, 8))
      }
      let relr = try #require(file.sections.first { $0.type == Section.SHT_RELR })
      for offset in stride(from: 0, to: Int(relr.size), by: 8) {
        fields.append(("RELR table +\(offset)", Int(relr.offset) + offset, 8))
      }
    }
    return fields
  }

  private func extremes(_ bytes: [UInt8], _ width: Int) -> [UInt64] {
    let size = UInt64(bytes.count)
    let values: [UInt64] = [
      0, 1, 2, 3, 7, 0x7f, 0xff, 0xfff, 0x1000, 0x7fff, 0xfff1, 0xffff, size - 1, size, size + 1, 0x7fff_ffff,
      0x8000_0000, 0xffff_ffff, 0x1_0000_0000, .max >> 1, 1 << 63, .max - 4095, .max - 7, .max - 1, .max,
    ]
    return width == 8 ? values : values.filter { $0 >> UInt64(8 * width) == 0 }
  }

  @Test(arguments: Fixture.machines)
  func `An extreme value in any field is refused, or changes nothing`(machine: Machine) throws {
    let original = try Fixture.of(machine).emulator
    let flat = try prove(original).bytes
    let relr = try withFile(original) { file in
      let section = file.sections.first { $0.type == Section.SHT_RELR }!
      return (
        Int(section.address)..<Int(section.address + section.size), file.sections.first { $0.name == ".dynamic" }!
      )
    }
    let dynamic = Int(relr.1.address)..<Int(relr.1.address + relr.1.size)
    var refused = 0
    var accepted = 0
    for field in try fields(original) {
      for value in extremes(original, field.width) {
        var bytes = original
        for index in 0..<field.width {
          bytes[field.offset + index] = UInt8(truncatingIfNeeded: value >> UInt64(8 * index))
        }
        if bytes == original { continue }
        switch proveCopy(bytes[...]) {
        case .failure(let refusal):
          refused += 1
          #expect(
            "\(refusal)".contains("expected") || isBounds(refusal),
            "\(field.name): \(refusal)")
        case .success(let image):
          accepted += 1
          // Where both tables are loaded, an accepted change of theirs is in the blob; all else must be as it was.
          let differs = image.bytes.indices.contains {
            image.bytes[$0] != flat[$0] && !relr.0.contains($0) && !dynamic.contains($0)
          }
          #expect(image.bytes.count == flat.count && !differs, "\(field.name) = \(value)")
        }
      }
    }
    #expect(refused > 1500, "\(refused) refused")
    #expect(accepted > 0, "\(accepted) accepted")
  }

  /// Errors of the reader say what does not fit instead of what is expected.
  private func isBounds(_ refusal: Refusal) -> Bool {
    switch refusal {
    case .malformed(.truncated), .malformed(.name), .malformed(.notELF): true
    default: false
    }
  }

  @Test(arguments: Fixture.machines)
  func `Random changes never trap, and never change the size`(machine: Machine) throws {
    let original = try Fixture.of(machine).emulator
    let size = try prove(original).bytes.count
    // Where fields are: headers, dynamic table, relocations, symbols, names. The rest is code, constants and padding.
    let interesting = try withFile(original) { file in
      Array(0..<0x200) + Array(Int(file.bytes[Field<UInt64>(40)]!)..<original.count)
        + file.sections.filter { ![0, 1, 8].contains($0.type) }
        .flatMap { Int($0.offset)..<Int($0.offset + $0.size) }
    }
    var generator = SeededGenerator(seed: 0x7669_7267_696c)
    var refused = 0
    for _ in 0..<10_000 {
      var bytes = original
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        bytes[interesting.randomElement(using: &generator)!] = UInt8.random(in: 0...255, using: &generator)
      }
      switch proveCopy(bytes[...]) {
      case .failure: refused += 1
      case .success(let image): #expect(image.bytes.count == size)
      }
    }
    #expect(refused > 3000, "\(refused) refused")
  }

  @Test(arguments: Fixture.machines)
  func `Every field of the blob header is held against the ELF file`(machine: Machine) throws {
    let original = try Fixture.of(machine).emulator
    let start = try withFile(original) { Int($0.sections.first { $0.name == ".text" }!.offset) }
    for offset in BlobHeader.magic.offset..<BlobHeader.build_id {
      var bytes = original
      bytes[start + offset] ^= 0x40
      guard case .failure(.header) = proveCopy(bytes[...]) else {
        Issue.record("byte \(offset) of the header may be anything")
        continue
      }
    }
  }

  @Test(arguments: Fixture.machines)
  func `Every field of the runtime header is held against the ELF file`(machine: Machine) throws {
    let original = try Fixture.of(machine).runtime
    let (start, code) = try withFile(original) { file in
      let text = file.sections.first { $0.name == ".text" }!
      return (Int(text.offset), text.address + text.size)
    }
    func isRefused(_ offset: Int, _ byte: UInt8) -> Bool {
      var bytes = original
      bytes[start + offset] = byte
      if case .failure(.header) = proveCopy(bytes[...], as: .runtime) { return true }
      return false
    }
    for offset in 0..<RuntimeHeader.size where !(RuntimeHeader.fill.offset..<RuntimeHeader.fill.end).contains(offset) {
      #expect(isRefused(offset, original[start + offset] ^ 0x40), "byte \(offset)")
    }
    // An entry point may be anywhere in the code, but neither in the header nor behind it.
    #expect(isRefused(RuntimeHeader.fill.offset, 0))
    #expect(isRefused(RuntimeHeader.fill.offset + 1, UInt8(code >> 8) + 1))
    #expect((try? proveCopy(original[...], as: .runtime).get()) != nil)
  }
}
