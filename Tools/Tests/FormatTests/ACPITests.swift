// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import ACPI
import Bytes
import Testing

/// ACPI tables made by hand: an RSDP at 0xe0000, an RSDT, an XSDT and the tables that they list behind it.
struct ACPIFixture {
  static let base: UInt64 = 0xe_0000
  var bytes = [UInt8](repeating: 0, count: 64)
  var tables: [UInt64] = []

  static func header(_ signature: String, _ body: [UInt8]) -> [UInt8] {
    var table = Array(signature.utf8) + words(UInt32(36 + body.count)) + [UInt8](repeating: 0, count: 28) + body
    table.fixChecksum(at: 9, over: 0..<table.count)
    return table
  }

  static func gas(_ space: UInt8, _ width: UInt8, _ access: UInt8, _ address: UInt64) -> [UInt8] {
    [space, width, 0, access] + words(address)
  }

  static func spcr(_ type: UInt8, space: UInt8, width: UInt8, access: UInt8, base: UInt64) -> [UInt8] {
    header("SPCR", [type, 0, 0, 0] + gas(space, width, access, base) + [UInt8](repeating: 0, count: 28))
  }

  static func fadt(length: Int = 276, _ edit: (inout [UInt8]) -> Void) -> [UInt8] {
    var table = header("FACP", [UInt8](repeating: 0, count: length - 36))
    edit(&table)
    table.fixChecksum(at: 9, over: 0..<table.count)
    return table
  }

  mutating func add(_ table: [UInt8], listed: Bool = true) -> UInt64 {
    let address = Self.base + UInt64(bytes.count)
    bytes += table
    if listed { tables.append(address) }
    return address
  }

  mutating func finish(xsdt: Bool = true, rsdt: Bool = true) {
    let narrow = add(Self.header("RSDT", tables.flatMap { words(UInt32($0)) }), listed: false)
    let wide = add(Self.header("XSDT", tables.flatMap { words($0) }), listed: false)
    bytes.replaceSubrange(0..<8, with: Array("RSD PTR ".utf8))
    bytes[15] = xsdt ? 2 : 0
    bytes.set(UInt32(rsdt ? narrow : 0), at: 16)
    bytes.set(36 as UInt32, at: 20)
    bytes.set(wide, at: 24)
    bytes.fixChecksum(at: 8, over: 0..<20)
    bytes.fixChecksum(at: 32, over: 0..<36)
  }

  /// What ACPI says of itself after every step.
  static func read(_ view: ByteView) throws(ACPIError) -> (rsdp: RSDP, spcr: SPCR?, fadt: FADT?) {
    let memory = TestMemory(base: base, bytes: view)
    let rsdp = try RSDP(at: base, read: memory.read)
    let tables = try ACPITables(rsdp, read: memory.read)
    let spcr = try tables.first("SPCR", read: memory.read).flatMap { SPCR($0) }
    let fadt = try tables.first("FACP", read: memory.read).flatMap { FADT($0) }
    return (rsdp, spcr, fadt)
  }

  static func machine(xsdt: Bool = true, rsdt: Bool = true) -> ACPIFixture {
    var fixture = ACPIFixture()
    fixture.tables.append(0)
    fixture.tables.append(0xdead_0000)
    _ = fixture.add(
      fadt { table in
        table.set(0x600 as UInt32, at: 64)
        table[89] = 2
        table.set(UInt32(1 << 10), at: 112)
        table.replaceSubrange(116..<128, with: gas(1, 8, 1, 0xcf9))
        table[128] = 6
        table.set(3 as UInt16, at: 129)
        table.set(0x7ff0_0000 as UInt64, at: 140)
        table.replaceSubrange(208..<220, with: gas(1, 32, 3, 0x608))
      })
    _ = fixture.add(spcr(3, space: 0, width: 32, access: 3, base: 0x900_0000))
    fixture.finish(xsdt: xsdt, rsdt: rsdt)
    return fixture
  }
}

@Suite struct ACPITests {
  private func error(_ bytes: [UInt8]) -> ACPIError? {
    bytes.withView { view in
      do throws(ACPIError) {
        _ = try ACPIFixture.read(view)
        return nil
      } catch {
        #expect(error.description.hasPrefix("ACPI: "))
        return error
      }
    }
  }

