// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Testing

/// A node of each kind, and how it is printed (UEFI 2.10, 10.6.1.6, as EDK2 prints it).
private let nodes: [(bytes: String, text: String)] = [
  ("01010600 00 02", "Pci(0x2,0x0)"),
  ("01010600 07 1f", "Pci(0x1F,0x7)"),
  ("01020500 03", "PcCard(0x3)"),
  ("01031800 0b000000 0000001000000000 ffff0f1000000000", "MemoryMapped(0xB,0x10000000,0x100FFFFF)"),
  ("01041400 67726976 6c69 654b 8e78 65636b657865", "VenHw(76697267-696C-4B65-8E78-65636B657865)"),
  ("01041600 67726976 6c69 654b 8e78 65636b657865 a5 0f", "VenHw(76697267-696C-4B65-8E78-65636B657865,A50F)"),
  ("01050800 10000000", "Ctrl(0x10)"),
  ("01060d00 02 0010000000000080", "BMC(0x2,0x8000000000001000)"),
  ("02010c00 d041030a 00000000", "PciRoot(0x0)"),
  ("02010c00 d041080a 01000000", "PcieRoot(0x1)"),
  ("02010c00 d0410406 00000000", "Floppy(0x0)"),
  ("02010c00 d0410103 00000000", "Keyboard(0x0)"),
  ("02010c00 d0410105 02000000", "Serial(0x2)"),
  ("02010c00 d0410104 00000000", "ParallelPort(0x0)"),
  ("02010c00 d041390a 00000000", "Acpi(PNP0A39,0x0)"),
  ("02010c00 78563412 05000000", "Acpi(0x12345678,0x5)"),
  ("02021400 d041030a 00000000 d041080a 00 6100 00", "AcpiExp(PNP0A03,PNP0A08,a)"),
  ("02021700 d041030a 07000000 00000000 6800 756900 6300", "AcpiEx(PNP0A03,@@@0000,0x7,h,c,ui)"),
  ("02030800 00010080", "AcpiAdr(0x80000100)"),
  ("02030c00 00010080 01020000", "AcpiAdr(0x80000100,0x201)"),
  ("03010800 01 00 0300", "Ata(Secondary,Master,0x3)"),
  ("03020800 0100 0200", "Scsi(0x1,0x2)"),
  ("03031800 00000000 0100000000000000 0200000000000000", "Fibre(0x1,0x2)"),
  ("03041000 00000000 efcdab8967452301", "I1394(0123456789ABCDEF)"),
  ("03050600 01 02", "USB(0x1,0x2)"),
  ("03060800 05000000", "I2O(0x5)"),
  (
    "03093000 01000000 67726976 6c69 654b 8e78 65636b657865 0100000000000000 0200000000000000 0300000000000000",
    "Infiniband(0x1,76697267-696C-4B65-8E78-65636B657865,0x1,0x2,0x3)"
  ),
  ("030a1400 5347c1e0 bef9 d211 9a0c 0090273fc14d", "VenPcAnsi()"),
  ("030a1400 6560a6df 19b4 d311 9a2d 0090273fc14d", "VenVt100()"),
  ("030a1400 0bc7ae7b e057 764c 8e87 2f9e28088343", "VenVt100Plus()"),
  ("030a1400 d6a015ad ec8b cf4a a073 d01de77e2d88", "VenUtf8()"),
  ("030a1800 9d9a4937 2f54 894c a026 35da142094e4 01000000", "UartFlowCtrl(Hardware)"),
  ("030a1800 9d9a4937 2f54 894c a026 35da142094e4 02000000", "UartFlowCtrl(XonXoff)"),
  (
    "030a2c00 b4dd87d4 8b00 d911 afdc 001083ffca4d 09000000 8877665544332211 0200000000000000 7205 0300",
    "SAS(0x1122334455667788,0x2,0x3,SATA,External,Expanded,0x6,0x9)"
  ),
  (
    "030a2c00 b4dd87d4 8b00 d911 afdc 001083ffca4d 00000000 8877665544332211 0200000000000000 0000 0300",
    "SAS(0x1122334455667788,0x2,0x3,NoTopology,0,0,0,0x0)"
  ),
  (
    "030a2c00 b4dd87d4 8b00 d911 afdc 001083ffca4d 00000000 8877665544332211 0200000000000000 0100 0300",
    "SAS(0x1122334455667788,0x2,0x3,SAS,Internal,Direct,0,0x0)"
  ),
  ("030a1400 d2e8a4eb 5838 ec41 a281 2647ba9660d0", "DebugPort()"),
  ("030a1500 67726976 6c69 654b 8e78 65636b657865 ff", "VenMsg(76697267-696C-4B65-8E78-65636B657865,FF)"),
  ("030b2500 525400123456" + String(repeating: "00", count: 26) + "01", "MAC(525400123456,0x1)"),
  (
    "030c1b00 c0a80002 c0a80001 0000 0000 0600 01 c0a800fe ffffff00",
    "IPv4(192.168.0.1,TCP,Static,192.168.0.2,192.168.0.254,255.255.255.0)"
  ),
  (
    "030d3c00 fe800000000000000000000000000001 20010db8000000000000000000000002 0000 0000 1100 02 40"
      + "00000000000000000000000000000000",
    "IPv6(2001:0DB8:0000:0000:0000:0000:0000:0002,UDP,StatefulAutoConfigure,"
      + "FE80:0000:0000:0000:0000:0000:0000:0001,0x40,0000:0000:0000:0000:0000:0000:0000:0000)"
  ),
  ("030e1300 00000000 00c2010000000000 08 01 01", "Uart(115200,8,N,1)"),
  ("030e1300 00000000 0000000000000000 00 00 02", "Uart(DEFAULT,DEFAULT,D,1.5)"),
  ("030f0b00 8680 0100 01 02 03", "UsbAudio(0x8086,0x1,0x2,0x3)"),
  ("030f0b00 8680 0100 08 02 03", "UsbMassStorage(0x8086,0x1,0x2,0x3)"),
  ("030f0b00 8680 0100 e0 02 03", "UsbWireless(0x8086,0x1,0x2,0x3)"),
  ("030f0b00 8680 0100 fe 03 04", "UsbTestAndMeasurement(0x8086,0x1,0x4)"),
  ("030f0b00 8680 0100 fe 04 04", "UsbClass(0x8086,0x1,0xFE,0x4,0x4)"),
  ("03100e00 0100 8680 3412 41004200", "UsbWwid(0x8086,0x1234,0x1,\"AB\")"),
  ("03110500 04", "Unit(0x4)"),
  ("03120a00 0100 ffff 0000", "Sata(0x1,0xFFFF,0x0)"),
  (
    "03131800 0000 0210 0001020304050607 0100 69716e2e6100",
    "iSCSI(iqn.a,0x1,0x0001020304050607,CRC32C,None,CHAP_UNI,TCP)"
  ),
  ("03140600 6400", "Vlan(100)"),
  (
    "03151800 00000000 0102030405060708 1112131415161718", "FibreEx(0x0102030405060708,0x1112131415161718)"
  ),
  (
    "03161800 0102030405060708 1112131415161718 2100 0500",
    "SasEx(0x0102030405060708,0x1112131415161718,0x5,SAS,External,Direct,0)"
  ),
  ("03171000 01000000 0807060504030201", "NVMe(0x1,01-02-03-04-05-06-07-08)"),
  ("03180e00 687474703a2f2f612c62", "Uri(http://a,b)"),
  ("03180400", "Uri()"),
  ("03190600 01 02", "UFS(0x1,0x2)"),
  ("031a0500 01", "SD(0x1)"),
  ("031b0a00 010203040506", "Bluetooth(010203040506)"),
  ("031c2400 6e6574" + String(repeating: "00", count: 29), "Wi-Fi(net)"),
  ("031d0500 01", "eMMC(0x1)"),
  ("031e0b00 010203040506 01", "BluetoothLE(010203040506,0x1)"),
  (
    "031f2500 00 08080808000000000000000000000000 08080404000000000000000000000000", "Dns(8.8.8.8,8.8.4.4)"
  ),
  ("031f1500 01 20010db8000000000000000000000002", "Dns(2001:0DB8:0000:0000:0000:0000:0000:0002)"),
  ("03201400 67726976 6c69 654b 8e78 65636b657865", "NVDIMM(76697267-696C-4B65-8E78-65636B657865)"),
  ("03210600 01 02", "RestService(0x1,0x2)"),
  ("03220600 01 02", "Msg(34,0102)"),
  (
    "04012a00 01000000 0008000000000000 0000100000000000 67726976 6c69 654b 8e78 65636b657865 02 02",
    "HD(1,GPT,76697267-696C-4B65-8E78-65636B657865,0x800,0x100000)"
  ),
  (
    "04012a00 02000000 0008000000000000 0000100000000000 78563412 000000000000000000000000 01 01",
    "HD(2,MBR,0x12345678,0x800,0x100000)"
  ),
  (
    "04012a00 02000000 0008000000000000 0000100000000000 00000000 000000000000000000000000 00 00",
    "HD(2,0,0,0x800,0x100000)"
  ),
  ("04021800 00000000 1000000000000000 2000000000000000", "CDROM(0x0,0x10,0x20)"),
  ("04031400 67726976 6c69 654b 8e78 65636b657865", "VenMedia(76697267-696C-4B65-8E78-65636B657865)"),
  ("04040e00 5c00 4500 4600 4900 0000", "\\EFI"),
  ("04051400 67726976 6c69 654b 8e78 65636b657865", "Media(76697267-696C-4B65-8E78-65636B657865)"),
  ("04061400 67726976 6c69 654b 8e78 65636b657865", "FvFile(76697267-696C-4B65-8E78-65636B657865)"),
  ("04071400 67726976 6c69 654b 8e78 65636b657865", "Fv(76697267-696C-4B65-8E78-65636B657865)"),
  ("04081800 00000000 0100000000000000 0200000000000000", "Offset(0x1,0x2)"),
  (
    "04092600 0010000000000000 ff1f000000000000 5a53ab77 fc45 4b62 5560 f7b281d1f96e 0300",
    "VirtualDisk(0x1000,0x1FFF,3)"
  ),
  (
    "04092600 0010000000000000 ff1f000000000000 67726976 6c69 654b 8e78 65636b657865 0000",
    "RamDisk(0x1000,0x1FFF,0,76697267-696C-4B65-8E78-65636B657865)"
  ),
  ("05010c00 0200 0100 64697300", "BBS(HD,dis,0x1)"),
  ("05010a00 8000 0100 6400", "BBS(0x80,d,0x1)"),
  ("01630500 aa", "HardwarePath(99,AA)"),
  ("02630400", "AcpiPath(99)"),
  ("04630500 aa", "MediaPath(99,AA)"),
  ("05630500 aa", "BbsPath(99,AA)"),
  ("09630600 aa55", "Path(9,99,AA55)"),
  // A node of another length than its kind has.
  ("01010700 00 02 00", "HardwarePath(1,000200)"),
  ("01010500 00", "HardwarePath(1,00)"),
]

