// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Testing

extension FirmwareTests {
  /// Archives that are damaged, and payloads that damage what they were given.
  @Suite struct HostileArchive {
    private static var archive: TestArchive {
      var archive = TestArchive()
      archive.addFolder("loader")
      archive.add("loader/credentials/a.cred", [UInt8](repeating: 7, count: 100))
      archive.add("EFI/Linux/a.efi.extra.d/b.raw", [1, 2, 3])
      return archive
    }

    /// Goes through everything that a file system shows.
    private func walk(_ folder: Volume.File, depth: Int = 0) throws {
      guard depth < 40 else { return }
      for info in try folder.list() {
        let (status, file) = folder.open(info.name)
        guard status == .success, let file else { continue }
        if info.attribute & 0x10 != 0 {
          try walk(file, depth: depth + 1)
        } else {
          #expect(file.read(Int(info.size) + 1).bytes.count == Int(info.size))
        }
        #expect(file.close() == .success)
      }
    }

    @Test func everyTruncationIsRefused() throws {
      let whole = Self.archive.finished
      let machine = try HostMachine()
      // The last bytes pad the trailer.
      for length in 0..<whole.count - 3 {
        let cut = GuardedFile(whole[..<length])
        cut.withView { view in
          _ = #expect(throws: Status.volumeCorrupted) { try machine.firmware.publishFileSystem(view) }
        }
      }
      #expect(machine.firmware.fileSystem == nil)
      #expect(machine.platform.text.contains("the sidecar archive is damaged at offset"))
      machine.check()
    }

    @Test(arguments: ["a//b", "a/../b", "..", "a/./b", "a\\b", "a/b/.."])
    func namesThatNoPathLeadsToAreRefused(_ name: String) throws {
      var archive = TestArchive()
      archive.add(name, [1])
      let machine = try HostMachine()
      let file = GuardedFile(archive.finished)
      file.withView { view in
        _ = #expect(throws: Status.volumeCorrupted) { try machine.firmware.publishFileSystem(view) }
      }
    }

    @Test func mutationsAreRefusedOrReadSafely() throws {
      let whole = Self.archive.finished
      var random = SeededGenerator(seed: 4)
      var refused = 0
      for _ in 0..<300 {
        var bytes = whole
        for _ in 0..<Int.random(in: 1...3, using: &random) {
          let place = Int.random(in: 0..<bytes.count, using: &random)
          bytes[place] = Bool.random(using: &random) ? UInt8.random(in: 0...255, using: &random) : 0x66
        }
        do {
          let volume = try Volume(bytes)
          try walk(volume.root)
          volume.machine.check()
        } catch is Status {
          refused += 1
        }
      }
      #expect(refused > 50 && refused < 300)
    }

    @Test func aFileThatIsAlsoAFolderEndsSomewhere() throws {
      var archive = TestArchive()
      archive.add("a", [1])
      archive.add("a/b", [2])
      archive.add("A", [3])
      archive.add("/", mode: 0o040755)
      archive.add("c/")
      let volume = try Volume(archive.finished)
      #expect(try volume.root.list().map(\.name) == ["a", "c"])
      try walk(volume.root)
    }

    @Test func twoArchivesAreOneFileSystem() throws {
      var given = TestArchive()
      given.addFolder(".virgil-sidecars")
      given.add("loader/credentials/A.cred", [1])
      given.add("loader/new", [2, 3])
      let volume = try Volume(given.finished, behind: Self.archive.finished)
      #expect(try volume.root.list().map(\.name) == [".virgil-sidecars", "loader", "EFI"])
      #expect(try volume.root.open("loader").file?.list().map(\.name) == ["credentials", "new"])
      // The one in front is seen.
      #expect(volume.root.open("loader\\credentials\\a.cred").file?.read(9).bytes == [1])
      let raw = try #require(volume.root.open("efi\\linux\\a.efi.extra.d\\b.raw").file)
      #expect(raw.read(9).bytes == [1, 2, 3])
      #expect(Volume.Info(try #require(raw.open("..").status == .notFound ? raw : nil).info()).name == "b.raw")
      try walk(volume.root)
      #expect(throws: Status.volumeCorrupted) { try Volume(given.finished, behind: [1, 2, 3]) }
    }

