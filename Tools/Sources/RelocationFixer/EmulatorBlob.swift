// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Bytes
import ELF

/// The flat blob that is put into carried images and into kernels: the emulator, its header filled in, and behind it
/// the runtime image that it carries.
public struct EmulatorBlob: Sendable {
  public let bytes: [UInt8]
  /// Bytes at its start that stay as they are when it is packed.
  let headSize: UInt64
  /// Bytes of code behind the head.
  let textSize: UInt64
  let machine: Machine
  public let description: BlobDescription

  /// Puts the two together.
  ///
  /// - Parameters:
  ///   - emulator: proven as `.emulator`
  ///   - runtime: proven as `.runtime`; nil for an emulator that carries none
  ///   - name: what the description calls it
  public init(_ emulator: ProvenImage, runtime: ProvenImage? = nil, name: String) throws(Refusal) {
    var bytes = emulator.bytes
    Self.setBuildID(emulator.buildID, in: &bytes)
    var runtimeOffset: UInt64 = 0
    if let runtime {
      let room = try Self.room(for: runtime, in: emulator)
      runtimeOffset = room.lowerBound
      bytes += [UInt8](repeating: 0, count: Int(runtimeOffset) - bytes.count)
      bytes += runtime.bytes
      bytes.withUnsafeMutableBytes {
        BlobHeader.runtime_offset.write(runtimeOffset, to: $0)
        BlobHeader.runtime_size.write(UInt64(runtime.bytes.count), to: $0)
      }
    }
    self.bytes = bytes
    headSize = emulator.headSize ?? UInt64(bytes.count)
    textSize = (emulator.textEnd ?? headSize) - headSize
    machine = emulator.machine
    description = BlobDescription(bytes, emulator, runtime, runtimeOffset, name: name)
  }

  private static func room(for runtime: ProvenImage, in emulator: ProvenImage) throws(Refusal) -> Range<UInt64> {
    guard runtime.machine == emulator.machine else {
      throw .runtimeMachine(runtime.machine, emulator: emulator.machine)
    }
    // Only an image proven as an emulator has room for another.
    let room = emulator.runtimeRoom ?? 0..<0
    let size = UInt64(runtime.bytes.count)
    guard size <= UInt64(room.count) else { throw .runtimeTooLarge(size: size, room: UInt64(room.count)) }
    return room
  }

  private static func setBuildID(_ identifier: [UInt8], in bytes: inout [UInt8]) {
    let field = BlobHeader.build_id..<BlobHeader.build_id + BlobHeader.build_id_size
    let padding = [UInt8](repeating: 0, count: BlobHeader.build_id_size - identifier.count)
    bytes.replaceSubrange(field, with: identifier + padding)
  }
}
