// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Foundation
import Testing

extension FirmwareTests {
  /// The loader on Debian's kernels and systemd's stubs.
  @Suite struct RealImages {
    /// The places that a file's base relocations name, read without the code under test; 64-bit ones only.
    private static func relocatedPlaces(_ file: Data, _ headers: PEHeaders, _ image: [UInt8]) -> [Int] {
      guard let directory = headers.dataDirectory(.baseRelocation) else { return [] }
      func word(_ offset: Int) -> Int { (0..<4).reduce(0) { $0 | Int(image[offset + $1]) << (8 * $1) } }
      var places: [Int] = []
      var block = Int(directory.rva)
      while block < Int(directory.rva + directory.size) {
        for place in stride(from: block + 8, to: block + word(block + 4), by: 2) {
          let entry = Int(image[place]) | Int(image[place + 1]) << 8
          if entry >> 12 == 10 { places.append(word(block) + entry & 0xfff) } else { precondition(entry >> 12 == 0) }
        }
        block += word(block + 4)
      }
      return places
    }

    /// What should be in memory at `base`.
    private static func expected(_ file: Data, _ headers: PEHeaders) -> [UInt8] {
      var image = [UInt8](repeating: 0, count: Int(headers.sizeOfImage))
      image.withUnsafeMutableBytes { bytes in
        file.withUnsafeBytes { source in
          bytes.copyMemory(from: UnsafeRawBufferPointer(rebasing: source[..<Int(headers.sizeOfHeaders)]))
          for section in headers.sections where section.sizeInFile > 0 {
            let start = Int(section.pointerToRawData)
            UnsafeMutableRawBufferPointer(rebasing: bytes[Int(section.virtualAddress)...])
              .copyMemory(from: UnsafeRawBufferPointer(rebasing: source[start..<start + Int(section.sizeInFile)]))
          }
        }
      }
      return image
    }

    @Test(arguments: Material.architectures)
    func loadAsTheFilesSay(_ architecture: Material.Architecture) throws {
      let files = Material.images(architecture)
      if files.isEmpty { return Material.reportAbsence("images for \(architecture)") }
      let machine = try HostMachine(megabytes: 512, machine: architecture.machine)
      var relocated = 0
      for url in files {
        let file = try Data(contentsOf: url)
        try file.withUnsafeBytes { bytes in
          let name = Comment(rawValue: url.path)
          let view = ByteView(bytes)
          let headers = try PEHeaders(view)
          let before = machine.firmware.memory.regions
          var expected = Self.expected(file, headers)
          let places = Self.relocatedPlaces(file, headers, expected)
          relocated += places.count
          let images = [try machine.firmware.loader.load(file: view), try machine.firmware.loader.load(file: view)]
          #expect(images[0].base != images[1].base)
          var last = headers.imageBase
          for image in images {
            for place in places {
              let value = expected.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: place, as: UInt64.self) }
              expected.withUnsafeMutableBytes {
                $0.storeBytes(of: value &+ image.base &- last, toByteOffset: place, as: UInt64.self)
              }
            }
            last = image.base
            let memory = UnsafeRawPointer(bitPattern: UInt(image.base))!
            #expect(memcmp(memory, expected, expected.count) == 0, name)
            #expect(image.entryPoint == image.base + UInt64(headers.addressOfEntryPoint), name)
            checkRights(machine, image, headers, name)
          }
          machine.check()
          for image in images {
            try machine.firmware.pages.free(image.base, pages: image.allocatedPages, owner: .emulator)
          }
          #expect(machine.firmware.memory.regions == before, name)
          machine.check()
        }
      }
      print("\(architecture): \(files.count) images at two bases each, \(relocated) relocations")
      #expect(relocated > 0)
    }

    private func checkRights(_ machine: HostMachine, _ image: LaidOutImage, _ headers: PEHeaders, _ name: Comment) {
      for section in headers.sections where section.sizeInMemory > 0 {
        let first = image.base + UInt64(section.virtualAddress)
        let last = first + UInt64(section.sizeInMemory) - 1
        let writable = section.characteristics & SectionCharacteristics.write != 0
        let executable = section.characteristics & SectionCharacteristics.execute != 0
        for address in [first, last] {
          let access = machine.platform.access(at: address)
          if headers.sectionAlignment < 0x1000 {
            // A page that it shares with code begins as code.
            #expect(access == .readExecute || access == .readWrite && (writable || !executable), name)
            #expect(machine.firmware.memory.region(at: address)?.protection == .lazy, name)
          } else if writable && executable {
            #expect(access == .readWrite && machine.firmware.memory.region(at: address)?.protection == .lazy, name)
          } else {
            #expect(access == (executable ? .readExecute : writable ? .readWrite : .readOnly), name)
          }
        }
      }
    }
  }
}