extension FirmwareTests {
  /// Device Path To Text, From Text and Utilities (10.5, 10.6).
  @Suite struct DevicePathTexts {
    let machine: HostMachine
    let slots: (toText: UnsafeMutablePointer<efi_slot?>, fromText: UnsafeMutablePointer<efi_slot?>)
    let utilities: UnsafeMutablePointer<efi_slot?>

    init() throws {
      machine = try HostMachine()
      let boot = machine.boot
      func locate(_ guid: GUID) throws -> UnsafeMutablePointer<efi_slot?> {
        let out = Out<UnsafeMutableRawPointer?>(nil)
        #expect(efi(boot.LocateProtocol, guid.buffer, nil, out) == .success)
        return try #require(out.value).assumingMemoryBound(to: efi_slot?.self)
      }
      slots = (
        try locate(GUID(0x8b84_3e20, 0x8132, 0x4852, 0x90cc_551a_4e4a_7f1c)),
        try locate(GUID(0x05c9_9a21, 0xc70f, 0x4ad2, 0x8a5f_35df_3343_f51e))
      )
      utilities = try locate(GUID(0x0379_be4e, 0xd706, 0x437d, 0xb037_edb8_2fb7_72a4))
    }

    private func pointer(_ word: UInt64) -> UnsafeMutableRawPointer? { UnsafeMutableRawPointer(bitPattern: UInt(word)) }

