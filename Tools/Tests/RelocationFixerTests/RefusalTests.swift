// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import ELF
import Foundation
import RelocationFixer
import Testing

/// Images that a linker makes and nothing could run: each is refused for its own reason, which names the culprit.
@Suite("Refusals of linked images")
struct RefusalTests {
  static let pie = ["-pie", "--pack-dyn-relocs=relr", "--build-id=sha1"]

  /// Links the emulator's fixture with something added, and says what stands against it.
  static func refusal(
    _ machine: Machine, c: String = "", assembly: String = "", compile: [String] = [], _ flags: [String] = pie,
    libraries: [String] = [], script edit: (String) -> String = { $0 }
  ) throws -> Refusal? {
    let toolchain = try Toolchain()
    defer { toolchain.remove() }
    let extra = libraries.isEmpty ? [] : try library(toolchain, machine)
    let objects = [
      try toolchain.compile(toolchain.write(Sources.head, "head.S"), machine),
      try toolchain.compile(toolchain.write(Sources.emulator, "emulator.c"), machine),
      try toolchain.compile(toolchain.write(c, "extra.c"), machine, compile),
      try toolchain.compile(toolchain.write(assembly, "extra.S"), machine),
    ]
    let script = edit(try Toolchain.script("emulator"))
    try toolchain.linkRaw(objects + extra, script: script, ["--no-gc-sections"] + flags, to: "image")
    return RelocationFixerTests.refusal(try toolchain.read("image"))
  }

  /// A shared library with a variable and a function.
  private static func library(_ toolchain: Toolchain, _ machine: Machine) throws -> [String] {
    try toolchain.write("int shared_variable = 3; int shared_function(void) { return 4; }", "library.c")
    let object = try toolchain.compile("library.c", machine, ["-fPIC", "-fvisibility=default"])
    try toolchain.run("ld.lld", ["-shared", object, "-o", "library.so"])
    return ["library.so"]
  }

  private func name(_ machine: Machine, _ aarch64: String, _ x86_64: String) -> String {
    machine == .aarch64 ? "R_AARCH64_\(aarch64)" : "R_X86_64_\(x86_64)"
  }

  @Test(arguments: Fixture.machines)
  func `The fixture itself is not refused`(machine: Machine) throws {
    #expect(try Self.refusal(machine, c: "int harmless = 3; int *to_harmless = &harmless;") == nil)
  }

  @Test(arguments: Fixture.machines)
  func `Undefined symbols`(machine: Machine) throws {
    let strong = try Self.refusal(
      machine, c: "extern int missing(void); int caller(void) { return missing() + 1; }",
      Self.pie + ["--unresolved-symbols=ignore-all"])
    #expect(strong == .undefinedSymbol("missing", weak: false, table: ".symtab"))
    let weak = try Self.refusal(
      machine, c: "extern int perhaps(void) __attribute__((weak)); int caller(void) { return perhaps ? perhaps() : 1; }"
    )
    #expect(weak == .undefinedSymbol("perhaps", weak: true, table: ".symtab"))
    #expect("\(try #require(weak))".contains("weak symbol perhaps in .symtab is undefined"))
  }

  @Test(arguments: Fixture.machines)
  func `Relocations that need a symbol`(machine: Machine) throws {
    let shared = ["-shared", "--pack-dyn-relocs=relr", "--build-id=sha1"]
    let visible = ["-fPIC", "-fvisibility=default"]
    let absolute = try Self.refusal(
      machine, c: "int exported; struct { long a; int *b; } holder = {1, &exported};", compile: visible, shared)
    try expect(absolute, name(machine, "ABS64", "64"), symbol: "exported", in: ".data", at: "holder", offset: 8)

    let got = try Self.refusal(
      machine, c: "int exported; int reader(void) { return exported; }", compile: visible, shared)
    try expect(got, name(machine, "GLOB_DAT", "GLOB_DAT"), symbol: "exported", in: ".got", at: nil, offset: 0)

    let plt = try Self.refusal(
      machine, c: "int exported(void) { return 2; } int caller(void) { return exported() + 1; }",
      compile: visible + ["-fno-inline", "-fsemantic-interposition"], shared)
    try expect(plt, name(machine, "JUMP_SLOT", "JUMP_SLOT"), symbol: "exported", in: ".got", at: nil, offset: 0)
  }

