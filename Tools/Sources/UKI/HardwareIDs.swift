// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Foundation

/// The section `.hwids`: which device tree or firmware goes with which hardware IDs (UAPI.5; systemd's src/boot/chid.h).
///
/// A table of devices, 28 bytes each and little-endian, ended by one of zeros: a descriptor, the ID, the places of two strings,
/// which follow the table. Hardware is described by JSON files as systemd ships them.
public enum HardwareIDs {
  /// Why a description cannot be used.
  public struct Failure: Error, CustomStringConvertible {
    public let path: String
    public let reason: String
    /// Whether it could not be read at all.
    public let isIO: Bool
    public var description: String { "\(path): \(reason)" }
  }

  struct Description: Decodable {
    var type: String?
    var name: String
    var compatible: String?
    var fwid: String?
    var hwids: [String]
  }

  /// Descriptions of the same kind and names are one device.
  private struct Device: Hashable {
    var type: UInt32
    var name: String
    /// What the device's tree, or its firmware, is found by.
    var target: String
  }

  private static let entrySize = 28
  private static let deviceTree: UInt32 = 1
  private static let firmware: UInt32 = 2
  /// Descriptions are a few hundred bytes.
  private static let limit = 1 << 20

  /// Reads every .json file below `folder`, in the order of their paths.
  public static func section(folder: String) throws(Failure) -> [UInt8] {
    var devices: [(key: Device, ids: Set<[UInt8]>)] = []
    for path in try files(below: folder) {
      let (device, ids) = try parse(path)
      if let index = devices.firstIndex(where: { $0.key == device }) {
        devices[index].ids.formUnion(ids)
      } else {
        devices.append((device, Set(ids)))
      }
    }
    return pack(devices)
  }

  private static func files(below folder: String) throws(Failure) -> [String] {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder), isFolder.boolValue,
      let names = try? FileManager.default.subpathsOfDirectory(atPath: folder)
    else { throw Failure(path: folder, reason: "no folder that can be read", isIO: true) }
    let parts = names.filter { $0.hasSuffix(".json") }.map { $0.split(separator: "/").map { Array($0.utf8) } }
    return parts.sorted { $0.lexicographicallyPrecedes($1) { $0.lexicographicallyPrecedes($1) } }
      .map { folder + "/" + $0.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "/") }
  }

  private static func parse(_ path: String) throws(Failure) -> (Device, [[UInt8]]) {
    func failure(_ reason: String) -> Failure { Failure(path: path, reason: reason, isIO: false) }
    guard let handle = FileHandle(forReadingAtPath: path), let data = try? handle.read(upToCount: limit + 1) else {
      throw Failure(path: path, reason: "cannot be read", isIO: true)
    }
    guard data.count <= limit else { throw failure("more than 1 MiB: that is no description of hardware") }
    guard let description = try? JSONDecoder().decode(Description.self, from: data) else {
      throw failure("no description of hardware: it must be JSON with name, hwids, and compatible or fwid")
    }
    let device: Device
    switch (description.type ?? "devicetree", description.compatible, description.fwid) {
    case ("devicetree", let compatible?, nil):
      device = Device(type: deviceTree, name: description.name, target: compatible)
    case ("uefi-fw", nil, let id?): device = Device(type: firmware, name: description.name, target: id)
    case ("devicetree", _, _): throw failure("a description of type devicetree has compatible, and no fwid")
    case ("uefi-fw", _, _): throw failure("a description of type uefi-fw has fwid, and no compatible")
    case (let type, _, _): throw failure("type \(type) is unknown; it must be devicetree or uefi-fw")
    }
    var ids: [[UInt8]] = []
    for text in description.hwids {
      guard let id = bytes(text) else { throw failure("\(text) is no hardware ID: it must be a UUID") }
      ids.append(id)
    }
    return (device, ids)
  }

  /// A UUID's 16 bytes, in the order of its digits.
  private static func bytes(_ text: String) -> [UInt8]? {
    let digits = text.lowercased().filter { $0 != "-" && $0 != "{" && $0 != "}" }
    guard digits.utf8.count == 32 else { return nil }
    let values = digits.map(\.hexDigitValue)
    guard values.allSatisfy({ $0 != nil }) else { return nil }
    return stride(from: 0, to: 32, by: 2).map { UInt8(values[$0]! << 4 | values[$0 + 1]!) }
  }

  private static func pack(_ devices: [(key: Device, ids: Set<[UInt8]>)]) -> [UInt8] {
    let entries = devices.reduce(1) { $0 + $1.ids.count }
    var places: [String: UInt32] = [:]
    var strings: [UInt8] = []
    let all = Set(devices.flatMap { [$0.key.name, $0.key.target] })
    for string in all.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) {
      places[string] = UInt32(entries * entrySize + strings.count)
      strings += Array(string.utf8) + [0]
    }
    var table: [UInt8] = []
    for (device, ids) in devices {
      for id in ids.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
        table += bytes(UInt32(entrySize) | device.type << 28)
        // As EFI_GUID has it: the first three fields are little-endian.
        table += id[0..<4].reversed() + id[4..<6].reversed() + id[6..<8].reversed() + id[8...]
        table += bytes(places[device.name]!) + bytes(places[device.target]!)
      }
    }
    return table + [UInt8](repeating: 0, count: entrySize) + strings
  }

  private static func bytes(_ value: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
}
