// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// SUPPORT.md, from what the probes have found.
struct SupportPage {
  private(set) var text: String
  private let sources: ProjectSources

  init(_ sources: ProjectSources) {
    self.sources = sources
    text = """
      <!-- SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only -->
      <!-- Made by `make support` from the code; a test holds this file to it. -->
      # What of UEFI 2.10 is there

      Each service and each member of a protocol was called as payloads call it; these pages say what it answered. *Assertions*
      counts the places in `Tests/conformance` that name the section. [ARCHITECTURE.md](ARCHITECTURE.md) says what is
      absent on purpose.

      """
  }

  private mutating func heading(_ title: String) { text += "\n## \(title)\n\n" }
  private mutating func line(_ words: String) { text += words + "\n" }
  private mutating func table(_ columns: [String], _ rows: [[String]]) {
    text += "| " + columns.joined(separator: " | ") + " |\n"
    text += "|" + String(repeating: "---|", count: columns.count) + "\n"
    for row in rows { text += "| " + row.joined(separator: " | ") + " |\n" }
  }
  private func count(_ section: String) -> String {
    let number = sources.assertions(section)
    return number == 0 ? "" : "\(number)"
  }

  // MARK: Services

  mutating func addBootServices(_ answers: [String: Status]) {
    heading("Boot services (7)")
    line("\(answers.filter { $0.value == .success }.count) of \(answers.count) do what they are for.\n")
    let rows = SpecificationNames.bootServices.map { group in
      let services = group.services.sorted { $0.value < $1.value }.map(\.key)
      let refused = services.filter { answers[$0] != .success }
      return [
        group.title, group.section, services.filter { answers[$0] == .success }.joined(separator: ", "),
        refused.map { "\($0) (\(answers[$0]!.specificationName))" }.joined(separator: ", "), count(group.section),
      ]
    }
    table(["services", "section", "there", "refused", "assertions"], rows)
  }

  struct RuntimeFacts {
    let answers: [String: Status]
    let answersWithoutClock: [String: Status]
    let mask: UInt32
    let maskWithoutReset: UInt32
    let kinds: [(kind: String, answer: Status)]
    let variables: [String]
  }

  private func word(_ status: Status?) -> String {
    status.map { $0 == .success ? "yes" : $0.specificationName } ?? "not probed"
  }

  mutating func addRuntimeServices(_ facts: RuntimeFacts) {
    heading("Runtime services (8)")
    line(
      "After ExitBootServices those are offered that `EFI_RT_PROPERTIES_TABLE` names: `0x\(hexadecimal(facts.mask))`.\n"
    )
    let rows = SpecificationNames.runtimeServices.enumerated().map { index, service in
      let (name, section) = service
      var before = word(facts.answers[name])
      if facts.answersWithoutClock[name] != facts.answers[name] {
        before += ", where the first kernel's clock is known; else \(word(facts.answersWithoutClock[name]))"
      }
      let (bit, other) = (facts.mask >> UInt32(index) & 1, facts.maskWithoutReset >> UInt32(index) & 1)
      let after = bit == 0 ? "UNSUPPORTED" : other == 1 ? "yes" : "yes, where the machine says how"
      return [name, section, before, after, count(section)]
    }
    table(["service", "section", "before ExitBootServices", "after", "assertions"], rows)
    line("")
    table(["SetVariable of a variable that is", "answer"], facts.kinds.map { [$0.kind, word($0.answer)] })
    line("\nVariables there are from the start: \(facts.variables.joined(separator: ", ")).")
  }

  private func hexadecimal(_ value: UInt32) -> String { String(value, radix: 16) }

  // MARK: Protocols and tables

  mutating func addProtocols(
    _ found: [(entry: SpecificationNames.Entry, members: [ProtocolProbes.Member], note: String)]
  ) {
    heading("Protocols on offer (9 to 37)")
    let rows = found.map { entry, members, note in
      let there = members.filter { !$0.answer.isRefusal }.map(\.name).joined(separator: ", ")
      let refused = members.filter(\.answer.isRefusal).map { "\($0.name) (\($0.answer.specificationName))" }
      return [
        entry.name, entry.section, members.isEmpty ? "data" : there, refused.joined(separator: ", "), note,
        count(entry.section),
      ]
    }
    table(["protocol", "section", "there", "refused", "", "assertions"], rows)
  }

  mutating func addUsedProtocols(_ used: [(entry: SpecificationNames.Entry, purpose: String)]) {
    heading("Protocols of payloads that are used")
    table(["protocol", "section", "by"], used.map { [$0.entry.name, $0.entry.section, $0.purpose] })
  }

  mutating func addTables(_ tables: [(entry: SpecificationNames.Entry, origin: String, note: String)]) {
    heading("Configuration tables (4.6)")
    table(["table", "section", "origin", ""], tables.map { [$0.entry.name, $0.entry.section, $0.origin, $0.note] })
  }

  mutating func addEventGroups(_ groups: [SpecificationNames.Entry]) {
    heading("Event groups (7.1.2)")
    line(groups.map(\.name).joined(separator: ", ") + ".")
  }

  // MARK: Images and device paths

  mutating func addImages(
    machines: [(target: String, machine: UInt16)], subsystems: [(number: UInt16, code: UInt32, data: UInt32)],
    alignments: [UInt32], isFoundInMemory: Bool
  ) {
    heading("Images (2.1.1, 7.4)")
    let machineNames = machines.map { "0x\(hexadecimal(UInt32($0.machine))) on \($0.target)" }
    line("PE32+ of the CPU's own machine type: \(machineNames.joined(separator: ", ")).")
    let (first, last) = (hexadecimal(alignments.first ?? 0), hexadecimal(alignments.last ?? 0))
    line("Section alignment: powers of two from 0x\(first) to 0x\(last).")
    let memory = isFoundInMemory ? " or where a memory-mapped device path (10.3.2.3) points" : ""
    line("Loaded from a buffer, through the protocols above\(memory).\n")
    let rows = subsystems.map { subsystem in
      [
        "\(subsystem.number) (\(Subsystem(rawValue: subsystem.number)!))",
        SpecificationNames.memoryTypes[subsystem.code]!,
        SpecificationNames.memoryTypes[subsystem.data]!,
      ]
    }
    table(["subsystem", "code in", "data in"], rows)
  }

  mutating func addDevicePaths(filePathIsText: Bool) {
    heading("Device paths as text, in both directions (10.3, 10.6.1)")
    let rows = SpecificationNames.nodeTypes.map { kind in
      var others = DevicePathProbes.withoutForm(kind)
      var forms = DevicePathProbes.names(kind.type)
      if kind.type == 4, filePathIsText, others.contains(4) {
        others.removeAll { $0 == 4 }
        forms.append("file paths")
      }
      let fallback = DevicePathProbes.fallback(kind.type).map { "\($0)(…)" } ?? ""
      let rest = others.map(String.init).joined(separator: ", ")
      return [kind.name, kind.section, forms.joined(separator: ", "), rest.isEmpty ? fallback : "\(fallback): \(rest)"]
    }
    table(["type", "section", "forms", "any other sub-type"], rows)
  }
}

extension Status {
  /// A warning about what was not done counts as a refusal.
  var isRefusal: Bool { self != .success }
}
