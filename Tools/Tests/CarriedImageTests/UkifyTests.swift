// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Foundation
import Testing

@testable import CarriedImage

/// An image that ukify and compose build from the same arguments. KERNEL, STUB, ADDON and ARCH stand for what the run is
/// about; NAME.efi is what an earlier case has built.
private struct UkifyCase {
  let name: String
  let arguments: [String]
  /// The first ukify that knows these parts.
  var since = "257"
  /// Whether there are more sections than the headers of x86_64's stub 257 have room for: then both must refuse it.
  var isLarge = false

  static let allParts = [
    "--linux", "KERNEL", "--initrd", "initrd1", "--initrd", "initrd2", "--cmdline", " a  b\n c ", "--os-release",
    "@os-release", "--devicetree", "dtb", "--devicetree-auto", "dtb2", "--devicetree-auto", "dtb3", "--hwids", "hwids",
    "--uname", "6.1-test", "--splash", "splash", "--pcrpkey", "key", "--microcode", "ucode", "--section",
    ".extra:@extra", "--section", ".more:text", "--stub", "STUB",
  ]

  static let all = [
    UkifyCase(name: "least", arguments: ["--linux", "KERNEL", "--os-release", "", "--stub", "STUB"]),
    // As many as stub 252's headers have room for.
    UkifyCase(
      name: "texts and pictures",
      arguments: [
        "--linux", "KERNEL", "--os-release", "@os-release", "--cmdline", "a", "--splash", "splash", "--initrd",
        "initrd1", "--initrd", "initrd2", "--stub", "STUB",
      ]),
    UkifyCase(
      name: "hardware",
      arguments: [
        "--linux", "KERNEL", "--os-release", "", "--uname", "", "--devicetree", "dtb", "--devicetree-auto", "dtb2",
        "--devicetree-auto", "dtb3", "--hwids", "hwids", "--microcode", "ucode", "--stub", "STUB",
      ]),
    UkifyCase(name: "all", arguments: allParts, isLarge: true),
    UkifyCase(
      name: "firmware",
      arguments: [
        "--linux", "KERNEL", "--os-release", "@os-release", "--initrd", "initrd1", "--efifw", "fw/vendor.1", "--efifw",
        "fw/vendor.2", "--microcode", "ucode", "--hwids", "hwids-fw", "--stub", "STUB",
      ], since: "262"),
    UkifyCase(
      name: "texts from files",
      arguments: [
        "--linux", "KERNEL", "--cmdline", "@cmdline", "--os-release", "ID=text\n", "--sbat", "@sbat", "--sbat",
        "sbat,1,x\nmore,1,More\n", "--sbat", "none", "--uname", "", "--stub", "STUB",
      ]),
    UkifyCase(
      name: "a compressed kernel",
      arguments: ["--linux", "KERNEL.gz", "--os-release", "", "--uname", "1", "--stub", "STUB"]),
    UkifyCase(
      name: "add-on",
      arguments: ["--cmdline", "x  y", "--devicetree", "dtb", "--microcode", "ucode", "--stub", "ADDON"]),
    UkifyCase(
      name: "add-on with SBAT",
      arguments: [
        "--cmdline", "x", "--sbat", "@sbat", "--section", ".extra:x", "--initrd", "initrd1", "--stub", "ADDON",
      ]),
    UkifyCase(
      name: "profile1",
      arguments: ["--profile", "@profile", "--cmdline", "p1", "--os-release", "@os-release", "--stub", "ADDON"]),
    UkifyCase(
      name: "profile2",
      arguments: [
        "--profile", "ID=two\n", "--cmdline", "p2", "--initrd", "initrd2", "--devicetree", "dtb2", "--uname", "2",
        "--splash", "splash", "--stub", "ADDON",
      ]),
    UkifyCase(
      name: "profile with a kernel",
      arguments: ["--linux", "KERNEL", "--profile", "ID=three", "--os-release", "", "--stub", "STUB"]),
    UkifyCase(
      name: "profiles",
      arguments: allParts + [
        "--profile", "ID=main\nTITLE=Main", "--join-profile", "profile1.efi", "--join-profile", "profile2.efi",
      ], isLarge: true),
    UkifyCase(
      name: "profiles of an unnamed one, without os-release",
      arguments: [
        "--linux", "KERNEL", "--os-release", "", "--join-profile", "profile1.efi", "--stub", "STUB",
      ]),
    // 257 does not heed this key.
    UkifyCase(
      name: "SBAT from both", arguments: ["--config", "sbat.conf", "--sbat", "sbat,1,x\nb,1,B\n", "--stub", "STUB"],
      since: "262"),
    UkifyCase(name: "configuration", arguments: ["--config", "uki.conf", "--stub", "STUB"]),
    UkifyCase(
      name: "configuration and options",
      arguments: [
        "--config", "uki.conf", "--stub", "STUB", "--cmdline", "from the line", "--initrd", "initrd2",
        "--devicetree-auto", "dtb", "--os-release", "",
      ]),
  ]
}