    @Test func sidecarsInFrontOfAnInitrdAreSplitOff() throws {
      var given = TestArchive()
      given.addFolder(".virgil-sidecars")
      given.add("loader/new", [2, 3])
      let zeros = [UInt8](repeating: 0, count: 300)
      func split(_ bytes: [UInt8]) throws -> (sidecars: Int, initrd: [UInt8])? {
        try GuardedFile(bytes).withView { view throws(CPIOError) in
          try InitrdSidecars.split(view).map { ($0.sidecars.count, Array($0.initrd.buffer)) }
        }
      }
      let whole = given.finished
      for rest in [[], Self.archive.finished, [0x1f, 0x8b, 8]] {
        for padding in [[], zeros] {
          let parts = try #require(try split(whole + padding + rest))
          #expect(parts.sidecars == whole.count && parts.initrd == rest)
        }
      }
      for other in [[], [0x1f, 0x8b], Self.archive.finished, Array(whole[..<20])] { #expect(try split(other) == nil) }
      #expect(throws: CPIOError.self) { try split(Array(whole[..<(whole.count - 40)])) }
      #expect(throws: CPIOError.self) { try split(whole.dropLast(124) + Array("garbage".utf8)) }
    }

    @Test func sidecarsBehindAnInitrdAreSplitOff() throws {
      var given = TestArchive()
      given.addFolder(".virgil-sidecars")
      given.add("loader/new", [2, 3])
      let whole = given.finished
      func split(_ bytes: [UInt8]) throws -> (sidecars: [UInt8], initrd: [UInt8])? {
        try GuardedFile(bytes).withView { view throws(CPIOError) in
          try InitrdSidecars.split(view).map { (Array($0.sidecars.buffer), Array($0.initrd.buffer)) }
        }
      }
      let zeros = [UInt8](repeating: 0, count: 300)
      // An initrd that carries another one, sidecars and all, and one that is full of what looks like headers.
      var nested = TestArchive()
      nested.add("boot/initrd.img", Self.archive.finished + whole)
      let headers = Array(String(repeating: "070707010707", count: 500).utf8)
      let three = Self.archive.finished + zeros + nested.finished + [0x28, 0xb5, 0x2f, 0xfd]
      for initrd in [[0x1f, 0x8b, 8, 0], Self.archive.finished, nested.finished, headers, three] {
        for padding in [[], zeros] {
          let parts = try #require(try split(initrd + padding + whole + padding))
          #expect(parts.initrd == initrd + padding)
          #expect(parts.sidecars.starts(with: whole) && parts.sidecars.count == whole.count)
        }
        // Not at a multiple of four; cut off; not the end.
        #expect(try split([1] + initrd + whole) == nil)
        #expect(try split(initrd + whole.dropLast(20)) == nil)
        #expect(try split(initrd + whole + [1]) == nil)
        #expect(try split(initrd + whole + Self.archive.finished) == nil)
      }
      // A chain of archives that all reach to the end would be read once for each of them.
      let bare = Array(given.bytes)
      let chain = [1, 0, 0, 0] + Array(repeatElement(bare, count: 30).joined())
      #expect(try split(chain) == nil)
      #expect(try split(chain + whole.dropFirst(bare.count))?.initrd.count == 4)
    }

    /// What is behind a file's table is the emulator's own, but in memory that a payload can write to.
    @Test func scribbledPlacesAreNotFollowed() throws {
      let volume = try Volume(Self.archive.finished)
      for name in ["loader", "loader\\credentials\\a.cred"] {
        let file = try #require(volume.root.open(name).file)
        let own = UnsafeMutableRawPointer(file.table).assumingMemoryBound(to: FileSystem.OpenFile.self)
        for entry in [-1, 1, 57, Int.max, Int.min] {
          for length in [-1, 0, 3, 1 << 20, Int.max] {
            for position in [0, 3, UInt64.max, 1 << 63] {
              own.pointee.node = FileTree.Node(entry: entry, length: length)
              own.pointee.position = position
              _ = file.read(50)
              _ = file.open("..")
              _ = efi(file.members.GetInfo, file, GUID.fileInfo.buffer, Out<UInt64>(0), nil)
            }
          }
        }
        #expect(file.close() == .success)
      }
    }
  }
}
