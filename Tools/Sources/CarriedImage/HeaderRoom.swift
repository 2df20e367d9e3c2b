// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Bytes
import LinuxBoot
import PE
import UKI

/// Finds a place among a payload's headers for a larger PE header.
///
/// Headers hold more than headers: linkers put a DOS program in front of them and padding behind, x86 kernels their
/// real-mode code. What may be overwritten is the old PE header itself, the DOS program, padding (zeros, or arm64's
/// `nop`), and the real-mode code, which neither UEFI nor kexec runs. What a data directory points at may not.
struct HeaderRoom {
  private static let nop: UInt32 = 0xd503_201f

  /// For each byte of the headers, whether it must stay.
  private var taken: [Bool]

  /// - Parameter limit: the end of the headers of the file to be; bytes the payload has not count as padding
  init(_ headers: PEHeaders, _ file: ByteView, limit: Int) {
    taken = [Bool](repeating: false, count: limit)
    let count = min(limit, Int(headers.sizeOfHeaders))
    let hasRealModeCode = headers.machine == PEMachine.x86_64 && SetupHeader(file) != nil
    if !hasRealModeCode {
      var offset = headers.sectionTableEnd
      while offset < count {
        if headers.machine == PEMachine.arm64, offset & 3 == 0, offset + 4 <= count,
          file.littleEndian(offset, as: UInt32.self) == Self.nop
        {
          offset += 4
          continue
        }
        if file.byte(offset) != 0 { taken[offset] = true }
        offset += 1
      }
    }
    for index in 0..<headers.numberOfDataDirectories {
      guard let kind = DataDirectory(rawValue: index), kind != .certificateTable,
        let directory = headers.dataDirectory(kind), Int(directory.rva) < count
      else { continue }
      for offset in Int(directory.rva)..<min(limit, Int(directory.rva) + Int(directory.size)) { taken[offset] = true }
    }
  }

  /// A place for `size` bytes at or after `lowest`: where the header is now if it can stay, else the first free one.
  func place(for size: Int, current: Int, lowest: Int) -> Int? {
    if current >= lowest, isFree(current, size) { return current }
    var offset = lowest
    while offset + size <= taken.count {
      guard let obstacle = taken[offset..<offset + size].lastIndex(of: true) else { return offset }
      offset = (obstacle + 1).roundedUp(to: 8)!
    }
    return nil
  }

  /// Keeps bytes for something else.
  mutating func take(_ range: Range<Int>) {
    for offset in range { taken[offset] = true }
  }

  func isFree(_ offset: Int, _ size: Int) -> Bool {
    offset + size <= taken.count && !taken[offset..<offset + size].contains(true)
  }
}
