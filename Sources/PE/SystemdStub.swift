// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// What can be told of systemd-stub and systemd-boot from an image of theirs.
public enum SystemdStub {
  /// Whether an image can be started while an initrd is on offer.
  ///
  /// systemd-stub takes a previous initrd and merges it with its own since version 258, which its section `.sdmagic` says:
  /// `#### LoaderInfo: systemd-stub 258.1-1 ####`. Before, it gives up where it finds the initrd's device path in use,
  /// and so does systemd-boot. Of a stub with a kernel inside that does not say who it is, as 252's for arm64, no better
  /// is known. All other images are kernels, or do not care.
  ///
  /// - Parameters:
  ///   - image: the image
  ///   - layout: whether it is a file, or lies at its RVAs
  public static func takesPreviousInitrd(_ image: ByteView, layout: PELayout) -> Bool {
    guard let headers = try? PEHeaders(image, layout: layout) else { return true }
    guard let section = headers.section(named: ".sdmagic"),
      let text = image.slice(
        Int(layout == .file ? section.pointerToRawData : section.virtualAddress),
        count: Int(section.sizeInFile)), text.matches(prefix)
    else { return headers.section(named: ".linux") == nil }
    // Both names have as many letters.
    var offset = prefix.utf8CodeUnitCount + 5
    var version = 0
    while let byte = text.byte(offset), byte >= 0x30, byte <= 0x39, version < 10_000 {
      version = version * 10 + Int(byte - 0x30)
      offset += 1
    }
    // systemd's add-ons are never started.
    return version == 0 || version >= 258
  }

  private static let prefix: StaticString = "#### LoaderInfo: systemd-"
}
