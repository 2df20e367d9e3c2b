// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Bytes
import CHandover
import ELF
import Foundation
import RelocationFixer
import Testing

@Suite("The flat blob")
struct EmulatorBlobTests {
  @Test(arguments: Fixture.machines)
  func `Without the fields that are filled in, it is what objcopy makes of the ELF file`(machine: Machine) throws {
    let fixture = try Fixture.of(machine)
    let toolchain = try Toolchain()
    defer { toolchain.remove() }
    try Data(fixture.emulator).write(to: toolchain.folder.appendingPathComponent("elf"))
    try toolchain.run("llvm-objcopy", ["-O", "binary", "elf", "flat"])

    let flat = try toolchain.read("flat")
    var bytes = try EmulatorBlob(prove(fixture.emulator), name: "test").bytes
    let buildID = Array(bytes[BlobHeader.build_id..<BlobHeader.build_id + BlobHeader.build_id_size])
    #expect(buildID.prefix(20).contains { $0 != 0 })
    #expect(buildID.suffix(12).allSatisfy { $0 == 0 })
    bytes.replaceSubrange(
      BlobHeader.build_id..<BlobHeader.build_id + BlobHeader.build_id_size,
      with: [UInt8](repeating: 0, count: BlobHeader.build_id_size))
    #expect(bytes == flat)
    #expect(bytes.count > 0x1000)
  }

  @Test(arguments: Fixture.machines)
  func `It carries the runtime image where its header says`(machine: Machine) throws {
    let fixture = try Fixture.of(machine)
    let emulator = try prove(fixture.emulator)
    let runtime = try prove(fixture.runtime, as: .runtime)
    let blob = try EmulatorBlob(emulator, runtime: runtime, name: "test")
    try blob.bytes.withUnsafeBytes { buffer in
      let view = ByteView(buffer)
      let offset = Int(try #require(view[BlobHeader.runtime_offset]))
      let size = Int(try #require(view[BlobHeader.runtime_size]))
      #expect(offset % 4096 == 0)
      #expect(offset + size == buffer.count)
      #expect(view[BlobHeader.file_size] == UInt64(emulator.bytes.count))
      #expect(view[BlobHeader.memory_size] == emulator.memorySize)
      #expect(offset + size <= Int(emulator.memorySize) - Int(emulator.sizes.bss), "the runtime lies on .bss")
      let carried = try #require(view.slice(offset, count: size))
      #expect(carried[RuntimeHeader.magic] == UInt64(VIRGIL_RUNTIME_MAGIC))
      #expect(carried[RuntimeHeader.memory_size] == runtime.memorySize)
      #expect(carried[RuntimeHeader.file_size] == UInt64(size))
      #expect(Array(carried.buffer) == runtime.bytes)
    }
  }

  @Test(arguments: Fixture.machines)
  func `Packed, it is its head and a block that unpacks to the rest`(machine: Machine) throws {
    let fixture = try Fixture.of(machine)
    let plain = try EmulatorBlob(prove(fixture.emulator), runtime: prove(fixture.runtime, as: .runtime), name: "test")
    let packed = try PackedBlob(plain)
    let toolchain = try Toolchain()
    defer { toolchain.remove() }
    try packed.bytes.withUnsafeBytes { buffer in
      let view = ByteView(buffer)
      let head = Int(try #require(view[BlobHeader.head_size]))
      #expect(head % 4096 == 0)
      #expect(view[BlobHeader.file_size] == UInt64(buffer.count))
      #expect(view[BlobHeader.packed_size] == UInt64(buffer.count - head))
      #expect(view[BlobHeader.unpacked_size] == UInt64(plain.bytes.count - head))
      #expect(packed.description.packed?.unpackedSize == UInt64(plain.bytes.count - head))
      #expect(packed.description.fileSize == UInt64(buffer.count))
      #expect(packed.bytes.count < plain.bytes.count)
      // All that differs in the head are the fields that say so.
      let fields = [BlobHeader.file_size.offset, BlobHeader.packed_size.offset, BlobHeader.unpacked_size.offset]
      for index in 0..<head where !fields.contains(where: { ($0..<$0 + 8).contains(index) }) {
        #expect(packed.bytes[index] == plain.bytes[index])
      }
    }
  }

  @Test func `A runtime image of another machine or beyond its room is refused`() throws {
    let emulator = try prove(Fixture.of(.aarch64).emulator)
    let foreign = try prove(Fixture.of(.x86_64).runtime, as: .runtime)
    #expect(throws: Refusal.runtimeMachine(.x86_64, emulator: .aarch64)) {
      try EmulatorBlob(emulator, runtime: foreign, name: "test")
    }
    let toolchain = try Toolchain()
    defer { toolchain.remove() }
    let head = try toolchain.compile(toolchain.write(Sources.runtimeHead, "head.S"), .aarch64)
    let large = Sources.runtime + "int large[40000] = {1};\n"
    let object = try toolchain.compile(toolchain.write(large, "large.c"), .aarch64)
    try toolchain.linkRaw(
      [head, object], script: Toolchain.script("runtime"),
      ["-pie", "--pack-dyn-relocs=relr", "--build-id=sha1", "--no-gc-sections"], to: "large")
    let runtime = try prove(toolchain.read("large"), as: .runtime)
    #expect(throws: Refusal.runtimeTooLarge(size: UInt64(runtime.bytes.count), room: 131072)) {
      try EmulatorBlob(emulator, runtime: runtime, name: "test")
    }
  }

  @Test(arguments: Fixture.machines)
  func `The description says what the ELF file holds`(machine: Machine) throws {
    let fixture = try Fixture.of(machine)
    let image = try prove(fixture.emulator)
    let blob = try EmulatorBlob(image, runtime: prove(fixture.runtime, as: .runtime), name: "virgil-test")
    try withFile(fixture.emulator) { file in
      func size(_ name: String) -> UInt64 { file.sections.first { $0.name == name }?.size ?? 0 }
      let description = blob.description
      #expect(description.machine == machine.name)
      #expect(description.sizes.text == size(".text"))
      #expect(description.sizes.relro == size(".data.rel.ro") + size(".got"))
      #expect(description.sizes.data == size(".data"))
      #expect(description.sizes.bss == size(".bss"))
      #expect(description.sizes.relocationTable == size(".relr.dyn"))
      #expect(description.relocationCount == 12 + 3 + 1 + 1)
      #expect(description.fileSize == UInt64(blob.bytes.count))
      #expect(description.runtime?.relocationCount == 3)
    }
    let json = String(decoding: try blob.description.json(), as: UTF8.self)
    #expect(json.contains("\"name\" : \"virgil-test\""))
    #expect(json.contains("\"relocation_table\" : \(blob.description.sizes.relocationTable)"))
    #expect(
      try EmulatorBlob(prove(fixture.emulator), runtime: prove(fixture.runtime, as: .runtime), name: "virgil-test")
        .description.json() == Array(json.utf8))
  }

