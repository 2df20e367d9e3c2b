// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Foundation
import Testing

extension FirmwareTests {
  /// SUPPORT.md: made from what the firmware is found to do, and held to it.
  @Suite(.enabled(if: canRunImages, "the probes' images are x86_64's code")) struct SupportTable {
    let full: FullMachine
    let probes: ProtocolProbes
    let sources: ProjectSources
    init() throws {
      full = try FullMachine()
      probes = ProtocolProbes(full: full)
      sources = try ProjectSources()
    }

    /// A member of a table of services that is no header and not reserved.
    private func slots(_ table: some Any) -> [(name: String, isThere: Bool)] {
      Mirror(reflecting: table).children.compactMap { child in
        // Any nil can be cast to any optional: the type must be asked for.
        guard type(of: child.value) == efi_slot?.self, let name = child.label else { return nil }
        return (name, child.value as! efi_slot? != nil)
      }
    }

    // MARK: What the page rests on

    @Test func everyServiceIsThereAndProbed() throws {
      let boot = slots(full.machine.boot)
      #expect(boot.count == 43 && boot.allSatisfy(\.isThere))
      let named = SpecificationNames.bootServices.flatMap { Array($0.services.keys) }
      #expect(Set(named) == Set(boot.map(\.name)) && named.count == boot.count)
      #expect(Set(try BootServiceProbes(HostMachine()).answers.keys) == Set(named))

      let runtime = slots(full.machine.runtime)
      #expect(runtime.count == 14 && runtime.allSatisfy(\.isThere))
      #expect(Set(SpecificationNames.runtimeServices.map(\.name)) == Set(runtime.map(\.name)))
      let probed = RuntimeServiceProbes.answers(full.machine).keys
      #expect(Set(probed).union(["ResetSystem"]) == Set(runtime.map(\.name)))
    }

    @Test func theRuntimeImageOffersWhatItsTableSays() throws {
      let order = SpecificationNames.runtimeServices.map(\.name)
      let mask = try #require(full.runtimeMask)
      let offered = order.enumerated().filter { mask >> UInt32($0.offset) & 1 == 1 }.map(\.element)
      #expect(try ProjectSources.runtimeImageServices() == Set(offered))
    }

    @Test func everyGUIDHasAName() throws {
      let constants = try ProjectSources.guids()
      #expect(constants.count >= 40)
      for (name, guid) in constants { #expect(SpecificationNames.entry(guid) != nil, "GUID.\(name) has no name") }
      for (index, entry) in SpecificationNames.entries.enumerated() {
        #expect(SpecificationNames.entries[..<index].allSatisfy { $0.guid != entry.guid }, "\(entry.name) is twice")
      }
    }

    @Test func everyProtocolIsNamedAndProbed() throws {
      for guid in full.protocols {
        let entry = try #require(SpecificationNames.entry(guid), "protocol \(hex(guid.low)) \(hex(guid.high))")
        guard case .interface = entry.role else {
          Issue.record("\(entry.name) is no protocol")
          continue
        }
        #expect(probes.members(guid) != nil, "\(entry.name) has no probes")
      }
      // Whatever is not installed is there to be used, or has no business in the table.
      for entry in SpecificationNames.entries where !full.protocols.contains(entry.guid) {
        if case .interface(let used, _) = entry.role {
          #expect(used != nil, "\(entry.name) is neither offered nor used")
        }
      }
    }

    @Test func everyMemberIsProbed() {
      func check(_ structure: some Any, _ members: [ProtocolProbes.Member]?) {
        let names = ProtocolProbes.functions(of: structure)
        #expect(!names.isEmpty && members?.map(\.name) == names)
      }
      check(EFI_SIMPLE_TEXT_OUTPUT_PROTOCOL(), probes.members(.simpleTextOutput))
      check(EFI_SIMPLE_TEXT_INPUT_PROTOCOL(), probes.members(.simpleTextInput))
      check(EFI_SIMPLE_TEXT_INPUT_EX_PROTOCOL(), probes.members(.simpleTextInputEx))
      check(EFI_LOAD_FILE_PROTOCOL(), probes.members(.loadFile2))
      check(EFI_SIMPLE_FILE_SYSTEM_PROTOCOL(), probes.members(.simpleFileSystem))
      check(EFI_RNG_PROTOCOL(), probes.members(.rng))
      check(EFI_MEMORY_ATTRIBUTE_PROTOCOL(), probes.members(.memoryAttribute))
      check(EFI_DT_FIXUP_PROTOCOL(), probes.members(SpecificationNames.deviceTreeFixup))
      check(EFI_FILE_PROTOCOL(), probes.file().members)
    }

    /// A new way to put something on offer must find its way into the machine that is looked at.
    @Test func everythingThatCanBePublishedIs() throws {
      let text = try ProjectSources.text("Tests/HostedTests/SupportTable/FullMachine.swift")
      let publishers = try ProjectSources.publishers()
      #expect(publishers.count >= 6)
      for name in publishers where name != "publishTable" { #expect(text.contains("firmware.\(name)("), "\(name)") }
    }

    @Test func everyTableIsNamed() throws {
      for guid in full.tables {
        guard case .madeTable = try #require(SpecificationNames.entry(guid)).role else {
          Issue.record("\(SpecificationNames.entry(guid)!.name) is not known to be made")
          continue
        }
      }
      for entry in SpecificationNames.entries {
        switch entry.role {
        case .madeTable: #expect(full.tables.contains(entry.guid) && !entry.guid.isTableOfMachine, "\(entry.name)")
        case .passedTable: #expect(entry.guid.isTableOfMachine || entry.guid == .deviceTreeTable, "\(entry.name)")
        default: #expect(!entry.guid.isTableOfMachine, "\(entry.name)")
        }
      }
    }

    /// Remarks on the page that a call can hold.
    @Test func remarksHold() throws {
      let out = try #require(full.machine.table.pointee.ConOut)
      #expect(out.pointee.Mode.pointee.MaxMode == 1)
      #expect(efi(out.pointee.EnableCursor, out, 0) == .unsupported)
      let keys: UnsafeMutablePointer<EFI_SIMPLE_TEXT_INPUT_EX_PROTOCOL> = probes.locate(.simpleTextInputEx)
      #expect(efi(keys.pointee.SetState, keys, Out<UInt8>(0x84)) == .unsupported)
      let plain = try HostMachine()
      try plain.firmware.publishRandomness(seed: nil)
      for guid in [GUID.rng, .simpleFileSystem, .loadFile2] {
        #expect(efi(plain.boot.LocateProtocol, guid.buffer, nil, Out<UInt64>(0)) == .notFound)
      }
      #expect(plain.firmware.systemTable.table(.linuxRandomSeedTable) == nil)
    }

    // MARK: The page

    private func runtimeFacts() async throws -> SupportPage.RuntimeFacts {
      let plain = try HostMachine()
      let image = GuardedFile(FullMachine.runtimeImage)
      try image.withView { view throws(Status) in try plain.firmware.loadRuntimeImage(view) }
      let maskWithoutReset = try #require(FullMachine.runtimeMask(plain))
      var answersWithoutClock = RuntimeServiceProbes.answers(plain)
      let fresh = try FullMachine()
      let variables = RuntimeServiceProbes.variableNames(fresh.machine)
      var answers = RuntimeServiceProbes.answers(fresh.machine)
      let resets = await #expect(processExitsWith: .exitCode(40)) {
        let machine = try HostMachine()
        machine.platform.expectsReset = true
        _ = efiCall(machine.runtime.ResetSystem, [0, 0, 0, nil])
      }
      answers["ResetSystem"] = resets == nil ? .aborted : .success
      answersWithoutClock["ResetSystem"] = answers["ResetSystem"]
      return SupportPage.RuntimeFacts(
        answers: answers, answersWithoutClock: answersWithoutClock,
        mask: try #require(fresh.runtimeMask), maskWithoutReset: maskWithoutReset,
        kinds: RuntimeServiceProbes.variableKinds(fresh.machine), variables: variables)
    }

    private func addProtocols(_ page: inout SupportPage) throws {
      let full = try FullMachine()
      let probes = ProtocolProbes(full: full)
      let installed = full.protocols
      var offered: [(SpecificationNames.Entry, [ProtocolProbes.Member], String)] = []
      var used: [(SpecificationNames.Entry, String)] = []
      for entry in SpecificationNames.entries {
        guard case .interface(let purpose, let note) = entry.role else { continue }
        if installed.contains(entry.guid) { offered.append((entry, try #require(probes.members(entry.guid)), note)) }
        if let purpose { used.append((entry, purpose)) }
        if entry.guid == .simpleFileSystem {
          let (revision, members) = probes.file()
          let file = SpecificationNames.Entry(.fileInfo, "EFI_FILE_PROTOCOL", "13.5", .inside)
          let number = "revision 0x\(String(revision, radix: 16)), read-only"
          offered.append((file, members, number))
        }
      }
      page.addProtocols(offered)
      page.addUsedProtocols(used)
    }

    private func addTables(_ page: inout SupportPage) {
      page.addTables(
        SpecificationNames.entries.compactMap { entry in
          switch entry.role {
          case .madeTable(let note): (entry, "made", note)
          case .passedTable(let note): (entry, "passed through", note)
          default: nil
          }
        })
      page.addEventGroups(SpecificationNames.entries.filter { $0.role == .eventGroup })
    }

    private func addImages(_ page: inout SupportPage) throws {
      let machines = try Material.architectures.map { architecture in
        let taken = try ImageProbes.machines(takenBy: architecture.machine)
        #expect(taken == [architecture.machine])
        return (target: architecture.name, machine: architecture.machine)
      }
      #expect(machines.map(\.target) == (try ProjectSources.targets()))
      page.addImages(
        machines: machines, subsystems: try ImageProbes.subsystems(), alignments: try ImageProbes.alignments(),
        isFoundInMemory: try ImageProbes.isFoundInMemory())
      page.addDevicePaths(filePathIsText: DevicePathProbes.filePathIsText(try HostMachine()))
    }

    /// With VIRGIL_MAKE_SUPPORT set, writes the file instead of comparing it (`make support`).
    @Test func thePageSaysWhatTheCodeDoes() async throws {
      var page = SupportPage(sources)
      page.addBootServices(try BootServiceProbes(HostMachine()).answers)
      page.addRuntimeServices(try await runtimeFacts())
      try addProtocols(&page)
      addTables(&page)
      try addImages(&page)
      if ProcessInfo.processInfo.environment["VIRGIL_MAKE_SUPPORT"] != nil {
        try page.text.write(
          to: ProjectSources.root.appendingPathComponent("SUPPORT.md"), atomically: true, encoding: .utf8)
      } else {
        let checkedIn = (try? ProjectSources.text("SUPPORT.md")) ?? ""
        let made = page.text.split(separator: "\n")
        let stale = made.first { !checkedIn.contains($0) }
        let isCurrent = page.text == checkedIn
        #expect(isCurrent, "SUPPORT.md is not what the code does: run make support (\(stale ?? "order"))")
      }
    }
  }
}