  @Test(arguments: [(true, true), (false, true), (true, false)])
  func tablesAreFound(xsdt: Bool, rsdt: Bool) throws {
    try ACPIFixture.machine(xsdt: xsdt, rsdt: rsdt).bytes.withView { view in
      let (rsdp, spcr, fadt) = try ACPIFixture.read(view)
      #expect((rsdp.xsdtAddress != nil) == xsdt)
      #expect((rsdp.rsdtAddress != nil) == rsdt)
      #expect(rsdp.length == (xsdt ? 36 : 20))
      #expect(spcr?.interfaceType == .armPL011)
      #expect(spcr?.baseAddress.address == 0x900_0000)
      #expect(spcr?.baseAddress.accessSize == 3)
      let machine = try #require(fadt)
      #expect(machine.resetRegister?.address == 0xcf9)
      #expect(machine.resetRegister?.space == .systemIO)
      #expect(machine.resetValue == 6)
      #expect(machine.pm1aControl?.address == 0x600)
      #expect(machine.pm1aControl?.registerWidth == 16)
      #expect(machine.pm1bControl == nil)
      #expect(machine.pmTimer?.address == 0x608)
      #expect(machine.dsdt == 0x7ff0_0000)
      #expect(machine.isPSCICompliant && machine.usesHVC)
    }
  }

