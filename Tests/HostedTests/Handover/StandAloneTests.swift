// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Testing

extension FirmwareTests {
  /// An emulator that is an image of its own: what it starts is in kexec's initrd.
  @Suite struct StandAlone {
    private let image = TestImage.ordinary().file
    private let initrd = Array("070701 is how an initrd might begin".utf8)

    private static var bootFile: String { canRunImages ? "EFI/BOOT/BOOTX64.EFI" : "EFI/BOOT/BOOTAA64.EFI" }

    /// A machine whose kexec loaded this.
    private func start(
      _ contents: [UInt8], secureBoot: Bool = false
    ) throws -> (machine: ResidentMachine, start: Start, firmware: Firmware) {
      var machine = ResidentMachine()
      machine.origin = VIRGIL_IMAGE_IN_INITRD
      machine.initrd = contents
      if contents.isEmpty { machine.ranges[RecordType.initrd] = (0, 0) }
      if secureBoot { machine.state = (1, 0) }
      let road = try machine.road(machine.block())
      let bytes = try #require(road.information()).handover(found: road.block)
      // Never freed: the firmware reads it for as long as the test runs.
      let kept = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 16)
      kept.copyBytes(from: bytes)
      let start = Start(
        block: try HandoverReader(ByteView(UnsafeRawBufferPointer(kept)), address: 0), platform: machine.platform,
        log: Log(platform: machine.platform), machine: PEMachine.x86_64, runtimeGranularity: pageSize)
      return (machine, start, try start.makeFirmware())
    }

    /// What is started, and the initrd that is on offer.
    private func parts(_ contents: [UInt8]) throws -> (file: [UInt8], initrd: [UInt8]?, path: ByteView?) {
      let (machine, start, firmware) = try start(contents)
      defer { extendLifetime(machine.platform) }
      let payload = try start.payload()
      guard case .file(let file) = payload.source else {
        Issue.record("the payload is no file")
        return ([], nil, nil)
      }
      #expect(payload.commandLine.equals("console=hvc0"))
      return (Array(file.buffer), firmware.initrd.map { Array($0.given.buffer) }, payload.path)
    }

    private func sidecars(_ files: [(String, [UInt8])]) -> [UInt8] {
      var archive = TestArchive()
      archive.addFolder(".virgil-sidecars")
      for (name, content) in files { archive.add(name, content) }
      return archive.finished
    }

    @Test func theFileIsInFrontAndTheInitrdBehindIt() throws {
      let zeros = [UInt8](repeating: 0, count: 4096 - image.count % 4096)
      for (contents, expected) in [
        (image, nil), (image + initrd, initrd), (image + zeros, nil), (image + zeros + initrd, initrd),
        (image + [0] + initrd, initrd),
      ] as [([UInt8], [UInt8]?)] {
        let found = try parts(contents)
        #expect(found.file == image && found.initrd == expected && found.path == nil)
      }
    }

    /// A signature is behind the last section.
    @Test func theCertificateTableIsTheFiles() throws {
      var signed = image + [UInt8](repeating: 0xce, count: 24)
      let place = 0x40 + PEFields.Optional.dataDirectories + 8 * DataDirectory.certificateTable.rawValue
      signed.withUnsafeMutableBytes {
        Field<UInt32>(0).write(UInt32(image.count), to: $0, at: place)
        Field<UInt32>(4).write(24, to: $0, at: place)
      }
      let found = try parts(signed + initrd)
      #expect(found.file == signed && found.initrd == initrd)
    }

    /// GNU's linker leaves them: systemd-stub 252 has some, and so has what objcopy makes of it.
    @Test func symbolsAreTheFiles() throws {
      for (count, size, isWhole) in [(2, 9, true), (0, 4, true), (2, 1 << 20, false), (1 << 30, 9, false)] {
        var file = image
        file.withUnsafeMutableBytes {
          PEFields.File.PointerToSymbolTable.write(UInt32(image.count), to: $0, at: 0x40)
          PEFields.File.NumberOfSymbols.write(UInt32(count), to: $0, at: 0x40)
        }
        var symbols = [UInt8](repeating: 0x5a, count: count > 2 ? 36 : 18 * count)
        symbols.appendLittleEndian(UInt32(size))
        symbols += Array("name\u{1}".utf8.prefix(max(0, min(size, 9) - 4)))
        let found = try parts(file + symbols + initrd)
        #expect(found.file == (isWhole ? file + symbols : file))
        #expect(found.initrd == (isWhole ? initrd : symbols + initrd))
      }
    }

