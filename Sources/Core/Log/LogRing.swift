// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// The text that the next kernel can read, as the variable `VirgilLog`: it is written where the variable's data lies.
///
/// When it is full the oldest lines go, but never the first one, which says who is writing.
struct LogRing {
  /// Bytes of text at most.
  static let size = 16 << 10
  /// The same before there are variables.
  private static let earlySize = 2 << 10

  private var data: UnsafeMutableRawPointer
  private var capacity: Int
  /// How many bytes are in use; part of the variable once there is one.
  private var count: UnsafeMutablePointer<UInt32>

  init() {
    capacity = LogRing.earlySize
    data = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 8)
    count = UnsafeMutablePointer<UInt32>.allocate(capacity: 1)
    count.pointee = 0
  }

  func put(_ byte: UInt8) {
    var used = Int(count.pointee)
    if used == capacity { used = makeRoom() }
    data.storeBytes(of: byte, toByteOffset: used, as: UInt8.self)
    count.pointee = UInt32(used + 1)
  }

  /// Drops a quarter, up to the end of a line.
  ///
  /// - Returns: the bytes in use.
  private func makeRoom() -> Int {
    let first = endOfLine(from: 0)
    let from = endOfLine(from: first + capacity / 4)
    let kept = first >= capacity / 2 ? 0 : first
    (data + kept).copyMemory(from: data + from, byteCount: capacity - from)
    return kept + capacity - from
  }

  /// One past the newline at or after `offset`; the end where there is none.
  private func endOfLine(from offset: Int) -> Int {
    var position = min(offset, capacity)
    while position < capacity {
      position += 1
      if data.load(fromByteOffset: position - 1, as: UInt8.self) == 0x0a { break }
    }
    return position
  }

  /// Goes on in a variable, with what is there already. Without room for it, everything stays as it was.
  mutating func move(to store: VariableStore) {
    guard let variable = store.publish("VirgilLog", .virgilVendor, room: UInt32(LogRing.size)) else { return }
    variable.data.copyMemory(from: data, byteCount: Int(count.pointee))
    variable.count.pointee = count.pointee
    data.deallocate()
    count.deallocate()
    (data, capacity, count) = (variable.data, LogRing.size, variable.count)
  }
}