  private func expect(
    _ refusal: Refusal?, _ kind: String, symbol: String, in section: String, at nearest: String?, offset: UInt64,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    guard case .relocation(kind, symbol, let place) = refusal else {
      Issue.record("\(refusal.map { "\($0)" } ?? "not refused"): expected \(kind)", sourceLocation: sourceLocation)
      return
    }
    #expect(place.section == section, sourceLocation: sourceLocation)
    if let nearest {
      #expect(place.symbol == nearest, sourceLocation: sourceLocation)
      #expect(place.offset == offset, sourceLocation: sourceLocation)
    }
  }

  @Test(arguments: Fixture.machines)
  func `Indirect functions and copies`(machine: Machine) throws {
    let indirect = try Self.refusal(
      machine, c: "extern int pick(void) __attribute__((visibility(\"hidden\"))); int caller(void) { return pick(); }",
      assembly: ".text\n.globl pick\n.hidden pick\n.type pick, %gnu_indirect_function\npick: .long 0\n")
    guard case .relocation(let kind, nil, _) = indirect else {
      Issue.record("\(String(describing: indirect))")
      return
    }
    #expect(kind == name(machine, "IRELATIVE", "IRELATIVE"))

    let copied = try Self.refusal(
      machine, c: "extern int shared_variable; int reader(void) { return shared_variable; }",
      compile: ["-fdirect-access-external-data"], Self.pie, libraries: ["library.so"])
    guard case .relocation(let kind, "shared_variable", let place) = copied else {
      Issue.record("\(String(describing: copied))")
      return
    }
    #expect(kind == name(machine, "COPY", "COPY"))
    #expect(place.symbol == "shared_variable")
  }

  @Test(arguments: Fixture.machines)
  func `A shared library is needed`(machine: Machine) throws {
    let refusal = try Self.refusal(machine, Self.pie, libraries: ["library.so"])
    guard case .dynamicEntry("DT_NEEDED", _, _) = refusal else {
      Issue.record("\(String(describing: refusal))")
      return
    }
  }

  @Test(arguments: Fixture.machines)
  func `Relocations of code and constants`(machine: Machine) throws {
    let text = try Self.refusal(
      machine,
      assembly: """
        .section .text.literal, "ax", %progbits
        .balign 8
        literal_pool: .quad 0
        .quad counter
        """, Self.pie + ["-z", "notext"])
    let relative = name(machine, "RELATIVE", "RELATIVE")
    guard case .textRelocation(relative, let place) = text else {
      Issue.record("\(String(describing: text))")
      return
    }
    #expect(place.section == ".text")
    #expect(place.symbol == "literal_pool")
    #expect(place.offset == 8)

    let constant = try Self.refusal(
      machine, assembly: ".section .rodata.p, \"a\", %progbits\n.balign 8\nfixed: .quad counter\n",
      Self.pie + ["-z", "notext"])
    guard case .readOnlyRelocation(relative, let place) = constant else {
      Issue.record("\(String(describing: constant))")
      return
    }
    #expect(place.section == ".rodata")
    #expect(place.symbol == "fixed")
  }

  @Test(arguments: Fixture.machines)
  func `Relative relocations outside the packed table, or at odd places`(machine: Machine) throws {
    let relative = name(machine, "RELATIVE", "RELATIVE")
    let unpacked = try Self.refusal(machine, ["-pie", "--pack-dyn-relocs=none", "--build-id=sha1"])
    guard case .unpackedRelocation(relative, let place) = unpacked else {
      Issue.record("\(String(describing: unpacked))")
      return
    }
    #expect(place.symbol == "table")
    #expect(place.section == ".data.rel.ro")

    let odd = try Self.refusal(
      machine, c: "struct { char a; int *b; } __attribute__((packed)) odd = {1, (int *)&odd};")
    guard case .unpackedRelocation(relative, let place) = odd else {
      Issue.record("\(String(describing: odd))")
      return
    }
    #expect(place.symbol == "odd")
    #expect(place.offset == 1)

    let halfway = try Self.refusal(
      machine, assembly: ".data\n.balign 8\nhalfway: .long 1\n.quad counter\n.long 2\n")
    guard case .misplacedRelocation(let place, expected: "a multiple of 8") = halfway else {
      Issue.record("\(String(describing: halfway))")
      return
    }
    #expect(place.symbol == "halfway")
    #expect(place.offset == 4)
  }

  @Test(arguments: Fixture.machines)
  func `A pointer out of the image`(machine: Machine) throws {
    let refusal = try Self.refusal(machine, assembly: ".data\n.balign 8\nastray: .quad counter - 0x100000\n")
    guard case .relocatedValue(let place, let value, _) = refusal else {
      Issue.record("\(String(describing: refusal))")
      return
    }
    #expect(place.symbol == "astray")
    #expect(value > 1 << 63)
  }

