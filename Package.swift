// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
//
// The emulator package. Three commands work with nothing else typed:
//
//     swift build --triple aarch64-none-elf      the emulator for arm64
//     swift build --triple x86_64-none-elf       the emulator for x86_64
//     swift build; swift test                    the same sources on this machine
//
// It has no dependencies. SwiftPM builds every product that a root package reaches for the destination
// triple, so the host command lives in its own package, Tools/.
import Foundation
import PackageDescription

let root = Context.packageDirectory

/// The toolchain's `usr` folder: this manifest runs with a library of it.
///
/// The list of mappings is read into memory that is there before: what is mapped while the list is read hides
/// lines of it.
let toolchain: String = {
  let marker = "/lib/swift/pm/ManifestAPI/libPackageDescription.so"
  var text = [UInt8](repeating: 0, count: 1 << 20)
  let list = open("/proc/self/maps", O_RDONLY)
  var filled = 0
  text.withUnsafeMutableBytes { room in
    while filled < room.count {
      let count = read(list, room.baseAddress! + filled, room.count - filled)
      if count <= 0 { break }
      filled += count
    }
  }
  close(list)
  let words = String(decoding: text[..<filled], as: UTF8.self).split(whereSeparator: { $0 == " " || $0 == "\n" })
  guard let library = words.first(where: { $0.hasSuffix(marker) }) else {
    fatalError("cannot tell where the Swift toolchain is, whose Embedded modules are needed")
  }
  return String(library.dropLast(marker.count))
}()

/// The Embedded standard library under the names swiftc looks for.
///
/// The toolchain ships `aarch64-none-none-elf.swiftmodule`, while `--triple aarch64-none-elf` makes swiftc ask for
/// `aarch64-unknown-none-elf.swiftmodule`. The overlay is a folder of symbolic links that closes the gap; once it
/// holds a module, it must hold that module for every triple in use, this machine's included.
func makeOverlay(at directory: String) {
  let manager = FileManager.default
  let embedded = toolchain + "/lib/swift/embedded"
  let triples = [
    ("aarch64-unknown-none-elf", "aarch64-none-none-elf"),
    ("x86_64-unknown-none-elf", "x86_64-unknown-none-elf"),
    ("x86_64-unknown-linux-gnu", "x86_64-unknown-linux-gnu"),
    ("aarch64-unknown-linux-gnu", "aarch64-unknown-linux-gnu"),
  ]
  for module in ["Swift", "_Volatile", "Synchronization", "_Builtin_float"] {
    let folder = "\(directory)/\(module).swiftmodule"
    try? manager.createDirectory(atPath: folder, withIntermediateDirectories: true)
    for (wanted, shipped) in triples {
      let link = "\(folder)/\(wanted).swiftmodule"
      let target = "\(embedded)/\(module).swiftmodule/\(shipped).swiftmodule"
      if (try? manager.destinationOfSymbolicLink(atPath: link)) != target {
        try? manager.removeItem(atPath: link)
        try? manager.createSymbolicLink(atPath: link, withDestinationPath: target)
      }
    }
  }
}

/// Twice: beside this file, and in the user's cache. SwiftPM caches this manifest's evaluation, so a fresh clone where
/// an older one was finds only the second.
let environment = Context.environment
let cache = environment["XDG_CACHE_HOME"] ?? environment["HOME"].map { "\($0)/.cache" }
let overlays = ["\(root)/toolchains/overlay"] + (cache.map { ["\($0)/virgil/overlay"] } ?? [])
for overlay in overlays { makeOverlay(at: overlay) }

/// What debug information and `#filePath` call the places that differ between machines, so that the same sources give
/// the same bytes wherever they are built. The first prefix that fits counts for Swift, the last one for C: none of them
/// may lie in another that has a different name for the same file.
let placeNames =
  [(root, ".")] + overlays.dropFirst().map { ($0, "./toolchains/overlay") } + [(toolchain, "/swift")]

/// clang reads `<triple>.cfg` in this folder by itself: per-triple flags without conditions. There is one folder for
/// each image, since an image has its linker script in there.
func configurationFolder(_ image: String) -> String { "--config-user-dir=\(root)/toolchains/\(image)" }
let freestanding = configurationFolder("emulator")
let codeGeneration = [
  "-mno-implicit-float", "-mno-red-zone", "-fno-stack-protector", "-ffreestanding", "-fpie", "-fvisibility=hidden",
]

/// The modules are compiled to bitcode and optimised by the linker as one program, which makes the images a quarter smaller
/// than if each module were on its own. The driver's own `-lto` writes files that SwiftPM does not look for.
///
/// LLVM inlines next to nothing: Swift's own inliner has had its turn. Exclusivity is checked statically, and at run
/// time in the tests: the embedded runtime's dynamic check is empty.
let wholeProgram = [
  "-Xfrontend", "-emit-bc", "-Xfrontend", "-lto=llvm-full", "-Xllvm", "-inline-threshold=-100", "-Xllvm",
  "-sil-disable-pass=closure-specialize",
]

