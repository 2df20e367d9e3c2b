// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Testing

extension FirmwareTests {
  /// The loader on images that are made for it.
  @Suite struct Loader {
    let machine: HostMachine
    var loader: ImageLoader { machine.firmware.loader }
    init() throws { machine = try HostMachine(megabytes: 16) }

    private func load(_ image: TestImage) throws -> LaidOutImage {
      try load(image.file)
    }
    private func load(_ file: some Collection<UInt8>) throws(Status) -> LaidOutImage {
      try GuardedFile(file).withView { view throws(Status) in try loader.load(file: view) }
    }
    private func bytes(_ image: LaidOutImage, _ offset: Int, _ count: Int) -> [UInt8] {
      Array(UnsafeRawBufferPointer(start: UnsafeRawPointer(bitPattern: UInt(image.base) + UInt(offset)), count: count))
    }
    private func access(_ image: LaidOutImage) -> [Access] {
      stride(from: image.base, to: image.base + image.size, by: Int(pageSize)).map { machine.platform.access(at: $0) }
    }
    private func free(_ image: LaidOutImage) throws {
      try machine.firmware.pages.free(image.base, pages: image.allocatedPages, owner: .emulator)
    }
    /// Runs `body`, and fails unless map and page tables are afterwards as they were.
    private func leavesNoTrace(_ comment: Comment? = nil, _ body: () throws -> Void) rethrows {
      let before = machine.firmware.memory.regions
      try body()
      #expect(machine.firmware.memory.regions == before, comment)
      machine.check()
    }