  @Test(arguments: Fixture.machines)
  func `Memory that is writable and executable`(machine: Machine) throws {
    let section = try Self.refusal(
      machine, assembly: ".section .both, \"awx\", %progbits\n.globl scratch\nscratch: .quad 1\n")
    #expect(section == .writableExecutableSection(".both"))

    let segment = try Self.refusal(machine) {
      $0.replacingOccurrences(of: "text PT_LOAD FLAGS(5)", with: "text PT_LOAD FLAGS(7)")
    }
    #expect(segment == .writableExecutableSegment(index: 0, address: 0, section: ".text"))

    let hidden = try Self.refusal(machine) {
      $0.replacingOccurrences(of: "data PT_LOAD FLAGS(6);", with: "data PT_LOAD FLAGS(4);")
    }
    guard case .sectionPlacement(".data", _, expected: "a writable segment") = hidden else {
      Issue.record("\(String(describing: hidden))")
      return
    }
  }

  @Test(arguments: Fixture.machines)
  func `Thread-local storage`(machine: Machine) throws {
    let source = "__thread int local = 3; int reader(void) { return local; }"
    let declared = try Self.refusal(machine, c: source) {
      $0.replacingOccurrences(of: "  bss PT_LOAD", with: "  tls PT_TLS;\n  bss PT_LOAD")
        .replacingOccurrences(of: "  .data :", with: "  .tdata : { *(.tdata .tdata.*) } :data :tls\n  .data :")
    }
    #expect(declared == .threadLocal(section: ".tdata", symbol: "local"))
  }

  @Test(arguments: Fixture.machines)
  func `Constructors`(machine: Machine) throws {
    let refusal = try Self.refusal(
      machine, c: "volatile int set; __attribute__((constructor)) static void before(void) { set = 1; }")
    #expect(refusal == .constructors(section: ".init_array"))
  }

  @Test(arguments: Fixture.machines)
  func `An interpreter`(machine: Machine) throws {
    let refusal = try Self.refusal(
      machine, assembly: ".section .interp, \"a\", %progbits\n.asciz \"/nowhere\"\n"
    ) {
      $0.replacingOccurrences(of: "  note PT_NOTE", with: "  interp PT_INTERP FLAGS(4);\n  note PT_NOTE")
        .replacingOccurrences(of: "  .rodata :", with: "  .interp : { KEEP(*(.interp)) } :rodata :interp\n  .rodata :")
    }
    #expect(refusal == .segmentKind(index: 6, name: "PT_INTERP"))
  }

  @Test(arguments: Fixture.machines)
  func `Files that are not position-independent, or lack what the fixer reads`(machine: Machine) throws {
    #expect(try Self.refusal(machine, ["--no-pie", "--build-id=sha1"]) == .notPositionIndependent(type: 2))
    #expect(
      try Self.refusal(machine, ["-pie", "--pack-dyn-relocs=relr"]) == .buildID("there are 0 build IDs"))
    #expect(try Self.refusal(machine, Self.pie + ["--strip-all"]) == .missingSymbol("__image_start"))
    #expect(
      try Self.refusal(machine, Self.pie + ["--entry=image_main"]).map { "\($0)" }?.contains("entry point") == true)
  }

  @Test(arguments: Fixture.machines)
  func `Layouts that cannot be mapped page by page`(machine: Machine) throws {
    let crowded = try Self.refusal(machine) {
      $0.replacingOccurrences(
        of: "  . = ALIGN(4096);\n  HIDDEN(__text_end", with: "  . = ALIGN(16);\n  HIDDEN(__text_end")
    }
    guard case .segmentPlacement(index: 1, _, expected: "a multiple of 4096") = crowded else {
      Issue.record("\(String(describing: crowded))")
      return
    }
    let aligned = try Self.refusal(machine, c: "__attribute__((aligned(8192))) int wide = 3;")
    guard case .sectionPlacement(".data", _, let expected) = aligned else {
      Issue.record("\(String(describing: aligned))")
      return
    }
    #expect(expected.contains("8192"))
    let shifted = try Self.refusal(machine) { $0.replacingOccurrences(of: ". = 0;", with: ". = 0x1000;") }
    guard case .segmentPlacement(index: 0, address: 0x1000, _) = shifted else {
      Issue.record("\(String(describing: shifted))")
      return
    }
    let orphan = try Self.refusal(machine) {
      $0.replacingOccurrences(of: "HIDDEN(__rodata_end = .);", with: "HIDDEN(__rodata_end = . - 4096);")
    }
    guard case .boundary(symbol: "__rodata_end", _, _) = orphan else {
      Issue.record("\(String(describing: orphan))")
      return
    }
  }
}
