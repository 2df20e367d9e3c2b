// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// A cpio newc archive, made entry by entry.
struct TestArchive {
  private(set) var bytes: [UInt8] = []

  mutating func add(_ name: String, _ content: [UInt8] = [], mode: UInt32 = 0o100644, time: UInt32 = 0) {
    let numbers: [UInt32] = [
      1, mode, 0, 0, 1, time, UInt32(content.count), 0, 0, 0, 0, UInt32(name.utf8.count + 1), 0,
    ]
    bytes += Array("070701".utf8)
    for number in numbers {
      let digits = String(number, radix: 16)
      bytes += Array((String(repeating: "0", count: 8 - digits.count) + digits).utf8)
    }
    bytes += Array(name.utf8) + [0]
    pad()
    bytes += content
    pad()
  }

  mutating func addFolder(_ name: String, time: UInt32 = 0) { add(name, mode: 0o040755, time: time) }

  private mutating func pad() { while bytes.count % 4 != 0 { bytes.append(0) } }

  /// With its trailer.
  var finished: [UInt8] {
    var copy = self
    copy.add("TRAILER!!!", mode: 0)
    return copy.bytes
  }
}
