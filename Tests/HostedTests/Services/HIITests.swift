// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Testing

/// A package: 24 bits of length, 8 of type, contents.
private func package(_ type: UInt8, _ contents: [UInt8]) -> [UInt8] {
  let size = contents.count + 4
  return [UInt8(truncatingIfNeeded: size), UInt8(size >> 8), 0, type] + contents
}

/// A string package (33.3.6) of a language and its blocks.
private func strings(_ language: String, _ blocks: [UInt8]) -> [UInt8] {
  var bytes: [UInt8] = []
  let header = UInt32(46 + language.utf8.count + 1)
  bytes.appendLittleEndian(header)
  bytes.appendLittleEndian(header)
  bytes += [UInt8](repeating: 0, count: 34) + Array(language.utf8) + [0]
  return package(4, bytes + blocks)
}

/// A package list with an end package.
private func list(_ packages: [UInt8]) -> [UInt8] {
  let all = packages + package(0xdf, [])
  var bytes = [UInt8](repeating: 7, count: 16)
  bytes.appendLittleEndian(UInt32(20 + all.count))
  return bytes + all
}

private func wide(_ text: String) -> [UInt8] { ucs2(text).content }

extension FirmwareTests {
  /// HII database and strings (34.8, 34.3).
  @Suite struct HII {
    let machine: HostMachine
    let database: UnsafeMutablePointer<efi_slot?>
    let string: UnsafeMutablePointer<efi_slot?>
    init() throws {
      let machine = try HostMachine()
      self.machine = machine
      func locate(_ guid: GUID) throws -> UnsafeMutablePointer<efi_slot?> {
        let out = Out<UnsafeMutableRawPointer?>(nil)
        #expect(efi(machine.boot.LocateProtocol, guid.buffer, nil, out) == .success)
        return try #require(out.value).assumingMemoryBound(to: efi_slot?.self)
      }
      database = try locate(GUID(0xef9f_c172, 0xa1b2, 0x4693, 0xb327_6d32_fc41_6042))
      string = try locate(GUID(0x0fd9_6974, 0x23aa, 0x4cdc, 0xb9cb_98d1_7750_322a))
    }

    private func add(_ bytes: [UInt8], driver: Handle? = nil) -> (Status, UnsafeMutableRawPointer?) {
      let out = Out<UnsafeMutableRawPointer?>(nil)
      let file = GuardedFile(bytes)
      defer { extendLifetime(file) }
      return (efi(database[0], database, file.bytes.baseAddress!, driver, out), out.value)
    }

    private func text(_ handle: UnsafeMutableRawPointer?, _ id: Int, _ language: String) -> (Status, String) {
      let (buffer, size) = (Buffer(count: 64), Out<UInt64>(64))
      let status = efi(string[1], string, Buffer(Array(language.utf8) + [0]), handle, id, buffer, size, nil)
      guard status == .success else { return (status, "") }
      let units = (0..<Int(size.value / 2) - 1).map {
        buffer.bytes.loadUnaligned(fromByteOffset: 2 * $0, as: UInt16.self)
      }
      return (status, String(decoding: units, as: UTF16.self))
    }

    /// Each kind of block: 1 and 2; 3 is none; 4 and 5; 6 is 2; 7 is none; 8 behind an extension.
    private let blocks: [UInt8] =
      [0x14] + wide("one") + [0x15, 9] + wide("two") + [0x22, 1] + [0x16, 2, 0] + wide("four") + wide("")
      + [0x20, 2, 0, 0x21, 1, 0, 0x30, 0x40, 4, 0xaa, 0x31, 0x40, 5, 0, 0xaa, 0x10, 0x61, 0x62, 0, 0]

    @Test func stringsAreFoundByNumberAndLanguage() throws {
      let (status, handle) = add(list(strings("en;fr", blocks) + strings("de-DE", [0x14] + wide("eins") + [0])))
      #expect(status == .success)
      let expected = ["one", "two", nil, "four", "", "two", nil, "ab", nil]
      for (index, wanted) in expected.enumerated() {
        let (status, found) = text(handle, index + 1, "EN")
        #expect(status == (wanted == nil ? .notFound : .success) && found == wanted ?? "", "\(index + 1)")
      }
      #expect(text(handle, 1, "de-de") == (.success, "eins") && text(handle, 2, "de-DE").0 == .invalidLanguage)
      #expect(text(handle, 0, "en").0 == .notFound && text(nil, 1, "en").0 == .notFound)
      let size = Out<UInt64>(6)
      let language = Buffer(Array("en\0".utf8))
      #expect(efi(string[1], string, language, handle, 1, Buffer(count: 8), size, nil) == .bufferTooSmall)
      #expect(size.value == 8)
      #expect(efi(string[1], string, nil, handle, 1, Buffer(count: 8), size, nil) == .invalidParameter)
      #expect(efi(string[1], string, language, handle, 1, nil, size, nil) == .invalidParameter)
      #expect(efi(string[1], string, language, handle, 1, nil, nil, nil) == .invalidParameter)

      let languages = Buffer(count: 9)
      size.value = 8
      #expect(efi(string[3], string, handle, languages, size) == .bufferTooSmall && size.value == 9)
      #expect(efi(string[3], string, handle, languages, size) == .success)
      #expect(languages.content == Array("en;de-DE\0".utf8))
      #expect(efi(string[4], string, handle, language, languages, size) == .success && size.value == 3)
      #expect(Array(languages.content[..<3]) == Array("fr\0".utf8))
      #expect(efi(string[4], string, handle, Buffer(Array("it\0".utf8)), languages, size) == .invalidLanguage)
      #expect(efi(string[0], string, handle, Out<UInt16>(0), language, nil, ucs2("new"), nil) == .unsupported)
    }

