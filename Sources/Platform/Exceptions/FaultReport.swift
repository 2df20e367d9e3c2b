// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// Writes a report to the console and to the log, without the heap: it may be the heap that failed.
struct FaultReport {
  let platform: MachinePlatform

  @inline(never) private func byte(_ byte: UInt8) {
    platform.consoleWrite(byte)
    platform.log?(byte)
  }

  @inline(never) func text(_ text: StaticString) {
    for index in 0..<text.utf8CodeUnitCount { byte(text.utf8Start[index]) }
  }

  /// Bytes from outside: what is not printable ASCII becomes a full stop.
  @inline(never) func bytes(_ bytes: ByteView) {
    for value in bytes.buffer { byte(value >= 0x20 && value < 0x7f ? value : 0x2e) }
  }

  @inline(never) func newLine() { text("\r\n") }

  /// Hexadecimal, in as many digits as asked.
  @inline(never) func hex(_ value: UInt64, digits: Int = 16) {
    for index in 1...digits {
      let digit = UInt8(value >> UInt64(4 * (digits - index)) & 0xf)
      byte(digit < 10 ? 0x30 + digit : 0x57 + digit)
    }
  }

  /// `0x` and no more digits than needed.
  @inline(never) func number(_ value: UInt64) {
    text("0x")
    hex(value, digits: max(1, (67 - value.leadingZeroBitCount) / 4))
  }

  /// ` in <image>+<RVA>` where the image is known.
  @inline(never) func location(_ address: UInt64) {
    let image = virgil_image_layout()
    if address >= image.image_start, address < image.image_end {
      text(" in virgil+")
      number(address - image.image_start)
    } else if let place = platform.describeAddress?(address) {
      text(" in ")
      bytes(place.name)
      text("+")
      number(place.rva)
    }
  }

  @inline(never) func register(_ name: StaticString, _ value: UInt64) {
    for _ in name.utf8CodeUnitCount..<7 { text(" ") }
    text(name)
    text(" ")
    hex(value)
  }

  /// Return addresses along the frame pointers: each frame is the caller's frame pointer and a return address.
  ///
  /// Every word is looked up in the page tables before it is read, and frames must go up, so a frame pointer that is
  /// none ends the walk.
  func backtrace(from framePointer: UInt64) {
    var frame = framePointer
    for _ in 0..<16 {
      guard frame & 7 == 0, frame < UInt64.max - 16 else { return }
      guard platform.access(at: frame) == .readWrite, platform.access(at: frame + 8) == .readWrite else { return }
      let (caller, address) = (virgil_read64(frame), virgil_read64(frame + 8))
      guard address != 0 else { return }
      text("  called from ")
      hex(address)
      location(address)
      newLine()
      guard caller > frame else { return }
      frame = caller
    }
  }
}