  @Test func `The header's fields are where the C structure has them`() {
    typealias Header = virgil_blob_header
    #expect(BlobHeader.magic.offset == MemoryLayout<Header>.offset(of: \.magic))
    #expect(BlobHeader.version.offset == MemoryLayout<Header>.offset(of: \.version))
    #expect(BlobHeader.header_size.offset == MemoryLayout<Header>.offset(of: \.header_size))
    #expect(BlobHeader.file_size.offset == MemoryLayout<Header>.offset(of: \.file_size))
    #expect(BlobHeader.memory_size.offset == MemoryLayout<Header>.offset(of: \.memory_size))
    #expect(BlobHeader.runtime_offset.offset == MemoryLayout<Header>.offset(of: \.runtime_offset))
    #expect(BlobHeader.runtime_size.offset == MemoryLayout<Header>.offset(of: \.runtime_size))
    #expect(BlobHeader.carried_offset.offset == MemoryLayout<Header>.offset(of: \.carried_offset))
    #expect(BlobHeader.machine.offset == MemoryLayout<Header>.offset(of: \.machine))
    #expect(BlobHeader.flags.offset == MemoryLayout<Header>.offset(of: \.flags))
    #expect(BlobHeader.build_id == MemoryLayout<Header>.offset(of: \.build_id))
    #expect(BlobHeader.head_size.offset == MemoryLayout<Header>.offset(of: \.head_size))
    #expect(BlobHeader.packed_size.offset == MemoryLayout<Header>.offset(of: \.packed_size))
    #expect(BlobHeader.unpacked_size.offset == MemoryLayout<Header>.offset(of: \.unpacked_size))
    #expect(BlobHeader.build_id_size == MemoryLayout.size(ofValue: Header().build_id))
  }

  @Test func `The runtime header's fields are where the C structure has them`() {
    typealias Header = virgil_runtime_header
    #expect(RuntimeHeader.magic.offset == MemoryLayout<Header>.offset(of: \.magic))
    #expect(RuntimeHeader.version.offset == MemoryLayout<Header>.offset(of: \.version))
    #expect(RuntimeHeader.header_size.offset == MemoryLayout<Header>.offset(of: \.header_size))
    #expect(RuntimeHeader.file_size.offset == MemoryLayout<Header>.offset(of: \.file_size))
    #expect(RuntimeHeader.memory_size.offset == MemoryLayout<Header>.offset(of: \.memory_size))
    #expect(RuntimeHeader.relocations.offset == MemoryLayout<Header>.offset(of: \.relocations))
    #expect(RuntimeHeader.relocations_end.offset == MemoryLayout<Header>.offset(of: \.relocations_end))
    #expect(RuntimeHeader.fill.offset == MemoryLayout<Header>.offset(of: \.fill))
    #expect(RuntimeHeader.data.offset == MemoryLayout<Header>.offset(of: \.data))
  }
}
