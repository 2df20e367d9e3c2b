// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Testing

extension FirmwareTests {
  /// Simple File System and File (UEFI 2.10, 13.4 and 13.5) over an archive.
  @Suite struct FileProtocol {
    let volume: Volume
    var root: Volume.File { volume.root }
    let cmdline = (0..<1000).map { UInt8(truncatingIfNeeded: $0 &* 7) }

    init() throws {
      var archive = TestArchive()
      archive.addFolder(".")
      archive.addFolder("loader", time: 951_782_400)  // 2000-02-29
      archive.add("./loader/loader.conf", Array("timeout 3\n".utf8), time: 951_868_799)
      archive.add("EFI/Linux/a.efi.extra.d/Größe.cred", cmdline, time: 4_294_967_295)
      archive.add("efi/linux/A.EFI.extra.d/b.cred", [])
      archive.add("link", Array("loader".utf8), mode: 0o120777)
      archive.add("loader/\u{1F600}.conf", [1])
      volume = try Volume(archive.finished)
    }

    private func names(_ path: String) throws -> [String] {
      let (status, file) = root.open(path)
      try #require(status == .success)
      defer { #expect(file!.close() == .success) }
      return try file!.list().map(\.name)
    }

    // MARK: Folders (13.5.2, 13.5.5)

    @Test func foldersWithoutEntriesOfTheirOwnAreThere() throws {
      #expect(try names("\\") == ["loader", "EFI"])
      #expect(try names("EFI") == ["Linux"])
      #expect(try names("EFI\\Linux") == ["a.efi.extra.d"])
      #expect(try names("loader") == ["loader.conf", "\u{1F600}.conf"])
      // Two spellings of one folder.
      #expect(try names("\\efi\\LINUX\\a.Efi.Extra.D") == ["Größe.cred", "b.cred"])
      let all = try root.list()
      #expect(all.map(\.attribute) == [0x11, 0x11] && all.map(\.size) == [0, 0])
    }

    @Test func aFolderIsReadAgainFromItsStart() throws {
      #expect(try root.next()?.name == "loader")
      #expect(try root.next()?.name == "EFI")
      #expect(try root.next() == nil)
      #expect(try root.next() == nil)
      #expect(efi(root.members.SetPosition, root, 0) == .success)
      // BUFFER_TOO_SMALL does not move on.
      let size = Out<UInt64>(80)
      #expect(efi(root.members.Read, root, size, Buffer(count: 80)) == .bufferTooSmall && size.value == 94)
      #expect(try root.next()?.name == "loader")
      #expect(efi(root.members.SetPosition, root, 1) == .unsupported)
      #expect(efi(root.members.GetPosition, root, Out<UInt64>(0)) == .unsupported)
    }

    @Test(
      arguments: [
        ("loader\\loader.conf", "loader.conf"), ("\\LOADER\\Loader.CONF", "loader.conf"),
        ("loader\\..\\loader\\.\\loader.conf", "loader.conf"), ("loader\\\\loader.conf", "loader.conf"),
        ("\\efi\\linux\\a.efi.extra.d\\GRÖSSE.cred", nil), ("\\efi\\linux\\a.efi.extra.d\\GRÖßE.cred", "Größe.cred"),
        ("EFI\\", "EFI"), (".", ""), ("\\", ""), ("\\.\\", ""), ("EFI\\..", ""),
        ("loader\\\u{1F600}.conf", "\u{1F600}.conf"),
        ("link", nil), ("..", nil), ("loader\\loader.conf\\x", nil), ("loader\\loader.conf\\.", nil),
        ("loader/loader.conf", nil), ("load", nil), ("loader\\loader.con", nil), ("loader\\loader.confx", nil),
        ("efi\\linux\\a.efi", nil), ("", ""),
      ] as [(String, String?)])
    func pathsLeadWhereTheyShould(_ path: String, _ name: String?) throws {
      let (status, file) = root.open(path)
      #expect(status == (name == nil ? .notFound : .success))
      guard let file else { return }
      #expect(Volume.Info(try file.info()).name == name)
      #expect(file.close() == .success)
    }

    @Test func pathsAreRelativeToWhatIsOpen() throws {
      let folder = try #require(root.open("EFI\\Linux").file)
      let file = try #require(folder.open("a.efi.extra.d\\b.cred").file)
      #expect(Volume.Info(try #require(folder.open("..\\..\\loader").file).info()).name == "loader")
      #expect(folder.open("\\loader\\loader.conf").status == .success)
      #expect(folder.open("loader").status == .notFound)
      #expect(file.open("..").status == .notFound && file.open("\\loader").status == .success)
    }

    // MARK: Files

    @Test func bytesAreReadFromWhereThePositionIs() throws {
      let file = try #require(root.open("efi\\linux\\a.efi.extra.d\\größe.CRED").file)
      let position = Out<UInt64>(9)
      #expect(efi(file.members.GetPosition, file, position) == .success && position.value == 0)
      #expect(file.read(10).bytes == Array(cmdline[..<10]))
      #expect(file.read(0).bytes == [])
      #expect(efi(file.members.GetPosition, file, position) == .success && position.value == 10)
      #expect(file.read(5000).bytes == Array(cmdline[10...]))
      #expect(file.read(5) == (.success, []))
      #expect(efi(file.members.SetPosition, file, 998) == .success && file.read(5).bytes == Array(cmdline[998...]))
      #expect(efi(file.members.SetPosition, file, UInt64.max) == .success && file.read(5) == (.success, []))
      #expect(efi(file.members.GetPosition, file, position) == .success && position.value == 1000)
      #expect(efi(file.members.SetPosition, file, 1001) == .success && file.read(5).status == .deviceError)
      #expect(efi(file.members.SetPosition, file, UInt64.max - 1) == .success && file.read(5).status == .deviceError)
      #expect(efi(file.members.SetPosition, file, 0) == .success)
      #expect(efi(file.members.Read, file, Out<UInt64>(4), nil) == .invalidParameter)
      #expect(efi(file.members.Read, file, nil, nil) == .invalidParameter)
    }

    @Test func informationIsThatOfTheEntry() throws {
      let file = try #require(root.open("loader\\loader.conf").file)
      let info = Volume.Info(try file.info())
      #expect(info.size == 10 && info.attribute == 0x01)
      #expect(info.modified == [0xd0, 0x07, 2, 29, 23, 59, 59, 0, 0, 0, 0, 0, 0, 0, 0, 0])
      let folder = try root.open("loader").file!.info()
      #expect(Volume.Info(folder).modified == [0xd0, 0x07, 2, 29, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])
      let late = Volume.Info(try root.open("efi\\linux\\a.efi.extra.d\\größe.cred").file!.info())
      #expect(late.modified[..<7] == [0x3a, 0x08, 2, 7, 6, 28, 15])  // 2106-02-07
      let information = try file.info(.fileSystemInfo)
      let system = information.view
      #expect(system.littleEndian(0, as: UInt64.self) == UInt64(system.count) && system.byte(8) == 1)
      #expect(system.littleEndian(16, as: UInt64.self) == UInt64(volume.archive.bytes.count))
      #expect(system.littleEndian(24, as: UInt64.self) == 0)
      #expect(Array(system.suffix(from: 36)!.buffer) == ucs2("VIRGIL").content)
      withExtendedLifetime(information) {}
      #expect(try root.info(.fileSystemVolumeLabel).content == ucs2("VIRGIL").content)
      let size = Out<UInt64>(1000)
      #expect(efi(file.members.GetInfo, file, GUID.rng.buffer, size, Buffer(count: 1000)) == .unsupported)
      #expect(efi(file.members.GetInfo, file, nil, size, nil) == .invalidParameter)
      #expect(efi(file.members.GetInfo, file, GUID.fileInfo.buffer, nil, nil) == .invalidParameter)
    }

    @Test(arguments: [
      (0, 1970, 1, 1), (68_256_000, 1972, 3, 1), (68_169_600, 1972, 2, 29), (946_684_799, 1999, 12, 31),
      (4_107_542_400, 2100, 3, 1), (4_107_456_000, 2100, 2, 28), (1_704_067_200, 2024, 1, 1),
    ])
    func daysAreThoseOfTheCalendar(_ seconds: UInt32, _ year: Int, _ month: Int, _ day: Int) {
      let time = FileTime(secondsSince1970: seconds)
      #expect((Int(time.year), Int(time.month), Int(time.day)) == (year, month, day))
    }

    // MARK: What a read-only medium refuses (13.5.2, 13.5.4, 13.5.6, 13.5.9, 13.5.12)

    @Test func nothingIsWritten() throws {
      #expect(root.open("loader", mode: 3).status == .writeProtected)
      #expect(root.open("nothing", mode: 3).status == .notFound)
      #expect(root.open("new", mode: 1 << 63 | 3).status == .writeProtected)
      for mode in [0, 2, 4, 1 << 63, 1 << 63 | 1] as [UInt64] {
        #expect(root.open("loader", mode: mode).status == .invalidParameter)
      }
      let file = try #require(root.open("loader\\loader.conf").file)
      #expect(efi(file.members.Write, file, Out<UInt64>(1), Buffer([1])) == .writeProtected)
      #expect(efi(root.members.Write, root, Out<UInt64>(1), Buffer([1])) == .unsupported)
      #expect(efi(file.members.Flush, file) == .writeProtected)
      for type in [GUID.fileInfo, .fileSystemInfo, .fileSystemVolumeLabel] {
        #expect(efi(file.members.SetInfo, file, type.buffer, 8, Buffer(count: 8)) == .writeProtected)
      }
      #expect(efi(file.members.SetInfo, file, GUID.rng.buffer, 8, Buffer(count: 8)) == .unsupported)
      #expect(efi(file.members.Delete, file) == .warnDeleteFailure)
      // It is closed, and still there.
      #expect(efi(root.members.Close, file) == .invalidParameter)
      #expect(root.open("loader\\loader.conf").status == .success)
    }

    // MARK: Handles

    @Test func onlyWhatIsOpenIsTaken() throws {
      let file = try #require(root.open("loader\\loader.conf").file)
      let members = file.members
      let stranger = Buffer(count: 256)
      for wrong in [nil, stranger, Buffer(count: 16)] as [Buffer?] {
        #expect(efi(members.Open, wrong, Out<UInt64>(0), ucs2("a"), 1, 0) == .invalidParameter)
        #expect(efi(members.Close, wrong) == .invalidParameter)
        #expect(efi(members.Delete, wrong) == .invalidParameter)
        #expect(efi(members.Read, wrong, Out<UInt64>(0), stranger) == .invalidParameter)
        #expect(efi(members.Write, wrong, Out<UInt64>(0), stranger) == .invalidParameter)
        #expect(efi(members.GetPosition, wrong, Out<UInt64>(0)) == .invalidParameter)
        #expect(efi(members.SetPosition, wrong, 0) == .invalidParameter)
        #expect(efi(members.GetInfo, wrong, GUID.fileInfo.buffer, Out<UInt64>(0), nil) == .invalidParameter)
        #expect(efi(members.SetInfo, wrong, GUID.fileInfo.buffer, 0, nil) == .invalidParameter)
        #expect(efi(members.Flush, wrong) == .invalidParameter)
      }
      #expect(file.close() == .success)
      #expect(efi(members.Close, file) == .invalidParameter)
      #expect(efi(root.members.Open, root, nil, ucs2("loader"), 1, 0) == .invalidParameter)
      #expect(efi(root.members.Open, root, Out<UInt64>(0), nil, 1, 0) == .invalidParameter)
      let endless = Buffer([UInt8](repeating: 0x41, count: 10_000))
      #expect(efi(root.members.Open, root, Out<UInt64>(0), endless, 1, 0) == .invalidParameter)
    }

    @Test func anyNumberOfFilesCanBeOpen() throws {
      // Once for the slabs that the pool keeps.
      #expect(root.open("loader\\loader.conf").file?.close() == .success)
      let before = volume.machine.firmware.memory.regions
      var open: [Volume.File] = []
      for _ in 0..<500 { open.append(try #require(root.open("loader\\loader.conf").file)) }
      #expect(open.allSatisfy { $0.read(20).bytes == Array("timeout 3\n".utf8) })
      for (index, file) in open.enumerated() where index % 2 == 0 { #expect(file.close() == .success) }
      for (index, file) in open.enumerated() where index % 2 == 1 { #expect(file.close() == .success) }
      #expect(volume.machine.firmware.memory.regions == before)
      volume.machine.check()
    }

    // MARK: Tokens (13.5.3, 13.5.7)

    @Test func requestsWithTokensAreDoneAtOnce() throws {
      let boot = volume.machine.boot
      let event = Out<UnsafeMutableRawPointer?>(nil)
      #expect(efi(boot.CreateEvent, 0, 0, nil, nil, event) == .success)
      let out = Out<UnsafeMutablePointer<EFI_FILE_PROTOCOL>?>(nil)
      let token = Out(EFI_FILE_IO_TOKEN(Event: event.value, Status: 7, BufferSize: 0, Buffer: nil))
      #expect(root.members.Revision == 0x20000)
      #expect(efi(root.members.OpenEx, root, out, ucs2("loader\\loader.conf"), 1, 0, token) == .success)
      #expect(token.value.Status == 0 && efi(boot.CheckEvent, event.value) == .success)
      let file = Volume.File(try #require(out.value))
      let buffer = Buffer(count: 20)
      token.value.BufferSize = 20
      token.value.Buffer = UnsafeMutableRawPointer(bitPattern: UInt(buffer.word))
      #expect(efi(file.members.ReadEx, file, token) == .success && token.value.BufferSize == 10)
      #expect(Array(buffer.content[..<10]) == Array("timeout 3\n".utf8))
      #expect(efi(boot.CheckEvent, event.value) == .success && efi(boot.CheckEvent, event.value) == .notReady)
      // With an event the request's status is in the token, without one it is the call's.
      #expect(
        efi(file.members.WriteEx, file, token) == .success && Status(rawValue: token.value.Status) == .writeProtected)
      #expect(efi(boot.CheckEvent, event.value) == .success)
      token.value.Event = nil
      #expect(efi(file.members.WriteEx, file, token) == .writeProtected)
      #expect(efi(file.members.FlushEx, file, token) == .writeProtected)
      #expect(efi(root.members.OpenEx, root, out, ucs2("nothing"), 1, 0, token) == .notFound)
      #expect(efi(root.members.OpenEx, root, out, ucs2("loader"), 1, 0, nil) == .invalidParameter)
      #expect(efi(file.members.ReadEx, file, nil) == .invalidParameter)
    }
  }
}