    @Test func sectionsLieAtTheirAddressesWithTheirRights() throws {
      try leavesNoTrace {
        let image = try load(.ordinary(code: [1, 2, 3]))
        #expect(bytes(image, 0x1000, 4) == [1, 2, 3, 0])
        #expect(bytes(image, 0x5000, 0x200).allSatisfy { $0 == 0x33 })
        #expect(
          bytes(image, 0x3200, 0x1e00).allSatisfy { $0 == 0 } && bytes(image, 0x400, 0xc00).allSatisfy { $0 == 0 })
        let delta = image.base &- TestImage().imageBase
        for place in [0x3008, 0x3010, 0x31f8] {
          let view = ByteView(UnsafeRawPointer(bitPattern: UInt(image.base))!, count: 0x8000)
          #expect(view.littleEndian(place, as: UInt64.self) == 0x5a5a_5a5a_5a5a_5a5a &+ delta)
        }
        #expect(bytes(image, 0x3000, 8).allSatisfy { $0 == 0x5a } && bytes(image, 0x3018, 8).allSatisfy { $0 == 0x5a })
        // Headers, .text, gap, .data (two pages), .rodata, .reloc, tail.
        #expect(
          access(image) == [
            .readOnly, .readExecute, .readOnly, .readWrite, .readWrite, .readOnly, .readOnly, .readWrite,
          ])
        #expect(image.entryPoint == image.base + 0x1000 && image.subsystem == .application)
        #expect(machine.firmware.memory.region(at: image.base)?.type == .loaderCode)
        #expect(machine.platform.synchronized.last?.address == image.base)
        machine.check()
        try free(image)
      }
    }

    @Test func aSectionWithoutVirtualSizeHasWhatTheFileHas() throws {
      var image = TestImage()
      let code = [UInt8](repeating: 0x90, count: 0x2800)
      image.sections = [.init(name: ".text", address: 0x1000, size: 0, content: code, characteristics: TestImage.text)]
      try leavesNoTrace {
        let loaded = try load(image)
        #expect(bytes(loaded, 0x1000, 0x2800) == code)
        #expect(access(loaded)[1...3].allSatisfy { $0 == .readExecute })
        try free(loaded)
      }
    }

    @Test(arguments: [0x8000, 0x9000, 0xffff_f000, 0x1000, 0x3000, 0] as [UInt32])
    func anEmptySectionTouchesNothing(_ address: UInt32) throws {
      let image = TestImage.ordinary()
      // In last place, and among the others.
      for index in [1, 3] {
        var changed = image
        changed.sections.insert(
          .init(name: ".empty", address: address, size: 0, content: [], characteristics: TestImage.text), at: index)
        try leavesNoTrace("at \(address)") {
          let plain = try load(image)
          let expected = access(plain)
          try free(plain)
          let guardPages = try machine.firmware.pages.allocate(.anyPages, type: .loaderData, pages: 64, owner: .payload)
          let loaded = try load(changed)
          #expect(access(loaded) == expected)
          for page in 0..<64 {
            #expect(machine.platform.access(at: guardPages + UInt64(page) * pageSize) == .readWrite)
          }
          #expect(machine.firmware.memory.region(at: guardPages)?.protection == .executeProtect)
          machine.check()
          try free(loaded)
          try machine.firmware.pages.free(guardPages, pages: 64, owner: .payload)
        }
      }
    }

    @Test func writableCodeIsLazy() throws {
      var image = TestImage.ordinary()
      image.sections[0].characteristics |= SectionCharacteristics.write
      try leavesNoTrace {
        let loaded = try load(image)
        #expect(access(loaded)[1] == .readWrite)
        #expect(machine.firmware.pages.resolveFault(at: loaded.entryPoint, execute: true))
        #expect(access(loaded)[1] == .readExecute)
        machine.check()
        try free(loaded)
      }
    }

    /// As the EFI shell's tools lay images out: code, data and constants one behind the other, from the headers on.
    private var packed: TestImage {
      var image = TestImage()
      image.sectionAlignment = 0x40
      image.entry = 0x400
      image.sizeOfImage = 0x5220
      image.sections = [
        .init(name: ".text", address: 0x400, size: 0x2c40, content: [0xc3], characteristics: TestImage.text),
        .init(name: ".data", address: 0x3040, size: 0x1fc0, content: [0x5a], characteristics: TestImage.data),
        .init(name: ".rodata", address: 0x5000, size: 0x200, content: [0x33], characteristics: TestImage.constant),
      ]
      image.relocations = (0x5200, [0x3048, 0x3ff8])
      return image
    }

    @Test func sectionsThatSharePagesBeginAsCodeOrData() throws {
      try leavesNoTrace {
        let loaded = try load(packed)
        // The page at 0x3000 has both: code comes first.
        let begin: [Access] = [.readExecute, .readExecute, .readExecute, .readExecute, .readWrite, .readWrite]
        #expect(access(loaded) == begin)
        machine.check()
        // Firmware would let it do anything with any page: so may it here, by turns, and a page is one thing at a time.
        for (index, page) in stride(from: loaded.base, to: loaded.base + loaded.size, by: Int(pageSize)).enumerated() {
          var isCode = begin[index] == .readExecute
          for _ in 0..<3 {
            isCode.toggle()
            #expect(machine.firmware.pages.resolveFault(at: page + 0x3f, execute: isCode))
            #expect(machine.platform.access(at: page) == (isCode ? .readExecute : .readWrite))
            #expect(!machine.firmware.pages.resolveFault(at: page + 0x3f, execute: isCode))
            machine.check()
          }
        }
        try free(loaded)
      }
    }

    @Test func sectionsThatSharePagesRunInPlace() throws {
      let file = packed.file
      try leavesNoTrace {
        // Its sections' file offsets are what a linker made them: only the layout in memory counts.
        let size: UInt64 = 0x6000
        let base = try machine.firmware.pages.allocate(.anyPages, type: .loaderData, pages: 6, owner: .emulator)
        let memory = UnsafeMutableRawBufferPointer(
          start: UnsafeMutableRawPointer(bitPattern: UInt(base)), count: Int(size))
        try file.withUnsafeBytes { source in
          let headers = try PEHeaders(ByteView(source))
          memory.copyMemory(from: UnsafeRawBufferPointer(rebasing: source[..<Int(headers.sizeOfHeaders)]))
          for section in headers.sections where section.sizeInFile > 0 {
            let start = Int(section.pointerToRawData)
            UnsafeMutableRawBufferPointer(rebasing: memory[Int(section.virtualAddress)...])
              .copyMemory(from: UnsafeRawBufferPointer(rebasing: source[start..<start + Int(section.sizeInFile)]))
          }
        }
        let adopted = try machine.firmware.loader.adopt(base: base, size: size)
        #expect(adopted.base == base && adopted.entryPoint == base + 0x400)
        #expect(
          (0..<6).map { machine.platform.access(at: base + UInt64($0) * pageSize) }
            == [.readExecute, .readExecute, .readExecute, .readExecute, .readWrite, .readWrite])
        machine.check()
        try machine.firmware.pages.free(base, pages: 6, owner: .emulator)
      }
    }

    @Test func sectionsThatSharePagesNeedTablesToo() throws {
      try leavesNoTrace {
        machine.platform.failingMapCall = 0
        #expect(throws: Status.outOfResources) { try load(packed) }
        machine.platform.failingMapCall = nil
      }
    }

    @Test func alignmentAndTypeFollowTheHeaders() throws {
      try leavesNoTrace {
        var image = TestImage()
        image.sectionAlignment = 0x1_0000
        image.entry = 0x1_0000
        image.sizeOfImage = 0x2_0000
        image.sections = [
          .init(name: ".text", address: 0x1_0000, size: 4, content: [0xc3], characteristics: TestImage.text)
        ]
        let coarse = try load(image)
        #expect(coarse.base & 0xffff == 0)
        var driver = TestImage.ordinary()
        driver.subsystem = 12
        let runtime = try load(driver)
        #expect(runtime.base & 0xffff == 0)
        #expect(machine.firmware.memory.region(at: runtime.base)?.type == .runtimeServicesCode)
        driver.subsystem = 11
        let boot = try load(driver)
        #expect(machine.firmware.memory.region(at: boot.base)?.type == .bootServicesCode)
        machine.check()
        for image in [coarse, runtime, boot] { try free(image) }
      }
    }

    @Test func refusesOthersImages() {
      leavesNoTrace {
        var image = TestImage.ordinary()
        image.machine = PEMachine.arm64
        #expect(throws: Status.unsupported) { try load(image) }
        image = .ordinary()
        for subsystem: UInt16 in [0, 1, 2, 3, 9, 13, 0xffff] {
          image.subsystem = subsystem
          #expect(throws: Status.unsupported) { try load(image) }
        }
        #expect(throws: Status.loadError) { try load(Array("#!/bin/sh".utf8)) }
        #expect(throws: Status.loadError) { try load([UInt8]()) }
        image = .ordinary()
        image.sizeOfImage = 0xffff_f000
        #expect(throws: Status.outOfResources) { try load(image) }
        image = .ordinary()
        image.relocations!.places[1] = 0x6004  // into the table itself
        image.relocations!.places[0] = 0x6008
        #expect(throws: Status.loadError) { try load(image) }
      }
    }

    @Test func everyTruncationIsRefused() {
      let whole = TestImage.ordinary().file
      leavesNoTrace {
        for count in 0..<whole.count {
          #expect(throws: Status.loadError, "\(count) of \(whole.count) bytes") { try load(whole[..<count]) }
        }
      }
    }

    @Test func anImageWithoutRelocationsRunsAtItsBaseOrNowhere() throws {
      var image = TestImage.ordinary()
      image.relocations = nil
      image.characteristics |= FileCharacteristics.relocationsStripped
      image.imageBase = machine.platform.base + 0x10_0000
      try leavesNoTrace {
        let loaded = try load(image)
        #expect(loaded.base == image.imageBase && bytes(loaded, 0x3008, 8).allSatisfy { $0 == 0x5a })
        // 7.4.1 has no NOT_FOUND for this.
        #expect(throws: Status.outOfResources) { try load(image) }
        try free(loaded)
        for base in [0, 0x1000, 0x123, UInt64.max - 0xffff, machine.platform.end - 0x1000] {
          image.imageBase = base
          #expect(throws: Status.self, "\(hex(base))") { try load(image) }
        }
      }
    }

    @Test func nothingIsLeakedWhenPageTablesRunOut() throws {
      let image = TestImage.ordinary()
      var failures = 0
      for call in 0..<20 {
        machine.platform.failingMapCall = call
        let before = machine.firmware.memory.regions
        do {
          let loaded = try load(image)
          machine.platform.failingMapCall = nil
          machine.check()
          try free(loaded)
        } catch {
          #expect(error as? Status == .outOfResources)
          failures += 1
        }
        machine.platform.failingMapCall = nil
        #expect(machine.firmware.memory.regions == before)
        machine.check()
      }
      #expect(failures >= 6)  // one for each range of rights
    }

    // MARK: In place

    /// Lays a file out at its RVAs, in memory that is marked as taken.
    private func layOut(_ image: TestImage, at base: UInt64) throws {
      _ = try machine.firmware.pages.allocate(
        .address, type: .loaderData, pages: UInt64(image.sizeOfImage) / pageSize, address: base, owner: .emulator)
      let memory = UnsafeMutableRawPointer(bitPattern: UInt(base))!
      try GuardedFile(image.file).withView { file in
        let headers = try PEHeaders(file)
        memory.copyMemory(from: file.base, byteCount: Int(headers.sizeOfHeaders))
        for section in headers.sections {
          (memory + Int(section.virtualAddress)).copyMemory(
            from: file.base + Int(section.pointerToRawData), byteCount: Int(section.sizeInFile))
        }
      }
    }

    @Test func adoptRelocatesAndProtectsWhereItLies() throws {
      let base = machine.platform.base + 0x20_0000
      let image = TestImage.ordinary(code: [1, 2, 3])
      try layOut(image, at: base)
      let adopted = try loader.adopt(base: base, size: 0x8000)
      #expect(adopted.base == base && adopted.allocatedPages == 0 && adopted.entryPoint == base + 0x1000)
      let view = ByteView(UnsafeRawPointer(bitPattern: UInt(base))!, count: 0x8000)
      #expect(view.littleEndian(0x3008, as: UInt64.self) == 0x5a5a_5a5a_5a5a_5a5a &+ base &- image.imageBase)
      #expect(access(adopted)[..<4] == [.readOnly, .readExecute, .readOnly, .readWrite])
      machine.check()
    }

    @Test func adoptRefusesWhatIsNotAnImage() throws {
      let base = machine.platform.base + 0x20_0000
      try layOut(.ordinary(), at: base)
      let before = machine.firmware.memory.regions
      #expect(throws: Status.loadError) { try loader.adopt(base: base, size: 0x7000) }
      #expect(throws: Status.loadError) { try loader.adopt(base: base + 0x1000, size: 0x7000) }
      #expect(throws: Status.loadError) { try loader.adopt(base: 0, size: 0x8000) }
      #expect(throws: Status.loadError) { try loader.adopt(base: base, size: 0) }
      #expect(throws: Status.loadError) { try loader.adopt(base: base, size: .max) }
      #expect(throws: Status.loadError) { try loader.adopt(base: .max - 4095, size: 0x8000) }
      // Its page rights need page boundaries.
      let memory = UnsafeMutableRawPointer(bitPattern: UInt(base))!
      (memory + 0x800).copyMemory(from: memory, byteCount: 0x7000)
      #expect(throws: Status.loadError) { try loader.adopt(base: base + 0x800, size: 0x7800) }
      #expect(machine.firmware.memory.regions == before)
    }
  }
}
