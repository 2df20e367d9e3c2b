// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Bytes
import Foundation
import PE
import Testing

/// Kernels and stubs that scripts/material has fetched.
enum RealImages {
  static let root: URL = {
    let environment = ProcessInfo.processInfo.environment
    let cache = environment["XDG_CACHE_HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil }
    let base = cache ?? (environment["HOME"] ?? "/nonexistent") + "/.cache"
    return URL(fileURLWithPath: base).appendingPathComponent("virgil/material")
  }()

  /// Every PE file of the material.
  static let all: [String] = {
    let names = ["vmlinuz", ".efi.stub", ".efi"]
    var found: [String] = []
    for machine in ["aarch64", "x86_64"] {
      for kind in ["kernel", "stub"] {
        let folder = root.appendingPathComponent("\(machine)/\(kind)")
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        for version in versions.sorted() {
          let item = folder.appendingPathComponent(version)
          for file in ((try? FileManager.default.contentsOfDirectory(atPath: item.path)) ?? []).sorted()
          where names.contains(where: { file.hasSuffix($0) }) {
            found.append("\(machine)/\(kind)/\(version)/\(file)")
          }
        }
      }
    }
    return found
  }()

  static func read(_ path: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: root.appendingPathComponent(path)))
  }
}

@Suite(
  "PE, real images",
  .enabled(if: !RealImages.all.isEmpty, "no material; run: scripts/material fetch"))
struct PERealTests {
  @Test(arguments: RealImages.all)
  func `Images that firmware takes are taken`(path: String) throws {
    let bytes = try RealImages.read(path)
    try bytes.withUnsafeBytes { buffer in
      let headers = try PEHeaders(ByteView(buffer))
      #expect(headers.machine == (path.hasPrefix("aarch64") ? 0xaa64 : 0x8664))
      #expect(headers.subsystem == 10)
      #expect(headers.section(named: ".text") != nil)
    }
  }

  @Test(arguments: RealImages.all)
  func `They relocate there and back`(path: String) throws {
    let bytes = try RealImages.read(path)
    var image: [UInt8] = []
    let headers = try bytes.withUnsafeBytes { buffer in
      let headers = try PEHeaders(ByteView(buffer))
      image = [UInt8](repeating: 0, count: Int(headers.sizeOfImage))
      image.replaceSubrange(0..<Int(headers.sizeOfHeaders), with: bytes[0..<Int(headers.sizeOfHeaders)])
      for section in headers.sections {
        let start = Int(section.virtualAddress)
        let raw = Int(section.pointerToRawData)
        image.replaceSubrange(
          start..<start + Int(section.sizeInFile), with: bytes[raw..<raw + Int(section.sizeInFile)])
      }
      return headers
    }
    let before = image
    let there = try image.withUnsafeMutableBytes {
      try BaseRelocations.apply(to: $0, headers: headers, delta: 0x12_3456_7000)
    }
    #expect((image == before) == (there == 0))
    let back = try image.withUnsafeMutableBytes {
      try BaseRelocations.apply(to: $0, headers: headers, delta: 0 &- 0x12_3456_7000)
    }
    #expect(there == back)
    #expect(image == before)
  }
}
