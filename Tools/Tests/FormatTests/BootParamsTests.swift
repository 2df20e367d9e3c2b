// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Bytes
import LinuxBoot
import Testing

/// A zero page and the memory around it, made by hand: the page at 0x1000, the list's nodes behind it.
struct BootParamsFixture {
  static let base: UInt64 = 0x1000
  var bytes = [UInt8](repeating: 0, count: BootParams.size)

  init() {
    set(0xaa55, BootParams.Fields.boot_flag)
    set(0x5372_6448, BootParams.Fields.header)
    set(0x020f, BootParams.Fields.version)
  }

  mutating func set<Value: FixedWidthInteger>(_ value: Value, _ field: Field<Value>) {
    bytes.set(value, at: field.offset)
  }

  mutating func addE820(_ index: Int, _ address: UInt64, _ size: UInt64, _ type: UInt32) {
    let place = BootParams.Fields.e820_table + index * 20
    bytes.set(address, at: place)
    bytes.set(size, at: place + 8)
    bytes.set(type, at: place + 16)
  }

  /// Puts bytes behind everything so far; returns their address.
  mutating func append(_ more: [UInt8]) -> UInt64 {
    while bytes.count % 8 != 0 { bytes.append(0) }
    defer { bytes += more }
    return Self.base + UInt64(bytes.count)
  }

  /// A setup_data node.
  mutating func node(_ type: UInt32, next: UInt64, _ payload: [UInt8]) -> UInt64 {
    append(words(next) + words(type) + words(UInt32(payload.count)) + payload)
  }

  func with<Result>(_ body: (BootParams, MemoryReader) throws -> Result) throws -> Result {
    try bytes.withView { view in
      let memory = TestMemory(base: Self.base, bytes: view)
      return try body(BootParams(view), memory.read)
    }
  }

  /// One of everything.
  static func everything() -> BootParamsFixture {
    var fixture = BootParamsFixture()
    fixture.addE820(0, 0, 0x9_fc00, 1)
    fixture.addE820(1, 0x10_0000, 0x3ff0_0000, 1)
    fixture.set(2, BootParams.Fields.e820_entries)
    let handover = fixture.node(10, next: 0, words(0x7000_0000 as UInt64, 0x1000, 0x7100_0000, 0x2000))
    let ima = fixture.node(8, next: handover, words(0x6000_0000 as UInt64, 0x3000))
    let tree = fixture.node(2, next: ima, [0xd0, 0x0d, 0xfe, 0xed])
    let seed = fixture.node(9, next: tree, Array(1...32))
    let efi = fixture.node(4, next: seed, words(0xaa0 as UInt64, 0, 0xbb0, 0xcc0) + [UInt8](repeating: 0, count: 64))
    let far = fixture.append(words(0x8_0000_0000 as UInt64, 0x1000) + words(2 as UInt32))
    let indirect = fixture.node(1 << 31, next: efi, words(0x8000_0001 as UInt32, 0) + words(20 as UInt64, far))
    let e820 = fixture.node(1, next: indirect, words(0x4_0000_0000 as UInt64, 0x4000_0000) + words(1 as UInt32))
    fixture.set(e820, BootParams.Fields.setup_data)
    return fixture
  }
}

func words<Value: FixedWidthInteger>(_ values: Value...) -> [UInt8] {
  values.flatMap { value in withUnsafeBytes(of: value.littleEndian) { [UInt8]($0) } }
}

@Suite struct BootParamsTests {
  private func error(_ fixture: BootParamsFixture) -> BootParamsError? {
    fixture.bytes.withView { view in
      do throws(BootParamsError) {
        _ = try BootParams(view)
        return nil
      } catch {
        #expect(error.description.hasPrefix("boot_params: "))
        return error
      }
    }
  }

  @Test func otherPagesAreRefused() {
    #expect(error(BootParamsFixture()) == nil)
    var fixture = BootParamsFixture()
    fixture.set(0, BootParams.Fields.header)
    #expect(error(fixture) == .noSetupHeader(header: 0))
    fixture = BootParamsFixture()
    fixture.set(0x55, BootParams.Fields.boot_flag)  // as kexec-tools 2.0.29 leaves it
    #expect(error(fixture) == nil)
    fixture = BootParamsFixture()
    fixture.set(0x20b, BootParams.Fields.version)
    #expect(error(fixture) == .oldProtocol(0x20b))
    fixture = BootParamsFixture()
    fixture.set(128, BootParams.Fields.e820_entries)
    #expect(error(fixture) == nil)
    fixture.set(129, BootParams.Fields.e820_entries)
    #expect(error(fixture) == .tooManyE820Entries(129))
    forEachTruncation(of: BootParamsFixture().bytes) { view, length in
      #expect(throws: BootParamsError.truncated(present: length)) { try BootParams(view) }
    }
  }

  @Test func addressesAre64Bit() throws {
    var fixture = BootParamsFixture()
    fixture.set(0x1122_3344, BootParams.Fields.ramdisk_image)
    fixture.set(5, BootParams.Fields.ext_ramdisk_image)
    fixture.set(0x100, BootParams.Fields.ramdisk_size)
    fixture.set(1, BootParams.Fields.ext_ramdisk_size)
    fixture.set(0x2000, BootParams.Fields.cmd_line_ptr)
    fixture.set(7, BootParams.Fields.ext_cmd_line_ptr)
    fixture.set(0x7_fff0_0000, BootParams.Fields.acpi_rsdp_addr)
    try fixture.with { parameters, _ in
      #expect(parameters.ramdisk == PhysicalRange(address: 0x5_1122_3344, size: 0x1_0000_0100))
      #expect(parameters.commandLineAddress == 0x7_0000_2000)
      #expect(parameters.acpiRSDP == 0x7_fff0_0000)
    }
    // A loader that has not cleared the page has not set the high halves either.
    fixture.set(0xff, BootParams.Fields.sentinel)
    try fixture.with { parameters, _ in
      #expect(parameters.ramdisk == PhysicalRange(address: 0x1122_3344, size: 0x100))
      #expect(parameters.commandLineAddress == 0x2000)
    }
  }

