// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
//
// The host package: the `virgil` command and its libraries. The formats (Bytes, PE, LinuxBoot, …) are the
// emulator's own sources, reached through symbolic links and compiled here as ordinary Swift.
import PackageDescription

let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let asn1: Target.Dependency = .product(name: "SwiftASN1", package: "swift-asn1")
let certificates: Target.Dependency = .product(name: "X509", package: "swift-certificates")
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let subprocess: Target.Dependency = .product(name: "Subprocess", package: "swift-subprocess")
let system: Target.Dependency = .product(name: "SystemPackage", package: "swift-system")

/// Release builds are static executables: they run where there is no Swift, and no library of ours either. Debug builds,
/// which the tests are, link what is there, which takes less time. VIRGIL_LINK=dynamic has release builds do so as well.
///
/// The modules name the shared library that they are in. What that one is made of, and what Debian's libarchive needs for
/// the formats that we use, stands here.
let archives = [
  "CoreFoundation", "FoundationInternationalization", "FoundationEssentials", "_FoundationICU", "_FoundationCShims",
  "_FoundationCollections", "swift_RegexParser", "swift_StringProcessing", "swiftSynchronization",
  "lzma", "zstd", "bz2", "z",
]
let program: [LinkerSetting] =
  Context.environment["VIRGIL_LINK"] == "dynamic"
  ? []
  : [
    .unsafeFlags(
      // In whatever order archives are named, lld finds what is in them.
      ["-static-executable", "-use-ld=lld", "-Xlinker", "--build-id=sha1"] + archives.map { "-l" + $0 },
      .when(configuration: .release))
  ]

let package = Package(
  name: "VirgilTools",
  products: [
    .executable(name: "virgil", targets: ["virgil"]),
    .executable(name: "relocation-fixer", targets: ["relocation-fixer"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-asn1", from: "1.7.4"),
    .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
    .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
  ],
  targets: [
    // Formats, shared with the emulator by symbolic link.
    .target(name: "Bytes"),
    .target(name: "UEFI", dependencies: ["Bytes"]),
    .target(name: "PE", dependencies: ["Bytes"]),
    .target(name: "DeviceTree", dependencies: ["Bytes"]),
    .target(name: "ACPI", dependencies: ["Bytes"]),
    .target(name: "LinuxBoot", dependencies: ["Bytes"]),
    .target(name: "CPIO", dependencies: ["Bytes"]),
    .target(name: "Targets", exclude: ["emulator.ld", "runtime.ld"]),
    .target(name: "CHandover"),
    .target(name: "Handover", dependencies: ["Bytes", "UEFI", "CHandover"]),
    .target(name: "Console", dependencies: ["Bytes", "DeviceTree", "ACPI", "LinuxBoot", "Handover"]),

    // Libraries of the tool.
    .target(name: "AtomicFile", dependencies: [system]),
    .target(name: "SignatureLists"),
    .target(name: "Authenticode", dependencies: ["PE", "Bytes", crypto, asn1, certificates]),
    .target(
      name: "Roads",
      dependencies: [
        "Authenticode", "CarriedImage", "SignatureLists", "UKI", "PE", "LinuxBoot", "Bytes", certificates,
      ]),
    .target(name: "ELF", dependencies: ["Bytes", "Targets"]),
    .systemLibrary(name: "CLZ4", pkgConfig: "liblz4", providers: [.apt(["liblz4-dev"])]),
    .target(name: "RelocationFixer", dependencies: ["ELF", "Targets", "Bytes", "CHandover", "CLZ4"]),
    .target(name: "EmbeddedEmulators", dependencies: ["RelocationFixer"], plugins: ["EmbedEmulators"]),
    .plugin(name: "EmbedEmulators", capability: .buildTool()),
    .target(name: "UKI", dependencies: ["PE", "LinuxBoot", "Bytes", "CArchive"]),
    .target(
      name: "CarriedImage",
      dependencies: [
        "Authenticode", "PE", "UKI", "LinuxBoot", "CPIO", "Handover", "CHandover", "Console", "Targets", "Bytes",
        crypto,
      ]),
    .target(
      name: "KernelBundle",
      dependencies: ["CarriedImage", "CHandover", "Targets", "UEFI", "Bytes", "ArchiveWriter", system, crypto]),
    .systemLibrary(name: "CArchive", pkgConfig: "libarchive", providers: [.apt(["libarchive-dev"])]),
    .target(name: "ArchiveWriter", dependencies: ["CArchive", system]),
    .target(name: "InstalledImages"),
    .target(
      name: "Release", dependencies: ["ArchiveWriter", "ELF", "Bytes", system, crypto]),
    .target(
      name: "Guests",
      dependencies: ["ArchiveWriter", "CArchive", "AtomicFile", "SignatureLists", subprocess, system, crypto]),

    .target(name: "CKexecProbe"),
    .target(name: "Doctor", dependencies: ["CKexecProbe", "CArchive", subprocess, system]),
    .target(name: "Manual"),

    // Commands.
    .executableTarget(
      name: "virgil",
      dependencies: [
        "CarriedImage", "UKI", "PE", "LinuxBoot", "CPIO", "Handover", "Console", "Bytes", "Guests", "AtomicFile",
        "ArchiveWriter", "RelocationFixer", "SignatureLists", "KernelBundle", "EmbeddedEmulators", "Authenticode",
        "Roads", "Release", "InstalledImages", "Doctor", subprocess, system, argumentParser, certificates,
      ], linkerSettings: program),
    .executableTarget(
      name: "relocation-fixer", dependencies: ["RelocationFixer", "AtomicFile", "Bytes", argumentParser, system],
      linkerSettings: program),
    .executableTarget(name: "virgil-manual", dependencies: ["Manual", "AtomicFile", argumentParser, system]),

    .testTarget(
      name: "FormatTests",
      dependencies: [
        "Bytes", "PE", "DeviceTree", "ACPI", "LinuxBoot", "CPIO", "Handover", "Console", "ArchiveWriter", system,
      ]),
    .testTarget(
      name: "RelocationFixerTests",
      dependencies: ["ELF", "RelocationFixer", "Targets", "Bytes", "CHandover", "relocation-fixer"]),
    .testTarget(
      name: "CarriedImageTests",
      dependencies: [
        "CarriedImage", "Authenticode", "Roads", "UKI", "PE", "LinuxBoot", "CPIO", "Handover", "Bytes", "virgil",
        crypto, certificates,
      ],
      exclude: ["Snapshots"]),
    .testTarget(name: "InstalledImagesTests", dependencies: ["InstalledImages"]),
    .testTarget(name: "DoctorTests", dependencies: ["Doctor", "virgil"], exclude: ["Machines", "Reports"]),
    .testTarget(
      name: "CommandTests", dependencies: ["Manual", "virgil", "relocation-fixer", "virgil-manual"],
      exclude: ["Help", "Transcripts"]),
    .testTarget(name: "ReleaseTests", dependencies: ["Release", "ArchiveWriter", "virgil", system]),
    .testTarget(name: "KernelBundleTests", dependencies: ["KernelBundle", "virgil"]),
    .testTarget(
      name: "GuestsTests", dependencies: ["Guests", "ArchiveWriter", "SignatureLists", "UKI", "Bytes", system]),
  ]
)