  @Test func shortFADTsHaveWhatTheyHave() throws {
    let old = ACPIFixture.fadt(length: 116) { $0.set(0x604 as UInt32, at: 64) }
    old.withView { view in
      let fadt = FADT(view)
      #expect(fadt?.pm1aControl?.address == 0x604)
      #expect(fadt?.resetRegister == nil)
      #expect(fadt?.dsdt == nil)
    }
    // RESET_REG_SUP without room for the register.
    ACPIFixture.fadt(length: 120) { $0.set(UInt32(1 << 10), at: 112) }.withView {
      #expect(FADT($0)?.resetRegister == nil)
    }
    ACPIFixture.fadt(length: 100) { _ in }.withView { #expect(FADT($0) == nil) }
    ACPIFixture.fadt {
      $0.set(UInt32(1 << 20), at: 112)
      $0.set(0x604 as UInt32, at: 64)
    }.withView { #expect(FADT($0)?.pm1aControl == nil) }
    ACPIFixture.spcr(3, space: 0, width: 32, access: 3, base: 1).withView { #expect(FADT($0) == nil) }
  }

  @Test func flawsAreNamed() {
    let good = ACPIFixture.machine().bytes
    #expect(error(good) == nil)
    var bytes = good
    bytes[0] = 0
    #expect(error(bytes) == .noRSDP(address: 0xe_0000))
    bytes = good
    bytes[10] ^= 1
    #expect(error(bytes) == .badChecksum(address: 0xe_0000))
    bytes = good
    bytes[33] ^= 1
    #expect(error(bytes) == .badChecksum(address: 0xe_0000))
    for length in [35, 4097] as [UInt32] {
      bytes = good
      bytes.set(length, at: 20)
      #expect(error(bytes) == .badLength(address: 0xe_0000, length: length))
    }
    // The table that is looked for is there, and damaged.
    bytes = good
    bytes[64 + 100] ^= 1
    #expect(error(bytes) == .badChecksum(address: 0xe_0040))
    bytes.set(0xffff_ffff as UInt32, at: 64 + 4)
    #expect(error(bytes) == .badLength(address: 0xe_0040, length: 0xffff_ffff))
  }

  @Test func theRSDTIsTakenWhenTheXSDTIsDamaged() throws {
    var bytes = ACPIFixture.machine().bytes
    bytes[bytes.count - 1] ^= 1
    try bytes.withView { view in
      let found = try ACPIFixture.read(view)
      #expect(found.spcr != nil)
    }
    var alone = ACPIFixture.machine(rsdt: false).bytes
    alone[alone.count - 1] ^= 1
    guard case .badChecksum = error(alone) else {
      Issue.record("a damaged XSDT without an RSDT was accepted")
      return
    }
  }

  @Test func everyTruncationIsSurvived() {
    // The XSDT comes last, and no RSDT stands in for it.
    forEachTruncation(of: ACPIFixture.machine(rsdt: false).bytes) { view, length in
      if (try? ACPIFixture.read(view)) != nil { Issue.record("\(length) bytes were accepted") }
    }
  }

  @Test func anchorsAreFoundOnTheirBoundaries() {
    var area = [UInt8](repeating: 0, count: 0x40)
    #expect(area.withView { RSDP.offset(in: $0) } == nil)
    area += ACPIFixture.machine().bytes
    #expect(area.withView { RSDP.offset(in: $0) } == 0x40)
    area[0x40 + 9] ^= 1
    #expect(area.withView { RSDP.offset(in: $0) } == nil)
    area[0x40 + 9] ^= 1
    area.insert(contentsOf: [UInt8](repeating: 0, count: 8), at: 0)
    #expect(area.withView { RSDP.offset(in: $0) } == nil)
    for length in 0..<20 {
      let cut = Array(ACPIFixture.machine().bytes.prefix(length))
      #expect(cut.withView { RSDP.offset(in: $0) } == nil)
    }
  }

  private func smbios3(_ address: UInt64 = 0xf_1000, size: UInt32 = 0x400) -> [UInt8] {
    var bytes = Array("_SM3_".utf8) + [0, 24, 3, 7, 0, 1, 0] + words(size) + words(address)
    bytes.fixChecksum(at: 5, over: 0..<24)
    return bytes
  }

  private func smbios2() -> [UInt8] {
    var bytes = Array("_SM_".utf8) + [0, 0x1f, 2, 8, 0, 0, 0, 0, 0, 0, 0, 0] + Array("_DMI_".utf8) + [0]
    bytes += words(0x200 as UInt16) + words(0xf_2000 as UInt32) + words(9 as UInt16) + [0x28]
    bytes.fixChecksum(at: 21, over: 16..<31)
    bytes.fixChecksum(at: 4, over: 0..<31)
    return bytes
  }

  @Test func smbiosAnchorsAreFound() {
    let area = [UInt8](repeating: 0, count: 32) + smbios2() + [0] + smbios3() + [1, 2]
    area.withView { view in
      #expect(SMBIOSAnchor.offset(of: .version2, in: view) == 32)
      #expect(SMBIOSAnchor.offset(of: .version3, in: view) == 64)
      let old = view.suffix(from: 32).flatMap { SMBIOSAnchor($0) }
      #expect(old?.table == PhysicalRange(address: 0xf_2000, size: 0x200))
      #expect(old?.length == 0x1f)
      let new = view.suffix(from: 64).flatMap { SMBIOSAnchor($0) }
      #expect(new?.table == PhysicalRange(address: 0xf_1000, size: 0x400))
      #expect(new?.major == 3 && new?.minor == 7)
    }
    smbios3(.max, size: 2).withView { #expect(SMBIOSAnchor($0) == nil) }
    forEachTruncation(of: smbios3()) { view, _ in #expect(SMBIOSAnchor(view) == nil) }
    forEachTruncation(of: smbios2()) { view, _ in #expect(SMBIOSAnchor(view) == nil) }
    for index in 0..<24 {
      var bytes = smbios3()
      bytes[index] ^= 0x10
      #expect(bytes.withView { SMBIOSAnchor($0) } == nil, "byte \(index) changed")
    }
  }

  @Test(.timeLimit(.minutes(1))) func mutationsNeverTrap() {
    let good = ACPIFixture.machine().bytes
    var accepted = 0
    forEachMutation(of: good, count: 15_000, seed: 3) { view in
      if (try? ACPIFixture.read(view)) != nil { accepted += 1 }
      _ = RSDP.offset(in: view)
    }
    // Past the checksums, too: the readers of the tables themselves.
    forEachMutation(of: ACPIFixture.fadt { _ in }, count: 10_000, seed: 6) { view in
      if FADT(view) != nil { accepted += 1 }
    }
    forEachMutation(of: ACPIFixture.spcr(3, space: 0, width: 32, access: 3, base: 1), count: 5_000, seed: 7) { view in
      if SPCR(view) != nil { accepted += 1 }
    }
    forEachMutation(of: smbios3() + smbios2(), count: 5_000, seed: 8) { view in
      if SMBIOSAnchor(view) != nil { accepted += 1 }
      _ = SMBIOSAnchor.offset(of: .version2, in: view)
    }
    #expect(accepted > 1_000)
  }
}
