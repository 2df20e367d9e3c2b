// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// Sidecars that are given at load time: an archive in front of the initrd or behind it, whose first entry is a folder named
/// `.virgil-sidecars`. All else in it is laid out like an ESP.
///
///     (echo .virgil-sidecars; find EFI loader) | cpio -o -H newc | cat - initrd.img > both.img
///     kexec -l image.efi --initrd=both.img
///
/// In front: the initrd proper starts behind its trailer and the zeros that may follow; there may be none. Behind: it starts
/// at a multiple of four bytes, and nothing but zeros follows its trailer.
public enum InitrdSidecars {
  public static let mark: StaticString = ".virgil-sidecars"

  /// - Returns: both parts; nil when no such archive is in the initrd.
  /// - Throws: what is wrong with the archive, if the initrd starts with one.
  public static func split(_ initrd: ByteView) throws(CPIOError) -> (sidecars: ByteView, initrd: ByteView)? {
    guard isMarked(initrd) else { return splitEnd(of: initrd) }
    var end = min(try CPIOArchive(initrd).check(), initrd.count)
    let sidecars = ByteView(initrd.base, count: end)
    while initrd.byte(end) == 0 { end += 1 }
    return (sidecars, ByteView(initrd.base + end, count: initrd.count - end))
  }

  private static func isMarked(_ bytes: ByteView) -> Bool {
    guard let first = (try? CPIOArchive(bytes).entry(at: 0)) ?? nil else { return false }
    return first.kind == .folder && first.path.equals(mark)
  }

  /// Archives that are not compressed are gone through entry by entry; all behind them, which may be large, by words: only
  /// where "0707" stands is anything else looked at.
  private static func splitEnd(of initrd: ByteView) -> (sidecars: ByteView, initrd: ByteView)? {
    var end = initrd.count
    while end > 0, initrd.byte(end - 1) == 0 { end -= 1 }
    // Most initrds are compressed, and end otherwise.
    guard initrd.matches("TRAILER!!!", at: end - 10) else { return nil }
    // An initrd has such folders inside of it only when it carries other initrds: no number that somebody chooses makes this
    // take longer.
    var attempts = 8
    var offset = 0
    while let rest = initrd.suffix(from: offset), !isMarked(rest), let size = try? CPIOArchive(rest).check() {
      offset += min(size, rest.count)
      while initrd.byte(offset) == 0 { offset += 1 }
    }
    offset = (offset + 3) & ~3
    while offset + 4 <= end, attempts > 0 {
      if initrd.base.loadUnaligned(fromByteOffset: offset, as: UInt32.self) == 0x3730_3730,
        let rest = initrd.suffix(from: offset), isMarked(rest)
      {
        attempts -= 1
        if let size = try? CPIOArchive(rest).check(), offset + size >= end {
          let sidecars = ByteView(rest.base, count: min(size, rest.count))
          return (sidecars, ByteView(initrd.base, count: offset))
        }
      }
      offset += 4
    }
    return nil
  }
}