@Suite("compose against ukify", .enabled(if: Ukify.obstacle == nil, "\(Ukify.obstacle ?? "")"), .serialized)
struct UkifyTests {
  private static let arguments = [0xaa64, 0x8664].flatMap { machine in
    ["252", "257", "262"].map { (machine: UInt16(machine), stub: $0) }
  }.filter { Material.exists(Material.stub($0.machine, $0.stub)) && Material.exists(addon($0.machine, $0.stub)) }

  /// 252 had no stub for add-ons.
  private static func addon(_ machine: UInt16, _ stub: String) -> String {
    Material.stub(machine, stub == "252" ? "257" : stub).replacingOccurrences(of: "linux", with: "addon")
  }

  /// Calls `body` in a folder with all that the cases name.
  private func inFolder(_ machine: UInt16, _ body: (URL) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("virgil-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    func write(_ name: String, _ bytes: [UInt8]) throws {
      let url = folder.appendingPathComponent(name)
      try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(bytes).write(to: url)
    }
    func write(_ name: String, _ text: String) throws { try write(name, Array(text.utf8)) }
    try write("kernel", Self.kernel(machine))
    try write("initrd1", pattern(12_345, 1))
    try write("initrd2", pattern(4096, 2))
    try write("os-release", "ID=test\nNAME=\"A test\"\n")
    for (seed, name) in ["dtb", "dtb2", "dtb3", "splash", "ucode", "extra"].enumerated() {
      try write(name, pattern(777 + 512 * seed, UInt8(10 + seed)))
    }
    try write("key", "-----BEGIN PUBLIC KEY-----\nMCow\n-----END PUBLIC KEY-----\n")
    try write("cmdline", " as  it\nis ")
    try write("sbat", "sbat,1,SBAT Version\nmine,2,Mine\n")
    try write("profile", "ID=one\nTITLE=One\n")
    try write("fw/vendor.1/image.bin", pattern(9999, 7))
    try write("fw/vendor.2/image.bin", pattern(512, 8))
    try write(
      "hwids/b.json",
      Self.hardware("B", "x,b", ["01234567-89AB-cdef-0123-456789abcdef", "{00000000-0000-0000-0000-000000000001}"]))
    try write("hwids/a/a.json", Self.hardware("A", "x,a", ["f1234567-89ab-cdef-0123-456789abcdef"]))
    try write("hwids/c.json", Self.hardware("B", "x,b", ["11234567-89ab-cdef-0123-456789abcdef"]))
    try write("hwids/readme.txt", "no description")
    try write(
      "hwids-fw/f.json",
      #"{"type":"uefi-fw","name":"F","fwid":"vendor.1","hwids":["11234567-89ab-cdef-0123-456789abcdef"]}"#)
    try write("uki.conf", Self.configuration)
    try write("sbat.conf", "[UKI]\nLinux = kernel\nOSRelease =\nSBAT = @sbat\n")
    if let gzip = findProgram("gzip") {
      let process = Process()
      process.executableURL = gzip
      process.arguments = ["-kn", folder.appendingPathComponent("kernel").path]
      try process.run()
      process.waitUntilExit()
    }
    try body(folder)
  }

  private static func hardware(_ name: String, _ compatible: String, _ ids: [String]) -> String {
    let list = ids.map { "\"\($0)\"" }.joined(separator: ",")
    return #"{"type":"devicetree","name":"\#(name)","compatible":"\#(compatible)","hwids":[\#(list)]}"#
  }

  private static let configuration = """
    # what is built
    [UKI]
    Linux = kernel
    Initrd = initrd1
      initrd2   # both
    Cmdline = one
        two   three#four
    OSRelease=@os-release
    DeviceTreeAuto = dtb2 dtb3
    HWIDs = hwids
    Uname = 1
    Uname = 2
    Splash=splash

    [UKI]
    Microcode = ucode
    """

  /// A kernel that says its release, and has SBAT entries and NX_COMPAT.
  private static func kernel(_ machine: UInt16) -> [UInt8] {
    var builder = PEBuilder(machine: machine)
    builder.sections[0].data = pattern(0x400, 3) + Array("\0Linux version 6.12.0-test (me@here) #1\n\0".utf8)
    builder.sections.append(
      .init(name: ".sbat", rva: 0x6000, memorySize: 40, data: Array("sbat,1,x\nlinux,1,Linux\n".utf8)))
    return builder.build()
  }

  private func resolved(_ arguments: [String], _ machine: UInt16, _ stub: String, from prefix: String) -> [String] {
    arguments.map { text in
      switch text {
      case "KERNEL": "kernel"
      case "KERNEL.gz": "kernel.gz"
      case "STUB": Material.root.appendingPathComponent(Material.stub(machine, stub)).path
      case "ADDON": Material.root.appendingPathComponent(Self.addon(machine, stub)).path
      default: text.hasSuffix(".efi") ? prefix + text : text
      }
    } + ["--efi-arch", machine == 0xaa64 ? "aa64" : "x64"]
  }

  @Test(arguments: arguments)
  func `Images equal ukify's, section by section`(machine: UInt16, stub: String) throws {
    try inFolder(machine) { folder in
      var outputs: [String: Command.Output] = [:]
      for item in UkifyCase.all {
        outputs[item.name] = try Command.run(
          ["compose"] + resolved(item.arguments, machine, stub, from: "ours-")
            + (item.arguments.contains("--config") ? [] : ["--config", "/dev/null"])
            + (item.arguments.contains { $0.hasPrefix("KERNEL") || $0.hasSuffix(".conf") } ? ["--no-emulator"] : [])
            + ["--output", "ours-\(item.name).efi"], in: folder)
      }
      for version in Ukify.versions {
        let cases = UkifyCase.all.filter { $0.since <= version }
        let theirs = try Ukify.build(
          version,
          cases.map { resolved($0.arguments, machine, stub, from: "theirs-") + ["--output", "theirs-\($0.name).efi"] },
          in: folder)
        let comparison = UkifyComparison(machine: machine, stub: stub, ukify: version)
        for (item, problem) in zip(cases, theirs) {
          let what = "ukify \(version), \(item.name)"
          let output = try #require(outputs[item.name])
          guard problem.isEmpty, output.status == 0 else {
            // Their headers have little room: of seven sections more, and of nineteen.
            let isFull = machine == 0x8664 && (stub == "252" || stub == "257" && item.isLarge)
            #expect(
              isFull && problem.contains("Not enough header space") && output.status == 1
                && output.standardError.contains("no room in the stub's headers"),
              "\(what): theirs \(problem), ours \(output.status) \(output.standardError)")
            continue
          }
          let files = try ["theirs", "ours"].map { prefix in
            [UInt8](try Data(contentsOf: folder.appendingPathComponent("\(prefix)-\(item.name).efi")))
          }
          let differences = comparison.differences(theirs: files[0], ours: files[1])
          #expect(differences.isEmpty, "\(what): \(differences)")
        }
      }
    }
  }

