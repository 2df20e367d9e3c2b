// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// What systemd-stub says of itself in its section `.sdmagic`: `#### LoaderInfo: systemd-stub 257.13-1 ####`; and so
/// does systemd-boot.
public enum SystemdStub {
  /// The first version that takes a previous initrd and merges it with its own. An older one finds the initrd's device
  /// path in use, and gives up.
  public static let firstThatMergesInitrds = 258

  /// The major version of the systemd-stub that `image` is built on, or of the systemd-boot that it is; nil when it is
  /// neither.
  ///
  /// - Parameters:
  ///   - image: the image
  ///   - layout: whether it is a file, or lies at its RVAs
  public static func majorVersion(of image: ByteView, layout: PELayout) -> Int? {
    guard let headers = try? PEHeaders(image, layout: layout), let section = headers.section(named: ".sdmagic"),
      let text = image.slice(
        Int(layout == .file ? section.pointerToRawData : section.virtualAddress),
        count: Int(section.sizeInFile)), text.matches(prefix)
    else { return nil }
    // Both names have as many letters.
    var offset = prefix.utf8CodeUnitCount + 5
    var version = 0
    var digits = 0
    while let byte = text.byte(offset), byte >= 0x30, byte <= 0x39, digits < 6 {
      version = version * 10 + Int(byte - 0x30)
      digits += 1
      offset += 1
    }
    return digits > 0 ? version : nil
  }

  private static let prefix: StaticString = "#### LoaderInfo: systemd-"
}