    private func text(_ bytes: [UInt8], isNode: Bool, display: Int = 0, shortcuts: Int = 1) -> String? {
      let buffer = GuardedFile(bytes)
      let word = efiCall(
        slots.toText[isNode ? 0 : 1], [UnsafeMutableRawPointer(buffer.bytes.baseAddress!), display, shortcuts])
      withExtendedLifetime(buffer) {}
      guard let text = pointer(word)?.assumingMemoryBound(to: UInt16.self) else { return nil }
      defer { _ = efi(machine.boot.FreePool, UnsafeMutableRawPointer(text)) }
      var count = 0
      while text[count] != 0 { count += 1 }
      return String(decoding: UnsafeBufferPointer(start: text, count: count), as: UTF16.self)
    }

    /// The bytes of a node, or of a path with its end, made from text.
    private func bytes(_ text: String, isNode: Bool) -> [UInt8]? {
      guard let made = pointer(efiCall(slots.fromText[isNode ? 0 : 1], [ucs2(text)])) else { return nil }
      defer { _ = efi(machine.boot.FreePool, made) }
      let length = isNode ? Int(made.load(fromByteOffset: 2, as: UInt16.self)) : DevicePath(made)!.size
      return Array(UnsafeRawBufferPointer(start: made, count: length))
    }