  @Test(
    .enabled(if: Material.kernels.contains { $0.contains("6.12") }, "no kernels; run: scripts/material fetch"),
    arguments: [0xaa64, 0x8664] as [UInt16])
  func `A real kernel's image is byte for byte what ukify builds`(machine: UInt16) throws {
    let kernel = "\(machine == 0xaa64 ? "aarch64" : "x86_64")/kernel/6.12/vmlinuz"
    try inFolder(machine) { folder in
      let arguments = resolved(
        [
          "--linux", Material.root.appendingPathComponent(kernel).path, "--initrd", "initrd1", "--cmdline", "a",
          "--os-release", "@os-release", "--hwids", "", "--stub", "STUB",
        ], machine, "262", from: "")
      #expect(try Ukify.build("262", [arguments + ["--output", "theirs.efi"]], in: folder) == [""])
      let output = try Command.run(
        ["compose", "--config", "/dev/null", "--no-emulator", "-o", "ours.efi"] + arguments, in: folder)
      #expect(output.status == 0, "\(output.standardError)")
      #expect(
        try Data(contentsOf: folder.appendingPathComponent("ours.efi"))
          == Data(contentsOf: folder.appendingPathComponent("theirs.efi")))
    }
  }

  @Test func `A difference is found, whatever it is`() throws {
    let machine: UInt16 = 0x8664
    try #require(Material.exists(Material.stub(machine, "262")))
    try inFolder(machine) { folder in
      func build(_ change: ([String]) -> [String]) throws -> [UInt8] {
        let arguments = resolved(change(UkifyCase.allParts), machine, "262", from: "")
        let output = try Command.run(
          ["compose", "--config", "/dev/null", "--no-emulator", "-o", "out.efi"] + arguments, in: folder)
        #expect(output.status == 0, "\(output.standardError)")
        return [UInt8](try Data(contentsOf: folder.appendingPathComponent("out.efi")))
      }
      let right = try build { $0 }
      let comparison = UkifyComparison(machine: machine, stub: "262", ukify: "262")
      #expect(comparison.differences(theirs: right, ours: right).isEmpty)
      let swaps = [("initrd1", "initrd2"), ("dtb2", "dtb3"), (".extra:@extra", ".more:text"), ("dtb", "splash")]
      for (one, other) in swaps {
        let changed = try build { $0.map { $0 == one ? other : $0 == other ? one : $0 } }
        #expect(!comparison.differences(theirs: right, ours: changed).isEmpty, "\(one) for \(other)")
      }
      #expect(!comparison.differences(theirs: right, ours: try build { $0 + ["--sbat", "@sbat"] }).isEmpty)
      for section in IndependentPE(right).sections where section.virtualSize > 0 {
        var changed = right
        changed[section.rawOffset] ^= 1
        #expect(comparison.differences(theirs: right, ours: changed) == ["\(section.name) differs"])
      }
      // The entry point, which no section holds.
      var changed = right
      changed[IndependentPE(right).pe + 40] ^= 1
      #expect(comparison.differences(theirs: right, ours: changed).count == 1)
    }
  }
}
