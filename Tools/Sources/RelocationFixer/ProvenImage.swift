// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Bytes
import ELF

/// A linked image of which it is proven that relative relocation is all it needs to run at any page.
///
/// ```swift
/// let emulator = try ProvenImage(view, as: .emulator)     // throws a Refusal that names symbol and section
/// ```
public struct ProvenImage: Sendable {
  /// Which linker script it was made by, and which header it starts with.
  public enum Role: Sendable {
    /// targets/emulator.ld, `virgil_blob_header`: with a stack and room for a runtime image.
    case emulator
    /// targets/runtime.ld, `virgil_runtime_header`: carried by an emulator.
    case runtime
  }

  public let machine: Machine
  /// The flat image: byte n of it belongs at load address + n.
  public let bytes: [UInt8]
  /// Bytes of memory from the load address on, a multiple of 4096.
  public let memorySize: UInt64
  /// 1 to 32 bytes.
  public let buildID: [UInt8]
  /// How many pointers are to be relocated.
  public let relocationCount: Int
  public let sizes: Sizes
  /// Bytes at the start that are never packed; nil for the role `runtime`.
  let headSize: UInt64?
  /// From the load address, the end of the code; nil for the role `runtime`.
  let textEnd: UInt64?
  /// From the load address, the room for a runtime image; nil for the role `runtime`.
  let runtimeRoom: Range<UInt64>?

  /// Proves it, or throws the first thing that stands against it.
  ///
  /// - Parameter bytes: the whole ELF file; not needed afterwards
  public init(_ bytes: ByteView, as role: Role) throws(Refusal) {
    let file = try reading { () throws(ELFError) in try ELFFile(bytes) }
    guard file.header.type == FileHeader.ET_DYN else { throw .notPositionIndependent(type: file.header.type) }
    let symbols = try reading { () throws(ELFError) in try file.symbols() }

    let segments = try Segments(file)
    try Sections.check(file, segments, role)
    let dynamic = try DynamicRules(file)
    let relocations = try Relocations(file, segments, dynamic, Places(file, symbols))
    try dynamic.check()
    try Symbols.check(file, symbols)
    guard file.header.entry == 0 else { throw .entry(file.header.entry) }

    let boundaries =
      switch role {
      case .emulator: try Boundaries.emulator(symbols, segments)
      case .runtime: try Boundaries.runtime(symbols, segments)
      }
    try relocations.match(boundaries.relocations)
    let flat = try Self.flatten(file, segments)
    try Self.checkHeader(flat, file, boundaries, role)

    self.bytes = flat
    machine = file.header.machine
    memorySize = boundaries.imageEnd
    buildID = try Self.buildID(file)
    relocationCount = relocations.count
    headSize = boundaries.headEnd
    textEnd = boundaries.textEnd
    runtimeRoom = boundaries.runtimeRoom
    sizes = Sizes(file)
  }

  private static func checkHeader(
    _ flat: [UInt8], _ file: ELFFile, _ boundaries: Boundaries, _ role: Role
  ) throws(Refusal) {
    try flat.withUnsafeBytes { buffer in
      Result { () throws(Refusal) in
        switch role {
        case .emulator: try BlobHeader.check(ByteView(buffer), boundaries, machine: file.header.machine)
        case .runtime:
          let text = file.sections.first { $0.flags.isSuperset(of: [.alloc, .execute]) }
          try RuntimeHeader.check(ByteView(buffer), boundaries, text: text)
        }
      }
    }.get()
  }

  /// The file parts of the segments at their addresses, zeros between them.
  private static func flatten(_ file: ELFFile, _ segments: Segments) throws(Refusal) -> [UInt8] {
    var flat = [UInt8](repeating: 0, count: Int(segments.fileEnd))
    for segment in segments.loaded where segment.fileSize > 0 {
      let contents = try reading { () throws(ELFError) in try file.contents(of: segment) }
      let start = Int(segment.virtualAddress)
      flat.withUnsafeMutableBytes { flat in
        UnsafeMutableRawBufferPointer(rebasing: flat[start..<start + contents.count]).copyMemory(from: contents.buffer)
      }
    }
    return flat
  }

  private static func buildID(_ file: ELFFile) throws(Refusal) -> [UInt8] {
    let notes = try reading { () throws(ELFError) in try file.notes() }
    let identifiers = notes.filter { $0.name == "GNU" && $0.type == Note.NT_GNU_BUILD_ID }.map(\.descriptor)
    guard identifiers.count == 1, let identifier = identifiers.first else {
      throw .buildID("there are \(identifiers.count) build IDs")
    }
    guard (1...BlobHeader.build_id_size).contains(identifier.count) else {
      throw .buildID("the build ID has \(identifier.count) bytes")
    }
    return identifier
  }
}