    @Test func everyKindOfNodeIsPrintedAndParsed() throws {
      for (hex, expected) in nodes {
        let node = unhex(hex)
        try #require(node.count == Int(node[2]) | Int(node[3]) << 8, "\(expected)")
        #expect(text(node, isNode: true) == expected)
        #expect(bytes(expected, isNode: true) == node, "\(expected)")
        let whole = node + [0x7f, 0xff, 4, 0]
        #expect(text(whole, isNode: false) == expected)
        #expect(bytes(expected, isNode: false) == whole, "\(expected)")
      }
    }

    @Test func displayAndShortcutsChangeTheForm() {
      #expect(text(unhex("03010800 01 00 0300"), isNode: true, display: 1) == "Ata(0x3)")
      #expect(
        text(unhex("04021800 00000000 1000000000000000 2000000000000000"), isNode: true, display: 1) == "CDROM(0x0)")
      #expect(text(unhex("05010c00 0200 0100 64697300"), isNode: true, display: 1) == "BBS(HD,dis)")
      let address = "030c1b00 c0a80002 c0a80001 0000 0000 0600 01 c0a800fe ffffff00"
      #expect(text(unhex(address), isNode: true, display: 1) == "IPv4(192.168.0.1)")
      let short = "030c1300 c0a80002 c0a80001 0000 0000 0600 01"
      #expect(text(unhex(short), isNode: true) == "IPv4(192.168.0.1,TCP,Static,192.168.0.2)")
      #expect(
        text(unhex("030a1400 d6a015ad ec8b cf4a a073 d01de77e2d88"), isNode: true, shortcuts: 0)
          == "VenMsg(AD15A0D6-8BEC-4ACF-A073-D01DE77E2D88)")
    }

    @Test func pathsHaveSeveralNodesAndInstances() {
      let path = "PciRoot(0x0)/Pci(0x1F,0x2)/Sata(0x0,0xFFFF,0x0)/\\EFI\\BOOT\\a (b).efi,Uart(115200,8,N,1)/VenUtf8()"
      let made = bytes(path, isNode: false)
      #expect(made.map { text($0, isNode: false) } == path)
      #expect(bytes("", isNode: false) == [0x7f, 0xff, 4, 0] && text([0x7f, 0xff, 4, 0], isNode: false) == "")
      // What is left out is 0; numbers may be decimal; anything else is a file's name.
      #expect(bytes("Pci(2)", isNode: true) == unhex("01010600 00 02"))
      #expect(bytes("Acpi(PNP0A03,0)", isNode: true) == unhex("02010c00 d041030a 00000000"))
      #expect(bytes("Pci(x)", isNode: true).map { text($0, isNode: true) } == "Pci(x)")
      #expect(bytes("a", isNode: true) == unhex("04040800 6100 0000"))
      #expect(efiCall(slots.fromText[0], [nil]) == 0 && efiCall(slots.fromText[1], [nil]) == 0)
      #expect(efiCall(slots.toText[0], [nil, 0, 0]) == 0 && efiCall(slots.toText[1], [nil, 0, 0]) == 0)
    }

    @Test func changedTextAndNodesDoNoHarm() {
      var generator = SeededGenerator(seed: 20)
      for (hex, expected) in nodes {
        for _ in 0..<200 {
          var units = Array(expected.utf16)
          if !units.isEmpty {
            units[Int.random(in: 0..<units.count, using: &generator)] = UInt16.random(in: 1...0x7f, using: &generator)
          }
          if let made = bytes(String(decoding: units, as: UTF16.self), isNode: false) {
            #expect(text(made, isNode: false) != nil)
          }
          var node = unhex(hex)
          guard node.count > 4 else { continue }
          node[Int.random(in: 4..<node.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
          let length = Int.random(in: 4...node.count, using: &generator)
          node[2] = UInt8(length)
          #expect(text(Array(node[..<length]), isNode: true) != nil)
        }
      }
      machine.check()
    }

    // MARK: Utilities (10.5)

    private func utility(_ index: Int, _ arguments: (any Word)?...) -> [UInt8]? {
      guard let made = pointer(efiCall(utilities[index], arguments)) else { return nil }
      defer { _ = efi(machine.boot.FreePool, made) }
      return Array(UnsafeRawBufferPointer(start: made, count: DevicePath(made)!.size))
    }

    @Test func pathsAreJoinedAndTakenApart() throws {
      let end: [UInt8] = [0x7f, 0xff, 4, 0]
      let (pci, usb) = (unhex("01010600 00 02"), unhex("03050600 01 02"))
      let (first, second) = (Buffer(pci + end), Buffer(usb + end))
      #expect(efiCall(utilities[0], [first]) == 10 && efiCall(utilities[0], [nil]) == 0)
      #expect(utility(1, first) == first.content && utility(1, nil) == nil)
      #expect(utility(2, first, second) == pci + usb + end)
      #expect(utility(2, first, nil) == first.content && utility(2, nil, second) == second.content)
      #expect(utility(2, nil, nil) == end)
      #expect(utility(3, first, Buffer(usb)) == pci + usb + end && utility(3, nil, Buffer(usb)) == usb + end)
      #expect(utility(3, first, nil) == first.content && utility(3, nil, nil) == end)
      let both = try #require(utility(4, first, second))
      #expect(both == pci + [0x7f, 1, 4, 0] + usb + end)
      #expect(utility(4, nil, second) == second.content && utility(4, first, nil) == nil)
      let multi = Buffer(both)
      #expect(efiCall(utilities[6], [multi]) & 0xff == 1 && efiCall(utilities[6], [first]) & 0xff == 0)
      #expect(efiCall(utilities[6], [nil]) & 0xff == 0)
      let (instance, size) = (Out<UInt64>(multi.word), Out<UInt64>(0))
      #expect(utility(5, instance, size) == pci + end && size.value == 10 && instance.value == multi.word + 10)
      #expect(utility(5, instance, size) == usb + end && size.value == 10 && instance.value == 0)
      #expect(utility(5, instance, size) == nil && size.value == 0 && utility(5, nil, size) == nil)
      let node = try #require(pointer(efiCall(utilities[7], [UInt64(3), UInt64(5), UInt64(6)])))
      #expect(Array(UnsafeRawBufferPointer(start: node, count: 6)) == [3, 5, 6, 0, 0, 0])
      #expect(efiCall(utilities[7], [UInt64(3), UInt64(5), UInt64(3)]) == 0)
      #expect(utility(1, Buffer([1, 1, 3, 0])) == nil)
    }
  }
}

/// Bytes from hexadecimal digits; blanks are for the eye.
private func unhex(_ text: String) -> [UInt8] {
  let digits = text.filter { $0 != " " }.map { UInt8($0.hexDigitValue!) }
  return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
}