    @Test func listsAreKeptAndGivenBack() throws {
      let guid = [UInt8](repeating: 5, count: 16)
      let first = list(package(1, guid + [1, 2, 3]))
      let (_, one) = add(first)
      let path = machine.firmware.emulatorHandle
      let (_, two) = add(list(strings("en", blocks)), driver: path)
      let (handles, size) = (Out<(UInt64, UInt64)>((0, 0)), Out<UInt64>(8))
      #expect(efi(database[3], database, 0, nil, size, handles) == .bufferTooSmall && size.value == 16)
      #expect(efi(database[3], database, 0, nil, size, handles) == .success)
      #expect(efi(database[3], database, 4, nil, size, handles) == .success && size.value == 8)
      #expect(handles.value.0 == two!.word)
      #expect(efi(database[3], database, 1, Buffer(guid), size, handles) == .success && handles.value.0 == one!.word)
      #expect(efi(database[3], database, 1, GUID.rng.buffer, size, handles) == .notFound)
      #expect(efi(database[3], database, 1, nil, size, handles) == .invalidParameter)
      #expect(efi(database[3], database, 4, Buffer(guid), size, handles) == .invalidParameter)
      // The driver's device path is one package more.
      size.value = 16
      #expect(efi(database[3], database, 8, nil, size, handles) == .success && handles.value.0 == two!.word)

      let buffer = Buffer(count: 1000)
      size.value = 1000
      #expect(efi(database[4], database, one, size, buffer) == .success && size.value == UInt64(first.count))
      #expect(Array(buffer.content[..<first.count]) == first)
      size.value = 0
      #expect(efi(database[4], database, nil, size, nil) == .bufferTooSmall && size.value > UInt64(first.count))
      #expect(efi(database[4], database, UInt64(1), size, buffer) == .notFound)
      let driver = Out<UnsafeMutableRawPointer?>(nil)
      #expect(
        efi(database[10], database, two, driver) == .success
          && driver.value == path)
      #expect(efi(database[10], database, nil, driver) == .invalidParameter)

      #expect(efi(database[1], database, one) == .success && efi(database[1], database, one) == .notFound)
      #expect(text(two, 1, "en").1 == "one")
      #expect(efi(database[1], database, two) == .success)
      #expect(efi(database[4], database, nil, size, buffer) == .notFound)
    }

    @Test func whatIsNotThereSaysSo() {
      #expect(efi(database[2], database, nil, nil) == .unsupported)
      #expect(efi(database[5], database, 4, nil, nil, 1, nil) == .unsupported)
      #expect(efi(database[6], database, UInt64(1)) == .notFound)
      let size = Out<UInt64>(0)
      #expect(
        efi(database[7], database, size, nil) == .success && efi(database[7], database, nil, nil) == .invalidParameter)
      #expect(efi(database[8], database, GUID.rng.buffer, size, nil) == .notFound)
      #expect(efi(database[9], database, nil) == .invalidParameter)
    }

    @Test func hostilePackagesDoNoHarm() {
      let good = list(strings("en", blocks) + strings("de", [0x14] + wide("eins") + [0]))
      // Its end is not where the header says.
      for cut in 24..<good.count {
        var bytes = good
        bytes[16] = UInt8(truncatingIfNeeded: cut)
        bytes[17] = UInt8(cut >> 8)
        #expect(add(bytes).0 == .invalidParameter, "\(cut)")
      }
      var generator = SeededGenerator(seed: 34)
      for _ in 0..<3000 {
        var bytes = good
        for _ in 0..<3 { bytes[24 + generator.below(bytes.count - 28)] = UInt8(generator.below(256)) }
        let (status, handle) = add(bytes)
        guard status == .success else { continue }
        for id in 0..<12 { _ = text(handle, id, "en") }
        #expect(efi(database[1], database, handle) == .success)
      }
      // A string that is another, which is it.
      let (_, handle) = add(list(strings("en", [0x20, 2, 0, 0x20, 1, 0, 0])))
      #expect(text(handle, 1, "en").0 == .notFound)
      machine.check()
    }
  }
}