    @Test func sidecarsAreWhereTheyAlwaysAre() throws {
      let archive = sidecars([("loader/addons/a.addon.efi", [1, 2, 3])])
      let fill = [UInt8](repeating: 0, count: (4 - image.count % 4) % 4)
      let aligned = initrd + [UInt8](repeating: 0, count: (4 - initrd.count % 4) % 4)
      for (contents, left) in [
        (archive + image, nil), (archive + [0, 0] + image + initrd, initrd), (image + fill + archive + initrd, initrd),
        (image + fill + aligned + archive, aligned),
      ] as [([UInt8], [UInt8]?)] {
        let found = try parts(contents)
        #expect(found.file == image && found.initrd == left)
        let addOn = Array("loader/addons/a.addon.efi".utf8).withUnsafeBytes {
          HostedTests.firmware.contents(of: ByteView($0)).map { Array($0.buffer) }
        }
        #expect(addOn == [1, 2, 3])
      }
    }

    /// UEFI 2.10, 3.5.1.1.
    @Test func anArchiveIsAMedium() throws {
      let name = Self.bootFile
      for name in [name, name.lowercased()] {
        for (end, left) in [([], nil), (initrd, initrd)] as [([UInt8], [UInt8]?)] {
          let found = try parts(sidecars([("EFI/other.efi", [0]), (name, image)]) + end)
          #expect(found.file == image && found.initrd == left)
          #expect(found.path?.equals(canRunImages ? "EFI/BOOT/BOOTX64.EFI" : "EFI/BOOT/BOOTAA64.EFI") == true)
        }
      }
      // A file in front counts more than one on the medium.
      #expect(try parts(sidecars([(name, [1])]) + image).file == image)
    }

    @Test func withoutAFileNothingIsStarted() throws {
      for contents in [
        [], initrd, [0x4d], sidecars([]), sidecars([]) + initrd, sidecars([(Self.bootFile + "/x", image)]), [0] + image,
      ] {
        let (machine, start, _) = try start(contents)
        #expect(throws: Start.Failure.self) { try start.payload() }
        do throws(Start.Failure) {
          _ = try start.payload()
        } catch {
          guard case .noFile = error else {
            Issue.record("\(error)")
            continue
          }
          #expect("\(error.reason)".contains("initrd has to begin with the EFI file"))
        }
        extendLifetime(machine.platform)
      }
    }

    @Test func withSecureBootNobodyHasVerifiedIt() throws {
      for contents in [image, image + initrd, sidecars([]) + image, sidecars([(Self.bootFile, image)])] {
        let (machine, start, _) = try start(contents, secureBoot: true)
        do throws(Start.Failure) {
          _ = try start.payload()
          Issue.record("it would be started")
        } catch {
          guard case .status(.accessDenied) = error else {
            Issue.record("\(error)")
            continue
          }
        }
        #expect(machine.platform.text.contains("nobody has verified the image"))
      }
    }

    @Test func wrongFilesAreRefusedByTheLoader() throws {
      var other = TestImage.ordinary()
      other.machine = PEMachine.arm64
      var driver = TestImage.ordinary()
      driver.subsystem = 3
      for (contents, status, message) in [
        (other.file, Status.unsupported, "the image is for machine"), (driver.file, .unsupported, "has subsystem 3"),
        (Array(image.prefix(image.count - 1)), .loadError, "not an EFI image"),
        (Array(image.prefix(2)), .loadError, "not an EFI image"),
      ] {
        let (machine, start, firmware) = try start(contents)
        let payload = try start.payload()
        #expect(throws: status) { try firmware.run(payload) }
        #expect(machine.platform.text.contains(message))
        #expect(complaint(about: firmware.memory) == nil)
      }
    }

    /// Whatever is in front: a file within the initrd, or none, and never a byte beyond.
    @Test func mutationsNeverLeadOutside() throws {
      let whole = sidecars([(Self.bootFile, image)]) + image + initrd
      var random = SeededGenerator(seed: 0x616c_6f6e)
      var started = 0
      for round in 0..<600 {
        var contents = round % 2 == 0 ? image + initrd : whole
        for _ in 0...random.below(3) {
          let place = random.below(round % 4 < 2 ? 0x200 : contents.count)
          contents[place] =
            random.below(2) == 0 ? UInt8(truncatingIfNeeded: random.next()) : [0, 0xff][random.below(2)]
        }
        if random.below(4) == 0 { contents.removeLast(random.below(contents.count)) }
        var machine = ResidentMachine()
        defer { extendLifetime(machine.platform) }
        guard let (made, start, firmware) = try? start(contents) else { continue }
        machine = made
        guard let payload = try? start.payload(), case .file(let file) = payload.source else { continue }
        let place = UInt64(UInt(bitPattern: file.base))
        #expect(place >= made.initrdPlace && place + UInt64(file.count) <= made.initrdPlace + UInt64(contents.count))
        if let layout = try? firmware.loader.load(file: file) {
          started += 1
          try firmware.pages.free(layout.base, pages: layout.allocatedPages, owner: .emulator)
        }
        #expect(made.platform.strays.isEmpty)
      }
      #expect(started > 60 && started < 590, "\(started)")
    }
  }
}
