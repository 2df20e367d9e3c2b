// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// The initrd that a systemd-stub has put together: microcode of its add-ons and of `.ucode`, `.initrd`, what it makes of
/// credentials and the like, add-ons' initrds. One that was there before belongs between microcode and `.initrd`, since
/// files of a later archive replace an earlier one's, but of microcode Linux takes the first (systemd-stub(7), 258).
enum StubInitrd {
  /// Where in `initrd` another one belongs, in bytes; a multiple of 4.
  ///
  /// - Parameter image: the stub in memory
  static func placeForPrevious(in initrd: ByteView, of image: ByteView?) -> Int {
    var place = 0
    // Microcode may also be the front of .initrd itself: that stays together.
    while let rest = initrd.suffix(from: place), let size = microcodeSize(at: rest),
      !startsWithSection(rest, of: image)
    {
      place += size
    }
    return place
  }

  /// The size of the archive that `bytes` start with, if it has nothing but Linux's early files in it (`kernel/…`;
  /// Documentation/arch/x86/microcode.rst), with the zeros that follow it.
  private static func microcodeSize(at bytes: ByteView) -> Int? {
    let archive = CPIOArchive(bytes)
    var end = 0
    do throws(CPIOError) {
      while let entry = try archive.entry(at: end) {
        let path = entry.path
        guard path.matches("kernel"), path.byte(6) == nil || path.byte(6) == 0x2f else { return nil }
        end = entry.end
      }
      guard end > 0 else { return nil }
      end = try archive.check()
    } catch { return nil }
    while bytes.byte(end) == 0 { end += 1 }
    end = min(end, bytes.count)
    return end % 4 == 0 ? end : nil
  }

  /// Whether `bytes` start with one of the image's `.initrd` sections: each profile may have its own.
  private static func startsWithSection(_ bytes: ByteView, of image: ByteView?) -> Bool {
    guard let image, let headers = try? PEHeaders(image, layout: .mapped) else { return false }
    for section in headers.sections where section.isNamed(".initrd") && section.virtualSize > 0 {
      if let contents = image.slice(Int(section.virtualAddress), count: Int(section.virtualSize)),
        let front = bytes.slice(0, count: contents.count), front.elementsEqual(contents.buffer)
      {
        return true
      }
    }
    return false
  }
}