  @Test func anEmptyPageSaysNothing() throws {
    try BootParamsFixture().with { parameters, read in
      #expect(parameters.ramdisk == nil)
      #expect(parameters.commandLineAddress == nil)
      #expect(parameters.commandLine(read: read) == nil)
      #expect(parameters.acpiRSDP == nil)
      #expect(parameters.efi == nil)
      #expect(parameters.e820.count == 0)
      let values = try parameters.setupValues(read: read)
      #expect(values.memory.isEmpty && values.efi == nil && values.randomSeed == nil)
    }
  }

  @Test func efiInfoIsPutTogether() throws {
    var fixture = BootParamsFixture()
    fixture.set(0x3436_4c45, BootParams.Fields.efi_loader_signature)
    fixture.set(0x3eff_0018, BootParams.Fields.efi_systab)
    fixture.set(2, BootParams.Fields.efi_systab_hi)
    fixture.set(0x4000, BootParams.Fields.efi_memmap)
    fixture.set(1, BootParams.Fields.efi_memmap_hi)
    fixture.set(0x900, BootParams.Fields.efi_memmap_size)
    fixture.set(48, BootParams.Fields.efi_memdesc_size)
    fixture.set(1, BootParams.Fields.efi_memdesc_version)
    try fixture.with { parameters, _ in
      let efi = try #require(parameters.efi)
      #expect(efi.is64Bit)
      #expect(efi.systemTable == 0x2_3eff_0018)
      #expect(efi.memoryMap == PhysicalRange(address: 0x1_0000_4000, size: 0x900))
      #expect(efi.descriptorSize == 48)
      #expect(efi.descriptorVersion == 1)
    }
    fixture.set(0x3233_4c45, BootParams.Fields.efi_loader_signature)
    try fixture.with { parameters, _ in #expect(parameters.efi?.is64Bit == false) }
  }

  @Test func commandLinesAreReadPageByPage() throws {
    let text = [UInt8](repeating: 0x61, count: 9000)
    var fixture = BootParamsFixture()
    _ = fixture.append([0])
    let address = fixture.append(text + [0])
    fixture.set(UInt32(address), BootParams.Fields.cmd_line_ptr)
    // The reader ends within a page: asking for more than the text's own pages fails.
    fixture.bytes += [UInt8](repeating: 0, count: (4096 - fixture.bytes.count % 4096) % 4096)
    try fixture.with { parameters, read in
      #expect(parameters.commandLine(read: read)?.count == 9000)
      #expect(parameters.commandLine(limit: 9001, read: read)?.count == 9000)
      #expect(parameters.commandLine(limit: 9000, read: read) == nil)
      #expect(parameters.commandLine(limit: 0, read: read) == nil)
    }
    fixture.bytes = [UInt8](fixture.bytes.prefix(8192))
    try fixture.with { parameters, read in #expect(parameters.commandLine(read: read) == nil) }
  }

  @Test func aCommandLineAtTheTopOfMemoryEndsThere() throws {
    var fixture = BootParamsFixture()
    fixture.set(0xffff_fff0, BootParams.Fields.cmd_line_ptr)
    fixture.set(0xffff_ffff, BootParams.Fields.ext_cmd_line_ptr)
    let filler = [UInt8](repeating: 0x61, count: 4096)
    try fixture.with { parameters, _ in
      filler.withView { view in
        #expect(parameters.commandLine { _, size in view.slice(0, count: size) } == nil)
      }
    }
  }

  @Test func e820EntriesComeInOrder() throws {
    try BootParamsFixture.everything().with { parameters, _ in
      #expect(parameters.e820.map(\.size) == [0x9_fc00, 0x3ff0_0000])
      #expect(parameters.e820.map(\.type) == [.ram, .ram])
      #expect(parameters.e820.entry(2) == nil)
      #expect(parameters.e820.entry(-1) == nil)
    }
  }

  @Test(.timeLimit(.minutes(1))) func mutationsNeverTrap() {
    let bytes = BootParamsFixture.everything().bytes
    var walked = 0
    // Only where something stands: most of the page is zero.
    let interesting = Array(bytes[0x1c0..<0x320]) + Array(bytes[4096...])
    forEachMutation(of: interesting, count: 30_000, seed: 2) { view in
      guard view.count == interesting.count else { return }
      var mutated = bytes
      mutated.replaceSubrange(0x1c0..<0x320, with: view.buffer[0..<0x160])
      mutated.replaceSubrange(4096..., with: view.buffer[0x160...])
      mutated.withView { page in
        let memory = TestMemory(base: BootParamsFixture.base, bytes: page)
        guard let parameters = try? BootParams(page) else { return }
        _ = (parameters.ramdisk, parameters.efi, parameters.commandLine(read: memory.read))
        for entry in parameters.e820 { _ = entry.range }
        if (try? parameters.setupValues(read: memory.read)) != nil { walked += 1 }
      }
    }
    #expect(walked > 1_000)
  }
}
