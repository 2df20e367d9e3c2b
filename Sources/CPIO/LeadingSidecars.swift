// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// Sidecars that are given at load time: an archive in front of the initrd, whose first entry is a folder named
/// `.virgil-sidecars`. All else in it is laid out like an ESP. The initrd proper starts behind its trailer and the zeros
/// that may follow; there may be none.
///
///     (echo .virgil-sidecars; find EFI loader) | cpio -o -H newc | cat - initrd.img > both.img
///     kexec -l image.efi --initrd=both.img
public enum LeadingSidecars {
  public static let mark: StaticString = ".virgil-sidecars"

  /// - Returns: both parts; nil when the initrd does not start with such an archive.
  /// - Throws: what is wrong with the archive, if it is one.
  public static func split(_ initrd: ByteView) throws(CPIOError) -> (sidecars: ByteView, initrd: ByteView)? {
    let archive = CPIOArchive(initrd)
    guard let first = (try? archive.entry(at: 0)) ?? nil, first.kind == .folder, first.path.equals(mark) else {
      return nil
    }
    var end = min(try archive.check(), initrd.count)
    let sidecars = ByteView(initrd.base, count: end)
    while initrd.byte(end) == 0 { end += 1 }
    return (sidecars, ByteView(initrd.base + end, count: initrd.count - end))
  }
}