let embedded: [SwiftSetting] = [
  .enableExperimentalFeature("Embedded"),
  .unsafeFlags(
    overlays.flatMap { ["-I", $0] } + [
      "-Osize", "-wmo", "-parse-as-library", "-enforce-exclusivity=unchecked",
      "-Xfrontend", "-disable-stack-protector", "-Xfrontend", "-function-sections",
      "-Xcc", configurationFolder("swift"), "-file-compilation-dir", ".",
      // Names of files in the module cache have a hash of their paths.
      "-Xfrontend", "-no-clang-module-breadcrumbs",
    ] + placeNames.flatMap { ["-file-prefix-map", "\($0)=\($1)"] } + wholeProgram
      + codeGeneration.flatMap { ["-Xcc", $0] }),
]
let freestandingC: [CSetting] = [
  .unsafeFlags(
    [freestanding] + codeGeneration + [
      "-Os", "-ffunction-sections", "-fdata-sections", "-Wno-unused-command-line-argument",
      "-ffile-compilation-dir=.",
    ] + placeNames.map { "-ffile-prefix-map=\($0)=\($1)" })
]

func module(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: embedded)
}
func cModule(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: dependencies, cSettings: freestandingC)
}
func image(_ name: String, configuration folder: String, _ dependencies: [Target.Dependency]) -> Target {
  .executableTarget(
    name: name, dependencies: dependencies, swiftSettings: embedded,
    linkerSettings: [
      .unsafeFlags(["-use-ld=lld", "-Xlinker", "--gc-sections", "-Xclang-linker", configurationFolder(folder)])
    ])
}

let package = Package(
  name: "Virgil",
  targets: [
    // Formats: bytes in, values out. Shared with Tools/ by symbolic links.
    module("Bytes"),
    module("UEFI", ["Bytes"]),
    module("PE", ["Bytes"]),
    module("DeviceTree", ["Bytes"]),
    module("ACPI", ["Bytes"]),
    module("LinuxBoot", ["Bytes"]),
    module("CPIO", ["Bytes"]),
    .target(
      name: "Targets", path: "targets", exclude: ["emulator.ld", "runtime.ld"], swiftSettings: embedded),
    cModule("CHandover"),
    module("Handover", ["Bytes", "UEFI", "CHandover"]),
    module("Variables", ["Bytes", "UEFI"]),
    module("Console", ["Bytes", "DeviceTree", "ACPI", "LinuxBoot", "Handover"]),

    // The emulator.
    cModule("CUEFI"),
    module("Core", ["Bytes", "UEFI", "CUEFI", "PE", "CPIO", "DeviceTree", "Handover", "Variables"]),
    cModule("CPlatform", ["CHandover"]),
    module("Platform", ["CPlatform", "Core", "UEFI", "Bytes"]),
    image(
      "Emulator", configuration: "emulator",
      [
        "Core", "Platform", "CPlatform", "Handover", "CHandover", "Console", "DeviceTree", "ACPI", "LinuxBoot", "UEFI",
        "PE", "CPIO",
        "Targets", "Bytes",
      ]),

    // What stays after ExitBootServices: an image of its own, carried inside the emulator's blob.
    cModule("CRuntime", ["CUEFI", "CHandover"]),
    image("Runtime", configuration: "runtime", ["CRuntime", "CUEFI", "CHandover", "Handover", "UEFI", "Variables"]),

    .plugin(
      name: "BuildEmulator",
      capability: .command(
        intent: .custom(verb: "build-emulator", description: "Build the emulator's blob for every target."),
        permissions: [.writeToPackageDirectory(reason: "The blobs go to artefacts/.")])),
    .plugin(
      name: "KernelBundle",
      capability: .command(
        intent: .custom(verb: "kernel-bundle", description: "Write the kernel's patches, or check a tree for them."),
        permissions: [.writeToPackageDirectory(reason: "The bundle is written where --output says.")])),
    .plugin(
      name: "Release",
      capability: .command(
        intent: .custom(verb: "release", description: "Make a release of this package, or verify one."),
        permissions: [.writeToPackageDirectory(reason: "The release is written where --output says.")])),

    // The same sources, compiled for Linux as one ordinary module (see Tests/HostedTests/README.md).
    .target(name: "CPayload", dependencies: ["CUEFI"], path: "Tests/Support/CPayload", cSettings: freestandingC),
    .testTarget(
      name: "HostedTests", dependencies: ["CUEFI", "CHandover", "CPlatform", "CPayload"],
      // One module has one Imports.swift: that of the tests.
      exclude: [
        "README.md", "Emulated/Runtime/RuntimeImage.swift", "Emulated/Emulator/Main.swift",
        "Emulated/Emulator/BootProtocol.swift",
      ]
        + [
          "ACPI", "CPIO", "Console", "Core", "DeviceTree", "Emulator", "Handover", "LinuxBoot", "PE", "UEFI",
          "Variables",
        ].map {
          "Emulated/\($0)/Imports.swift"
        },
      swiftSettings: [.define("HOSTED")]),
  ]
)
