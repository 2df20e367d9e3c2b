// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Bytes
import ELF

/// What an ELF file says of itself.
struct ProgramFacts {
  /// As in a target triple.
  let machine: String
  /// The shared libraries that it names, in their order.
  let needed: [String]

  init(_ bytes: [UInt8], path: String) throws(ReleaseError) {
    do {
      (machine, needed) = try bytes.withUnsafeBytes { buffer in
        let file = try ELFFile(ByteView(buffer))
        return (file.header.machine.name, try Self.needed(file, path))
      }
    } catch let error as ELFError {
      throw ReleaseError(path, "\(error)")
    } catch let error as ReleaseError {
      throw error
    } catch {
      throw ReleaseError(path, "\(error)")
    }
  }

  private static func needed(_ file: ELFFile, _ path: String) throws -> [String] {
    guard let entries = try file.dynamicTable(), entries.contains(where: { $0.tag == DynamicEntry.DT_NEEDED }) else {
      return []
    }
    func value(_ tag: UInt64) -> UInt64? { entries.first { $0.tag == tag }?.value }
    guard let address = value(DynamicEntry.DT_STRTAB), let size = value(DynamicEntry.DT_STRSZ),
      let table = file.contents(at: address, size: size)
    else { throw ReleaseError(path, "its dynamic table has no string table in the file") }
    return try entries.filter { $0.tag == DynamicEntry.DT_NEEDED }.map { entry in
      guard entry.value < size else { throw ReleaseError(path, "names a library outside of its string table") }
      var name: [UInt8] = []
      var offset = Int(entry.value)
      while let byte = table.littleEndian(offset, as: UInt8.self), byte != 0 {
        name.append(byte)
        offset += 1
      }
      return String(decoding: name, as: UTF8.self)
    }
  }
}
